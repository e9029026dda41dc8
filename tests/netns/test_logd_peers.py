# SPDX-License-Identifier: MIT
"""logd and the real rsyslogd and syslog-ng: every format and framing arrives with every field, and a server that was away is told."""

import json
import socket

import pytest
from log_peers import SERVER4, Lan, Logd, RealServer
from qemu_net import wait_until

HOST = socket.gethostname()
TEXTS = ["plain words: with a colon", 'say "hi" \\ back', "connection at=now verdict=answered", "grüße, 世界 😀"]


@pytest.fixture(scope="module")
def lan():
    made = Lan()
    yield made
    made.close()


@pytest.fixture(params=["rsyslog", "syslog-ng"])
def server(request, lan, transcripts):
    made = RealServer(lan, request.param, transcripts)
    made.start_again = lambda: lan.add(RealServer(lan, request.param, transcripts))
    yield made
    made.close()
    lan.end_all()
    for name in ("parsed", "raw"):
        (made.folder / name).unlink(missing_ok=True)


@pytest.fixture
def logd(lan, transcripts):
    yield lambda config: lan.add(Logd(lan, transcripts, config))
    lan.end_all()


@pytest.mark.parametrize("kind, framing", [("udp", None), ("tcp", "octet"), ("tcp", "newline")])
def test_rfc5424_arrives_with_every_field(server, logd, kind, framing):
    port = server.newline_port if framing == "newline" else 5514
    one = logd(f"learnt use=off\ntarget kind={kind} address={SERVER4}:{port}{f' framing={framing}' if framing else ''}\n")
    for text in TEXTS:
        one.say(text)
    entries = one.wait_entries(len(TEXTS))
    wait_until("all arrived", lambda: len(server.parsed()) >= len(TEXTS), 20)
    for entry, got in zip(entries, server.parsed(), strict=True):
        assert (got["pri"], got["host"], got["app"], got["pid"]) == ("30", HOST, "app", "7")
        assert got["id"] in (entry.get("id", "-"), entry.get("id", ""))
        assert f'sequenceId="{entry["seq"]}"' in got["data"] and f'sysUpTime="{int(entry["monotonic-ms"]) // 10}"' in got["data"]
        assert f".{int(entry['utc-ms']) % 1000:03}" in got["time"]
        assert got["text"].removeprefix("\ufeff") == entry["text"]


def test_json_lines_arrive(server, logd):
    one = logd(f"learnt use=off\ntarget kind=tcp address={SERVER4}:5515 format=json\n")
    for text in [*TEXTS, "two\nlines"]:
        one.say(text)
    wait_until("all arrived", lambda: len(server.raw()) >= len(TEXTS) + 1, 20)
    assert [json.loads(line)["text"] for line in server.raw()] == [*TEXTS, "two\nlines"]


def test_a_server_that_was_away_is_told_what_it_missed(server, logd):
    one = logd(f"ring bytes=8192\nlearnt use=off\ntarget kind=tcp address={SERVER4}:5514\n")
    one.say("the first")
    wait_until("it arrived", lambda: len(server.parsed()) == 1, 20)
    server.close()
    wait_until("noticed", lambda: one.records("target")[0]["error"], 20)
    for i in range(500):
        one.say(f"line {i}")
    wait_until("all came", lambda: one.count("received") == 501, 20)
    again = server.start_again()
    wait_until("the last one arrived", lambda: again.parsed()[-1]["text"] == "line 499", 90)
    arrived = again.parsed()[1:]
    missed = one.count("dropped", "target")
    assert missed > 0 and arrived[0]["text"] == f"{missed} messages dropped" and arrived[0]["app"] == "logd"
    assert [line["text"] for line in arrived[1:]] == [f"line {i}" for i in range(missed, 500)]
