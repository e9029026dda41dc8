# SPDX-License-Identifier: MIT
"""logd, the real program: both sources, what it publishes, those who read, and log servers that live, die, stall and come back."""

import json
import os
import re
import select
import socket
import subprocess

import pytest
from log_peers import OTHER4, SERVER4, SERVER6, Lan, Logd, TcpSink, UdpSink, read_all
from qemu_net import scaled, wait_until

HOST = socket.gethostname()


@pytest.fixture(scope="module")
def lan():
    made = Lan()
    yield made
    made.close()


@pytest.fixture
def logd(lan, transcripts):
    yield lambda config="learnt use=off\n": lan.add(Logd(lan, transcripts, config))
    lan.end_all()


@pytest.fixture
def udp(lan):
    return lambda port, address=SERVER4: lan.add(UdpSink(lan, port, address))


@pytest.fixture
def tcp(lan):
    return lambda port, framing="octet", address=SERVER4, reads=True: lan.add(TcpSink(lan, port, framing, address, reads))


# ---- sources -----------------------------------------------------------------------------------------------------------------------


def test_both_forms_of_syslog_become_entries(logd):
    one = logd()
    subprocess.run(["logger", "-u", one.log_path, "-t", "old", "-p", "daemon.err", "--id=42", "by logger"], check=True)
    subprocess.run(["logger", "-u", one.log_path, "--rfc5424", "-t", "new", "-p", "local0.debug", "--msgid", "M1", "by logger, too"], check=True)
    one.say("connection at=now verdict=answered", name="gatewayd", pid=9)
    one.send("<165>1 2003-10-11T22:14:15.003Z elsewhere evntslog 5 ID47 [a@1 b=\"]\"] \ufeffgrüße")
    one.send("no form at all")
    keys = ("severity", "facility", "program", "pid", "id", "text")
    found = [tuple(entry.get(key, "") for key in keys) for entry in one.wait_entries(5)]
    assert found[0] == ("error", "3", "old", "42", "", "by logger")
    assert found[1][:3] + found[1][4:] == ("debug", "16", "new", "M1", "by logger, too")
    assert found[2:] == [
        ("info", "3", "gatewayd", "9", "connection", "connection at=now verdict=answered"),
        ("notice", "20", "evntslog", "5", "ID47", "grüße"),
        ("notice", "1", "", "", "", "no form at all"),
    ]


def test_the_kernels_log_is_read_with_its_own_times(logd):
    one = logd()
    one.kernel("Linux version 6.12\n SUBSYSTEM=pci\n DEVICE=+pci:0000", usec=5_000)
    one.kernel("gatewayd: connection at=now", priority=14, usec=2_000_000)
    one.kernel("a\\x0ab \\xc3\\xa4", priority=3, skip=4)
    entries = one.wait_entries(3)
    assert [(e["program"], e["severity"], e["text"]) for e in entries] == [
        ("kernel", "info", "Linux version 6.12"), ("gatewayd", "info", "connection at=now"), ("kernel", "error", "a\nb ä")]
    assert [e["monotonic-ms"] for e in entries] == ["5", "2000", "1000"]
    assert int(entries[1]["utc-ms"]) - int(entries[0]["utc-ms"]) == 1995
    assert entries[1]["id"] == "connection"
    wait_until("four are missed", lambda: one.count("dropped", "source", name="kmsg") == 4, 5)


def test_what_is_no_message_is_counted(logd):
    one = logd()
    for datagram in ("", "\n", "<14>", "<14>Nov 26 04:05:06 app: "):
        one.send(datagram)
    one.send("<14>app: " + "x" * 5000)
    one.send("<14>app: " + "y" * 20000)
    wait_until("all are counted", lambda: one.count("received", "source", name="log") == 6, 5)
    assert one.count("dropped", "source", name="log") == 4
    assert one.count("cut", "source", name="log") == 2
    assert [entry["text"] for entry in one.entries()] == ["x" * 2048, "y" * 2048]


