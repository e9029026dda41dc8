# SPDX-License-Identifier: MIT
"""logd over TLS: to the real rsyslogd (GnuTLS, OpenSSL) and syslog-ng, with and without a certificate of its own, and to servers that
are not who they should be or never finish."""

import time

import pytest
from certificates import Authority, field
from log_peers import OTHER4, SERVER4, Lan, Logd, RealTlsServer, TcpSink, TlsSink, UdpSink
from qemu_net import scaled, wait_until

NAMES = "DNS:logs.example.org,IP:192.0.2.9"
TEXTS = ["plain words: with a colon", 'say "hi" \\ back', "grüße, 世界 😀", "x" * 1500]


@pytest.fixture(scope="module", params=["ec", "rsa"])
def pki(request, lan):
    authority = Authority(lan.folder / "pki", algorithm=request.param)
    authority.hash()
    authority.sign("server", NAMES)
    authority.sign("client", "DNS:kms-branch7", common_name="kms-branch7")
    return authority


@pytest.fixture(scope="module")
def lan():
    made = Lan()
    yield made
    made.close()


@pytest.fixture
def logd(lan, transcripts):
    yield lambda config: lan.add(Logd(lan, transcripts, f"learnt use=off\n{config}"))
    lan.end_all()


def target(pki, more="server-name=logs.example.org", own=False, address=SERVER4, ca=None):
    ours = f" certificate={field(pki.path('client'))} key={field(pki.path('client', 'key'))}" if own else ""
    return f"target kind=tls address={address} ca={field(ca or pki.path('ca'))}{ours} {more}\n"


def wait_error(one):
    return wait_until("it failed", lambda: next((r["error"] for r in one.records("target") if r["error"]), None), 30)


@pytest.mark.parametrize("asks", [False, True], ids=["alone", "with-certificate"])
@pytest.mark.parametrize("kind", ["rsyslog-gnutls", "rsyslog-openssl", "syslog-ng"])
def test_real_servers_get_every_message(lan, pki, logd, transcripts, kind, asks):
    server = lan.add(RealTlsServer(lan, kind, transcripts, asks))
    one = logd(target(pki, own=asks))
    for text in TEXTS:
        one.say(text)
    for i in range(300):
        one.say(f"line {i}")
    entries = one.wait_entries(len(TEXTS) + 300)
    wait_until("all arrived", lambda: len(server.parsed()) >= len(entries), 30)
    for entry, got in zip(entries, server.parsed(), strict=True):
        assert (got["pri"], got["app"], got["pid"]) == ("30", "app", "7")
        assert f'sequenceId="{entry["seq"]}"' in got["data"]
        assert got["text"].removeprefix("\ufeff") == entry["text"]
    (server.folder / "parsed").unlink()
    assert one.records("target")[0]["kind"] == "tls" and one.count("dropped", "target") == 0


@pytest.mark.parametrize("kind", ["rsyslog-gnutls", "syslog-ng"])
def test_a_server_that_wants_a_certificate_refuses_without(lan, pki, logd, transcripts, kind):
    server = lan.add(RealTlsServer(lan, kind, transcripts, asks=True))
    one = logd(target(pki))
    one.say("nobody gets it")
    error = wait_error(one)
    if kind == "syslog-ng":
        assert "does it want a certificate of ours" in error or error.startswith("in the TLS handshake: "), error
        assert one.count("sent", "target") == 0
    else:  # rsyslog looks once the handshake is done
        assert error in ("closed by the server", "Connection reset by peer", "Broken pipe"), error
    assert server.parsed() == []


def test_a_server_that_is_not_who_it_should_be_gets_nothing(lan, pki, logd):
    pki.sign("expired", NAMES, days=0)
    pki.sign("of-clients", NAMES, usage="clientAuth")
    Authority(pki.folder, "other")
    for certificate, more, ca, expected in [
        ("server", "server-name=mail.example.org", None, "the certificate is not for mail.example.org but for logs.example.org, 192.0.2.9"),
        ("server", "server-name=logs.example.org", "other",
         "the certificate of logs.example.org is signed by none of the authorities in `ca`, but by Test ca"),
        ("of-clients", "server-name=logs.example.org", None, "the certificate of logs.example.org is not meant for servers"),
        ("expired", "server-name=logs.example.org", None, "the certificate of logs.example.org has expired on "),
    ]:
        sink = lan.add(TlsSink(lan, 6514, pki.path(certificate), pki.path(certificate, "key")))
        one = logd(target(pki, more, ca=ca and pki.path(ca)))
        one.say("secret")
        error = wait_error(one)
        assert error.startswith(expected), error
        assert ("(the clock says " in error) == (certificate == "expired")
        wait_until("the server is told", lambda: sink.errors, 10)
        assert sink.messages == [] and one.count("sent", "target") == 0
        assert f"log server 192.0.2.9:6514 (tls): {expected}" in one.output.read_text()
        lan.end_all()


