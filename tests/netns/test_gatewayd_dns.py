# SPDX-License-Identifier: MIT
"""gatewayd's resolver between real sockets: dnsmasq, and servers that lie or fail as a test says. The namespaces and programs are those
of test_gatewayd.py."""

import os
import socket
import struct
import threading

import pytest
import upstream as rpc
from test_gatewayd import DOMAIN, LAN4, client, dnsmasq, gateway, lan, same_bytes, upstream, wait_for  # noqa: F401: fixtures

SRV = f"_vlmcs._tcp.{DOMAIN}"


def members(one) -> list[str]:
    return [u["name"] for u in one.records("upstream")]


# ---- TCP -------------------------------------------------------------------------------------------------------------------


def test_records_that_do_not_fit_a_datagram_come_over_tcp(gateway, upstream, client, dnsmasq):  # noqa: F811
    hosts = [f"kms-{i:02}-with-a-name-that-takes-its-room-in-the-answer" for i in range(40)]
    dnsmasq("--edns-packet-max=1232", *[f"--srv-host={SRV},{host}.{DOMAIN},1688,{100 - i}" for i, host in enumerate(hosts)],
            f"--host-record={hosts[39]}.{DOMAIN},{LAN4}", f"--host-record={hosts[38]}.{DOMAIN},192.0.2.11")
    served = upstream(LAN4)
    one = gateway()
    one.network()
    wait_for(lambda: one.record()["state"] == "serving")
    assert members(one) == [f"{hosts[39 - i]}.{DOMAIN}" for i in range(8)]  # the best priorities came last
    assert same_bytes(client(), served)


# ---- servers that lie or fail ---------------------------------------------------------------------------------------------------


class Liar(threading.Thread):
    """A name server of one record, kms.<DOMAIN> A <LAN4>, that sends what `lies` makes of each answer before the answer itself: bytes from
    the port that was asked, or (bytes, socket) from another. `honest` off: the lies are all there is."""

    def __init__(self, netns, lies, honest=True):
        super().__init__(daemon=True)
        self.socket = rpc.socket_in(netns, socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((LAN4, 53))
        self.socket.settimeout(0.2)
        self.other = rpc.socket_in(netns, socket.AF_INET, socket.SOCK_DGRAM)
        self._lies, self._honest, self._end = lies, honest, threading.Event()
        self.questions = []

    def run(self):
        while not self._end.is_set():
            try:
                query, peer = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            self.questions.append((query, peer))
            for lie in self._lies(query):
                data, sender = lie if isinstance(lie, tuple) else (lie, self.socket)
                sender.sendto(data, peer)
            if self._honest:
                self.socket.sendto(answer(query), peer)

    def stop(self):
        self._end.set()
        self.join()
        self.socket.close()
        self.other.close()


def question_end(query):
    at = 12
    while query[at]:
        at += 1 + query[at]
    return at + 5


def answer(query, address=LAN4, number=None, question=None):
    question = query[12 : question_end(query)] if question is None else question
    is_a = question[-4:-2] == b"\0\1"
    record = b"\xc0\x0c\0\1\0\1" + struct.pack("!IH", 60, 4) + socket.inet_aton(address) if is_a else b""
    return (query[:2] if number is None else number) + struct.pack("!HHHHH", 0x8180, 1, int(is_a), 0, 0) + question + record


BAD = "192.0.2.66"


@pytest.fixture
def liar(lan):  # noqa: F811
    made = []

    def start(lies, honest=True):
        made.append(Liar(lan[1], lies, honest))
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        one.stop()


LIES = {
    "another-id": lambda query: [answer(query, BAD, number=bytes([query[0] ^ 1, query[1]]))],
    "another-question": lambda query: [answer(query, BAD, question=b"\3bad" + query[12 : question_end(query)])],
    "half-an-answer": lambda query: [answer(query, BAD)[:-3], answer(query, BAD)[:11], b""],
    "garbage": lambda query: [os.urandom(len(query)) for _ in range(20)],
    "a-loop-of-pointers": lambda query: [query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + query[12 : question_end(query)] + b"\xc0\x0c" * 40],
}


@pytest.mark.parametrize("kind", sorted(LIES))
def test_a_lie_before_the_answer_is_not_believed(gateway, upstream, client, liar, kind):  # noqa: F811
    server = liar(LIES[kind])
    served = upstream(LAN4)
    one = gateway("--upstream", f"kms.{DOMAIN}")
    one.network()
    wait_for(lambda: one.records("upstream") and one.records("upstream")[0]["address"], 10)
    assert one.records("upstream")[0]["address"] == LAN4
    assert same_bytes(client(), served)
    assert BAD not in (one.folder / "gatewayd" / "state").read_text()
    assert len({peer[1] for _, peer in server.questions}) == len({query[:2] for query, _ in server.questions}) > 1  # ports and ids vary


def test_an_answer_from_another_port_is_not_heard(gateway, liar):  # noqa: F811
    server = liar(lambda query: [(answer(query, BAD), server.other)], honest=False)
    one = gateway("--upstream", f"kms.{DOMAIN}")
    one.network()
    wait_for(lambda: len(server.questions) >= 4, 10)
    assert one.records("upstream")[0]["address"] == ""


def test_a_server_that_spoils_the_case_is_believed_when_asked_without(gateway, upstream, client, liar):  # noqa: F811
    def lowered(query):
        question = query[12 : question_end(query)]
        return [answer(query, question=question[:-4].lower() + question[-4:])]

    liar(lowered, honest=False)
    served = upstream(LAN4)
    one = gateway("--upstream", f"kms.{DOMAIN}")
    one.network()
    wait_for(lambda: one.record()["state"] == "serving", 15)
    assert same_bytes(client(), served)


def test_a_dead_server_is_passed_over(gateway, upstream, client, dnsmasq):  # noqa: F811
    dnsmasq(f"--host-record=kms.{DOMAIN},{LAN4}")
    served = upstream(LAN4)
    one = gateway("--upstream", f"kms.{DOMAIN}")
    one.network(servers=("192.0.2.77", LAN4))  # nobody is there
    wait_for(lambda: one.record()["state"] == "serving", 10)
    assert same_bytes(client(), served)
