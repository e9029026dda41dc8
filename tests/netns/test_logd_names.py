# SPDX-License-Identifier: MIT
"""logd's servers by name: looked up at the DNS servers that netd knows (dnsmasq), found again when they are elsewhere, and told of while
they cannot be found."""

import pytest
from certificates import Authority, field
from log_peers import OTHER4, SERVER4, SERVER6, Lan, Logd, NameServer, TcpSink, TlsSink, UdpSink
from qemu_net import wait_until

NETD = f"dns link=2 address={OTHER4} source=dhcp\n"


@pytest.fixture(scope="module")
def lan():
    made = Lan()
    yield made
    made.close()


@pytest.fixture
def logd(lan, transcripts):
    def start(config, netd=NETD):
        one = lan.add(Logd(lan, transcripts, f"learnt use=off\n{config}"))
        if netd:
            one.netd_says(netd)
        return one

    yield start
    lan.end_all()


@pytest.mark.parametrize("kind", ["udp", "tcp"])
@pytest.mark.parametrize("address", [SERVER4, SERVER6], ids=["ipv4", "ipv6"])
def test_a_name_is_looked_up_and_the_server_gets_all(lan, logd, transcripts, kind, address):
    lan.add(NameServer(lan, transcripts, {"logs.example.org": (address, 300)}))
    sink = lan.add(UdpSink(lan, 5140, address) if kind == "udp" else TcpSink(lan, 5140, "octet", address))
    one = logd(f"target kind={kind} name=logs.example.org:5140\n")
    for i in range(20):
        one.say(f"line {i}")
    wait_until("all arrived", lambda: len(sink.messages) == 20, 20)
    record = wait_until("it is told", lambda: next((r for r in one.records("target") if r["resolved"]), None), 10)
    assert (record["address"], record["resolved"], record["error"]) == ("logs.example.org:5140", address, "")
    lookup = one.records("lookup")[0]
    assert (lookup["name"], lookup["server"], lookup["state"]) == ("logs.example.org", OTHER4, "ok")
    assert lookup["type"] == ("AAAA" if ":" in address else "A")


def test_what_is_not_found_is_told_and_looked_for_again(lan, logd, transcripts):
    one = logd("target kind=tcp name=logs.example.org:5140\n", netd=None)
    lookup = wait_until("it is told", lambda: next(iter(one.records("lookup")), None), 10)
    assert (lookup["state"], lookup["error"]) == ("failed", "no DNS server is known yet")
    first = lan.add(NameServer(lan, transcripts, {"other.example.org": (SERVER4, 300)}))
    one.netd_says(NETD)
    wait_until("it is told", lambda: one.records("lookup")[0]["error"] not in ("", "no DNS server is known yet"), 10)
    lookup = one.records("lookup")[0]
    assert lookup["server"] == OTHER4
    assert (one.records("target")[0]["state"], one.records("target")[0]["error"]) == ("waiting", lookup["error"])
    assert f"log server logs.example.org: {lookup['error']}" in one.output.read_text()
    one.say("waits")
    first.close()
    lan.add(NameServer(lan, transcripts, {"logs.example.org": (SERVER4, 300)}))
    sink = lan.add(TcpSink(lan, 5140, "octet"))
    wait_until("it arrived", lambda: sink.messages, 60)
    wait_until("told", lambda: one.records("lookup")[0]["state"] == "ok", 10)


def test_one_that_moves_is_followed_when_the_ttl_is_over(lan, logd, transcripts):
    lan.namespace.ip("address add 192.0.2.11/32 dev lo")
    first = lan.add(NameServer(lan, transcripts, {"logs.example.org": (SERVER4, 2)}))
    here, there = lan.add(UdpSink(lan, 5140)), lan.add(UdpSink(lan, 5140, "192.0.2.11"))
    one = logd("target kind=udp name=logs.example.org:5140\n")
    one.say("here")
    wait_until("it arrived", lambda: here.messages, 20)
    first.close()
    lan.add(NameServer(lan, transcripts, {"logs.example.org": ("192.0.2.11", 300)}))
    wait_until("it is found", lambda: one.records("target")[0]["resolved"] == "192.0.2.11", 30)  # ten seconds at least
    one.say("there")
    wait_until("it arrived", lambda: there.messages, 20)
    assert len(here.messages) == 1 and len(there.messages) == 1


def test_one_that_fails_is_looked_up_again_though_the_ttl_is_not_over(lan, logd, transcripts):
    first = lan.add(NameServer(lan, transcripts, {"logs.example.org": (SERVER4, 86400)}))
    sink = lan.add(TcpSink(lan, 5140, "octet"))
    one = logd("target kind=tcp name=logs.example.org:5140\n")
    one.say("one")
    wait_until("it arrived", lambda: sink.messages, 20)
    sink.close()
    first.close()
    lan.add(NameServer(lan, transcripts, {"logs.example.org": (SERVER6, 86400)}))
    again = lan.add(TcpSink(lan, 5140, "octet", SERVER6))
    one.say("two")
    wait_until("it arrived", lambda: again.messages, 60)


def test_over_tls_the_certificate_must_be_for_the_name(lan, logd, transcripts):
    authority = Authority(lan.folder / "pki")
    authority.sign("server", "DNS:logs.example.org")
    lan.add(NameServer(lan, transcripts, {"logs.example.org": (SERVER4, 300), "else.example.org": (SERVER4, 300)}))
    sink = lan.add(TlsSink(lan, 6514, authority.path("server"), authority.path("server", "key")))
    ca = field(authority.path("ca"))
    one = logd(f"target kind=tls name=logs.example.org ca={ca}\ntarget kind=tls name=else.example.org ca={ca}\n")
    one.say("a word")
    wait_until("it arrived", lambda: sink.messages, 20)
    error = wait_until("the other is told", lambda: (e := one.records("target")[1]["error"]).startswith("the certificate") and e, 20)
    assert error == "the certificate is not for else.example.org but for logs.example.org"