def test_without_a_name_the_address_must_be_in_the_certificate(lan, pki, logd):
    sink = lan.add(TlsSink(lan, 6514, pki.path("server"), pki.path("server", "key")))
    one = logd(target(pki, ""))
    one.say("by address")
    wait_until("it arrived", lambda: sink.messages, 20)
    assert sink.ciphers[0][1] == "TLSv1.2" and "GCM" in sink.ciphers[0][0]
    lan.end_all()
    lan.add(TlsSink(lan, 6514, pki.path("server"), pki.path("server", "key"), address=OTHER4))
    one = logd(target(pki, "", address=OTHER4))
    assert wait_error(one) == "the certificate is not for 192.0.2.10 but for logs.example.org, 192.0.2.9"


def test_one_that_stalls_in_the_handshake_holds_up_nothing(lan, pki, logd):
    stalled = lan.add(TcpSink(lan, 6514, "octet", reads=False))
    other = lan.add(UdpSink(lan, 5140))
    one = logd(target(pki) + f"target kind=udp address={SERVER4}:5140\n")
    wait_until("connected", lambda: stalled.connections, 10)
    wait_until("it waits", lambda: one.records("target") and one.records("target")[0]["state"] == "securing", 10)
    begun = time.monotonic()
    for i in range(200):
        one.say(f"line {i}")
    wait_until("the other has all", lambda: len(other.messages) == 200, 10)
    assert time.monotonic() - begun < scaled(5) and one.records("target")[0]["state"] == "securing"
    assert wait_error(one) == "the server did not finish the TLS handshake in time"
    wait_until("it tries again", lambda: stalled.connections == 2, 30)


def test_what_does_not_speak_tls_is_told(lan, pki, logd):
    sink = lan.add(TcpSink(lan, 6514, "newline"))
    one = logd(target(pki))
    wait_until("connected", lambda: sink.connections, 10)
    wait_until("it was asked", lambda: sink._open, 10)
    sink._open[0].sendall(b"220 mail.example.org ESMTP ready\r\n")
    assert wait_error(one) == "what the server says is not TLS"


def test_a_connection_that_breaks_is_had_again_and_nothing_is_lost(lan, pki, logd):
    sink = lan.add(TlsSink(lan, 6514, pki.path("server"), pki.path("server", "key")))
    one = logd(target(pki))
    for i in range(50):
        one.say(f"line {i}")
    wait_until("they arrived", lambda: len(sink.messages) >= 50, 20)
    sink.drop_connections()
    wait_until("noticed", lambda: one.records("target")[0]["error"] or sink.connections > 1, 20)
    for i in range(50, 100):
        one.say(f"line {i}")
    wait_until("all arrived", lambda: sink.messages and sink.messages[-1].endswith(b"line 99"), 30)
    told = {message.split(b"] ", 1)[1] for message in sink.messages}
    assert told >= {f"line {i}".encode() for i in range(100)}


def test_it_says_good_bye(lan, pki, logd):
    sink = lan.add(TlsSink(lan, 6514, pki.path("server"), pki.path("server", "key")))
    one = logd(target(pki))
    wait_until("connected", lambda: sink.ciphers, 20)
    for i in range(5):
        one.say(f"last words {i}")
    assert one.stop() == 0
    wait_until("all arrived, and the end", lambda: len(sink.messages) == 5 and sink.goodbyes == 1, 10)


def test_the_private_key_is_nowhere_to_be_seen(lan, pki, logd):
    sink = lan.add(TlsSink(lan, 6514, pki.path("server"), pki.path("server", "key"), asks=pki.path("ca")))
    one = logd(target(pki, own=True))
    one.say("a word")
    wait_until("it arrived", lambda: sink.messages, 20)
    secrets = [line for line in pki.path("client", "key").read_text().splitlines() if "-----" not in line]
    shown = one.output.read_text() + (one.folder / "logd" / "state").read_text() + str(one.read())
    assert not [line for line in secrets if line in shown]
