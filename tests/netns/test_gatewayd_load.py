# SPDX-License-Identifier: MIT
"""gatewayd under load: a storm of clients after an outage, and every kind of client, good and bad, for as long as one likes
(COREKMS_SOAK_SECONDS): everybody is served who asks again, and memory and descriptors stay as they are."""

import concurrent.futures
import os
import random
import socket
import struct
import time

import upstream as rpc
from test_bench_gateway import bench, number, rows  # noqa: F401: a fixture
from test_gatewayd import LAN4, Gateway, connect, gateway, lan, upstream, wait_for  # noqa: F401: fixtures
from vitals import Vitals

SECONDS = int(os.environ.get("COREKMS_SOAK_SECONDS", "15"))
LEAVE_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: close() resets


def test_ten_thousand_clients_at_once_are_all_served(bench, repository):  # noqa: F811
    done = bench(ROUNDS="0", STORM="10000")
    assert done.returncode == 0, done.stdout + done.stderr
    [storm] = rows(done.stdout, "gatewayd")
    assert storm[0] == "10,000", storm
    assert number(storm[7]) < 32 * 1024, "memory in kB"


def exchange(peer, order):
    peer.sendall(rpc.bind(1, order))
    assert rpc.read_pdu(peer)[2] == rpc.BIND_ACK
    peer.sendall(rpc.request(2, os.urandom(200), order))
    assert rpc.read_pdu(peer)[2] == rpc.RESPONSE


def good(peer, dice):
    exchange(peer, dice.choice("<>"))


def leaves_at_any_byte(peer, dice):
    peer.sendall((rpc.bind() + rpc.request(2, b"x" * 200))[: dice.randrange(300)])


def resets_at_any_byte(peer, dice):
    leaves_at_any_byte(peer, dice)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LEAVE_AT_ONCE)


def half_closes(peer, dice):
    leaves_at_any_byte(peer, dice)
    peer.shutdown(socket.SHUT_WR)
    while peer.recv(4096):
        pass


def babbles(peer, dice):
    peer.sendall(dice.randbytes(dice.randrange(1, 3000)))


def trickles(peer, dice):
    for byte in rpc.bind()[: dice.randrange(40)]:
        peer.sendall(bytes([byte]))
        time.sleep(0.005)


def does_not_read(peer, dice):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    peer.sendall(rpc.bind() + rpc.request(2, b"x" * 5000))
    time.sleep(dice.random() / 4)


def breaks_a_rule(peer, dice):
    peer.sendall(dice.choice([rpc.request(1, b"x"), rpc.bind() + rpc.bind(), rpc.bind()[:-1] + b"x", rpc.pdu(rpc.BIND, 1, bytes(12))]))
    while peer.recv(4096):
        pass


KINDS = (good, good, good, leaves_at_any_byte, resets_at_any_byte, half_closes, babbles, trickles, does_not_read, breaks_a_rule)


def visit(lan, seed, end):  # noqa: F811
    dice, served, visits = random.Random(seed), 0, 0
    while time.monotonic() < end:
        kind = dice.choice(KINDS)
        visits += 1
        try:
            with connect(lan) as peer:
                kind(peer, dice)
                served += kind is good
        except ConnectionError:
            assert kind is not good, "a good client was not served"
    return served, visits


def test_every_kind_of_client_leaves_nothing_behind(gateway, upstream, lan):  # noqa: F811
    upstream(LAN4)
    one = gateway("--upstream", LAN4, config=Gateway.LIMITS.replace("checks=none", "checks=active"))

    def crowd(seconds, seed):
        end = time.monotonic() + seconds
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            results = list(pool.map(lambda n: visit(lan, seed + n, end), range(12)))
        time.sleep(1)  # what it publishes may be half a second old
        wait_for(lambda: one.count("now") == 0, 40)
        return [sum(column) for column in zip(*results)]

    crowd(3, 1)  # until everything has been done once
    vitals = Vitals(one.process.pid)
    served, visits = crowd(SECONDS, 100)
    assert served > SECONDS and visits > 2 * served
    vitals.check()
    assert one.count("answered") >= served