def test_a_flood_takes_no_memory_and_no_turn(logd, tcp):
    one = logd(f"learnt use=off\ntarget kind=tcp address={SERVER4}:601\n")
    sink = tcp(601)
    wait_until("connected", lambda: sink.connections, 10)
    for i in range(1000):
        one.say(f"warm {i}")
    wait_until("all came", lambda: one.count("received", "source", name="log") == 1000, 20)
    before = one.memory_kib()
    for i in range(100_000):
        one.say(f"line {i}")
        if i % 10_000 == 0:
            one.kernel(f"kernel {i}")
    wait_until("all came", lambda: one.count("received", "source", name="log") == 101_000, 60)
    wait_until("and what the kernel said", lambda: one.count("received", "source", name="kmsg") == 10, 20)
    assert one.memory_kib() <= before + 2048  # the lines are ten times that
    wait_until("all are sent or counted", lambda: one.count("queued", "target") == 0, 60)
    sent, dropped = one.count("sent", "target"), one.count("dropped", "target")
    assert sent + dropped == 101_010
    wait_until("all arrived", lambda: sum(b" app " in m or b" kernel " in m for m in sink.messages) == sent, 20)


# ---- what is published and read --------------------------------------------------------------------------------------------------------


def test_the_state_has_the_last_lines_and_a_warning(logd):
    one = logd()
    wait_until("a warning", lambda: one.records("warning"), 5)
    for i in range(100):
        one.say(f"line {i} \x1b[2J")
    wait_until("the last line", lambda: one.records("line") and one.records("line")[-1]["text"] == "line 99 \x1b[2J", 5)
    lines = one.records("line")
    assert [line["seq"] for line in lines] == [str(i) for i in range(61, 101)]
    assert "\x1b" not in (one.folder / "logd" / "state").read_text()
    assert one.records("logs")[0]["received"] == "100"


def test_readers_get_what_is_after_their_number(logd):
    one = logd("ring bytes=8192\n")
    assert one.read() == []
    for i in range(1, 301):
        one.say(f"line {i}")
    wait_until("all came", lambda: one.count("received") == 300, 10)
    first = one.count("first-seq")
    assert first > 1
    everything = one.read()
    assert everything[0] == ("lost", {"count": str(first - 1)})
    assert [int(fields["seq"]) for _, fields in everything[1:]] == list(range(first, 301))
    assert [fields["text"] for fields in one.entries(298)] == ["line 299", "line 300"]
    assert one.read(300) == [] and one.read(10**18) == []


def test_readers_that_do_not_read_cost_their_places_for_a_moment(logd):
    one = logd()
    silent = [one.reader(question=b"") for _ in range(8)]
    with one.reader(question=b"") as ninth:
        assert read_all(ninth) == b"error text=too%20many%20readers\n"
    for connection in silent:
        assert read_all(connection) == b""  # its time is over
        connection.close()
    with one.reader(b"tell me everything, please, and more than that\n") as connection:
        assert read_all(connection) == b"error text=not%20since=N\n"
    assert one.read() == []


def test_a_reader_who_stops_in_the_middle_is_sent_away(logd):
    one = logd("ring bytes=1048576\n")
    for i in range(500):
        one.say("x" * 1500)
    wait_until("all came", lambda: one.count("received") == 500, 20)
    with one.reader() as slow:
        wait_until("others are served", lambda: len(one.entries(490)) == 10, 10)
        # It is closed when its time is over: what was on its way is there, the rest never comes.
        wait_until("it is closed", lambda: peer_is_gone(slow), 20)
        assert len(read_all(slow).splitlines()) < 500
    assert len(one.entries()) == 500


def peer_is_gone(connection):
    poll = select.poll()
    poll.register(connection, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))


# ---- log servers -----------------------------------------------------------------------------------------------------------------------

TEXTS = ["plain", "grüße, 世界 😀", 'say "hi" \\ back', "two\nlines\tand a tab", "control \x01\x7f"]
LATIN1 = b"<30>Nov 26 04:05:06 app[7]: gr\xfc\xdfe"


def say_all(one):
    for text in TEXTS:
        one.say(text)
    one.send(LATIN1)
    return one.wait_entries(len(TEXTS) + 1)


def expected_rfc5424(entry):
    time = re.escape(json_time(entry))
    text = entry["text"].encode(errors="surrogateescape")
    mark = b"\xef\xbb\xbf" if not text.isascii() and b"\xfc" not in text else b""
    shown = re.sub(rb"[\x00-\x1f\x7f]", lambda m: b"\\x%02x" % m.group()[0], text)
    head = f'<30>1 {time} {re.escape(HOST)} app 7 - \\[meta sequenceId="{entry["seq"]}" sysUpTime="{int(entry["monotonic-ms"]) // 10}"\\] '
    return head.encode() + re.escape(mark + shown)


def json_time(entry):
    import datetime

    ms = int(entry["utc-ms"])
    return datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03}Z"


@pytest.mark.parametrize("kind, framing, address", [
    ("udp", None, SERVER4), ("udp", None, SERVER6), ("tcp", "octet", SERVER4), ("tcp", "octet", SERVER6), ("tcp", "newline", SERVER4)])
def test_rfc5424_arrives_exactly(logd, udp, tcp, kind, framing, address):
    sink = udp(601, address) if kind == "udp" else tcp(601, framing, address)
    where = f"[{address}]:601" if ":" in address else f"{address}:601"
    one = logd(f"learnt use=off\ntarget kind={kind} address={where}{f' framing={framing}' if framing else ''}\n")
    entries = say_all(one)
    wait_until("all arrived", lambda: len(sink.messages) >= len(entries), 10)
    for entry, message in zip(entries, sink.messages, strict=True):
        assert re.fullmatch(expected_rfc5424(entry), message), (entry, message)
    assert not one.records("warning")


@pytest.mark.parametrize("kind, form", [("tcp", "gelf"), ("udp", "gelf"), ("tcp", "json")])
def test_json_arrives_exactly(logd, udp, tcp, kind, form):
    sink = udp(601) if kind == "udp" else tcp(601, "null" if form == "gelf" else "newline")
    one = logd(f"learnt use=off\ntarget kind={kind} address={SERVER4}:601 format={form}\n")
    entries = say_all(one)
    wait_until("all arrived", lambda: len(sink.messages) >= len(entries), 10)
    for entry, message in zip(entries, sink.messages, strict=True):
        text = entry["text"].encode(errors="surrogateescape").replace(b"\xfc\xdf", "\ufffd\ufffd".encode()).decode()
        seq, uptime = int(entry["seq"]), int(entry["monotonic-ms"])
        gelf = {"version": "1.1", "host": HOST, "timestamp": int(entry["utc-ms"]) / 1000, "level": 6, "_facility": 3, "_program": "app",
                "_pid": 7, "_sequence": seq, "_uptime_ms": uptime, "short_message": text}
        lines = {"time": json_time(entry), "host": HOST, "severity": "info", "facility": 3, "program": "app", "pid": 7, "sequence": seq,
                 "uptime-ms": uptime, "text": text}
        assert json.loads(message) == (gelf if form == "gelf" else lines)


def test_several_servers_get_what_is_urgent_enough_for_them(logd, udp, tcp):
    all_of_it, urgent = tcp(601, "newline"), udp(602)
    one = logd(f"learnt use=off\ntarget kind=tcp address={SERVER4}:601 framing=newline severity=debug\n"
               f"target kind=udp address={SERVER4}:602 severity=error\n")
    for severity in range(8):
        one.say(f"severity {severity}", priority=24 + severity)
    wait_until("all arrived", lambda: len(all_of_it.messages) == 8 and len(urgent.messages) == 4, 10)
    assert [m[-1:] for m in urgent.messages] == [b"0", b"1", b"2", b"3"]
    assert one.count("queued", "target", address=f"{SERVER4}:602") == 0


def sequence_of(message):
    found = re.search(rb'sequenceId="(\d+)"', message)
    return int(found.group(1)) if found else None


def test_a_dead_server_that_comes_back_is_told_what_it_missed(logd, tcp):
    one = logd(f"ring bytes=8192\nlearnt use=off\ntarget kind=tcp address={SERVER4}:601\n")
    wait_until("refused", lambda: one.records("target") and one.records("target")[0]["error"] == "Connection refused", 10)
    for i in range(1000):
        one.say(f"line {i}")
    wait_until("all came", lambda: one.count("received") == 1000, 20)
    sink = tcp(601)
    wait_until("the rest arrived", lambda: sink.messages and sequence_of(sink.messages[-1]) == 1000, 60)
    missed = sequence_of(sink.messages[1]) - 1
    assert sink.messages[0].endswith(b"] %d messages dropped" % missed) and b" logd - dropped " in sink.messages[0]
    assert [sequence_of(m) for m in sink.messages[1:]] == list(range(missed + 1, 1001))
    wait_until("published", lambda: one.count("sent", "target") == 1000 - missed, 5)
    assert one.count("dropped", "target") == missed
    assert one.records("target")[0]["state"] == "ready" and one.records("target")[0]["error"] == ""
    sink.drop_connections()  # idle: it is noticed before the next message
    wait_until("noticed", lambda: one.records("target")[0]["error"] == "closed by the server", 10)
    one.say("after all")
    wait_until("connected anew", lambda: sequence_of(sink.messages[-1]) == 1001, 30)
    assert "takes messages again" in one.output.read_text()


def test_a_udp_server_that_is_away_loses_one_message_and_no_more(logd, udp):
    one = logd(f"learnt use=off\ntarget kind=udp address={SERVER4}:601\n")
    one.say("lost")
    wait_until("refused", lambda: one.records("target") and one.records("target")[0]["error"] == "Connection refused", 10)
    for i in range(20):
        one.say(f"line {i}")
    wait_until("they wait", lambda: one.count("queued", "target") == 20, 10)
    sink = udp(601)
    wait_until("all arrived", lambda: len(sink.messages) == 20, 60)
    assert [sequence_of(m) for m in sink.messages] == list(range(2, 22))


def test_a_server_that_does_not_read_slows_nobody(logd, tcp):
    stuck, good = tcp(601, reads=False), tcp(602)
    one = logd(f"learnt use=off\ntarget kind=tcp address={SERVER4}:601\ntarget kind=tcp address={SERVER4}:602\n")
    wait_until("both are connected", lambda: stuck.connections and good.connections, 10)
    # In portions that the ring holds, so that the good one misses nothing.
    for portion in range(20):
        for i in range(200):
            one.say(f"{portion} {i} {'x' * 50}")
        wait_until("all arrived", lambda: len(good.messages) == 200 * (portion + 1), 20)
    assert [sequence_of(m) for m in good.messages] == list(range(1, 4001))

    def account():
        [stuck_record] = [r for r in one.records("target") if r["address"] == f"{SERVER4}:601"]
        assert stuck_record["state"] == "ready"
        return [int(stuck_record[key]) for key in ("sent", "queued", "dropped")]

    wait_until("all are accounted for", lambda: sum(account()) == 4000, 10)
    assert min(account()) > 0


def test_what_was_not_acknowledged_is_sent_again(logd, tcp):
    stuck = tcp(601, reads=False)
    one = logd(f"learnt use=off\ntarget kind=tcp address={SERVER4}:601\n")
    wait_until("connected", lambda: stuck.connections, 10)
    for i in range(300):
        one.say("x" * 100)
    wait_until("no more is taken", lambda: one.count("received") == 300 and one.count("queued", "target") > 0, 10)
    taken, had = one.count("sent", "target"), stuck.unread()
    stuck.close()  # with something unread: a reset
    sink = tcp(601)
    wait_until("the last one arrived", lambda: sink.messages and sequence_of(sink.messages[-1]) == 300, 30)
    first = sequence_of(sink.messages[0])
    shortest = min(len(message) for message in sink.messages) - 2  # its number may have had two digits less
    assert (first - 1) * shortest <= had, "only what the server had acknowledged is lost"
    assert first <= taken, "and there was more than that"
    assert [sequence_of(m) for m in sink.messages] == list(range(first, 301))
    wait_until("published", lambda: one.count("sent", "target") == 300, 5)


def test_servers_of_the_network_come_and_go(logd, udp):
    sink, configured = udp(514), udp(601, OTHER4)
    one = logd(f"target kind=udp address={OTHER4}:601\n")
    one.say("before")
    one.netd_says(f"log-server link=eth0 address={SERVER4} source=dhcp\nlog-server link=eth0 address={OTHER4} source=dhcp\n")
    wait_until("what was there before arrived", lambda: sink.messages, 10)
    wait_until("published", lambda: any(r["source"] == "dhcp" and r["address"] == f"{SERVER4}:514" for r in one.records("target")), 5)
    assert len(one.records("target")) == 2  # the other one is what is configured
    one.netd_says("link name=eth0\n")
    wait_until("gone", lambda: [r["source"] for r in one.records("target")] == ["static"], 5)
    one.say("after")
    wait_until("the other one goes on", lambda: len(configured.messages) == 2, 10)
    assert len(sink.messages) == 1


def test_what_came_before_the_end_is_still_sent(logd, tcp):
    sink = tcp(601)
    one = logd(f"learnt use=off\ntarget kind=tcp address={SERVER4}:601\n")
    wait_until("connected", lambda: sink.connections, 10)
    for i in range(5):
        one.say(f"last words {i}")
    assert one.stop() == 0
    wait_until("all arrived", lambda: len(sink.messages) == 5, 10)


# ---- what it is told -----------------------------------------------------------------------------------------------------------------------


def test_a_wrong_configuration_is_told_and_refused(lan, tmp_path):
    config = tmp_path / "config"
    config.write_text("ring bytes=1\ntarget kind=sctp address=192.0.2.1\n")
    done = subprocess.run([lan.program, "logd", "--config", config], capture_output=True, text=True, timeout=scaled(10))
    assert done.returncode == 78
    assert f"{config}:1: bytes: not 8192 to 16777216 bytes" in done.stderr
    assert f"{config}:2: kind: neither udp, tcp nor tls" in done.stderr
    for arguments in (["--config"], ["--nonsense", "x"]):
        assert subprocess.run([lan.program, "logd", *arguments], capture_output=True, timeout=scaled(10)).returncode == 64


def test_the_real_kernels_log_is_read_with_one_capability(lan, transcripts):
    try:
        handle = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        pytest.skip(f"this machine shows no kernel log: {error}")
    lines = []
    try:
        while True:
            lines.append(os.read(handle, 8192).decode().splitlines()[0])
    except BlockingIOError:
        os.close(handle)
    texts = [line.split(";", 1)[1] for line in lines[-20:] if int(line.split(",")[0]) < 8 and "\\x" not in line]
    one = lan.add(Logd(lan, transcripts, "ring bytes=1048576\nlearnt use=off\n", kmsg="/dev/kmsg"))
    try:
        assert not one.records("source") or one.records("source")[1]["error"] == ""
        wait_until("all are there", lambda: set(texts) <= {e["text"] for e in one.entries() if e["program"] == "kernel"}, 10)
        wait_until("counted", lambda: one.count("received", "source", name="kmsg") >= len(texts), 5)
    finally:
        lan.end_all()
