# SPDX-License-Identifier: MIT
"""Two gateways and nothing between them: the clients' own way of finding KMS hosts, SRV records by priority, is what makes the pair available."""

import concurrent.futures
import os
import signal
import socket
import subprocess
import time

import pytest
import upstream as rpc
from scapy.layers.dns import DNS, DNSQR
from test_gatewayd import DOMAIN, LAN4, Gateway, dnsmasq, gateway, lan, upstream, wait_for  # noqa: F401: fixtures

FIRST, SECOND = "192.0.2.21", "192.0.2.22"
CLIENTS, SECONDS = 8, 4


def ip(netns, words):
    subprocess.run(["ip", "-n", netns, *words.split()], check=True)


@pytest.fixture
def far(lan):  # noqa: F811
    """A namespace for the first gateway, behind a switch: its link may fail, and that of the lan stays up."""
    name = f"gwd-f{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        ip(name, "link set lo up")
        ip(name, "link add b0 type bridge forward_delay 0")
        ip(name, f"link add p0 type veth peer name l1 netns {lan[1]}")
        ip(name, "link set p0 master b0 up")
        ip(name, f"address add {FIRST}/24 dev b0")
        ip(name, "link set b0 up")
        ip(lan[1], "link set l1 up")
        ip(lan[1], f"route add {FIRST}/32 dev l1 src {LAN4}")
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


@pytest.fixture
def pair(lan, request, tmp_path, transcripts):  # noqa: F811
    """Two gatewayd, each on an address of its own; the first in `far`, where the test asks for that."""
    made = []
    places = {FIRST: request.getfixturevalue("far") if "far" in request.fixturenames else lan[0], SECOND: lan[0]}
    with open(os.path.join(transcripts, "gatewayd.log"), "wb") as log:
        for address, place in places.items():
            if place == lan[0]:
                subprocess.run(["ip", "-n", place, "address", "replace", f"{address}/24", "dev", "g0"], check=True)
            folder = tmp_path / address
            folder.mkdir()
            config = Gateway.LIMITS + f"listener pool=kms port=1688 address={address}\n"
            made.append(Gateway(place, folder, log, ["--upstream", LAN4], config))
        yield made
        for one in made:
            one.stop()
        subprocess.run(["ip", "-n", lan[0], "address", "flush", "dev", "g0", "to", f"{FIRST}/32"], check=True)


def ask(lan, name, kind):  # noqa: F811
    with rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(5)
        one.connect((LAN4, 53))
        one.send(bytes(DNS(id=1, rd=1, qd=DNSQR(qname=name, qtype=kind))))
        answer = DNS(one.recv(1500))
    return [answer.an[i] for i in range(answer.ancount)]


def hosts_by_priority(lan):  # noqa: F811
    """Addresses of the SRV record's targets, as a client asks for them."""
    records = sorted(ask(lan, f"_vlmcs._tcp.{DOMAIN}", "SRV"), key=lambda record: record.priority)
    return [ask(lan, record.target, "A")[0].rdata for record in records]


def activate(lan, hosts, seed, end, timeout=5):  # noqa: F811
    """Activations, one after the other, until `end`: each host in its turn. (answered by which host, how those failed that were tried in vain)"""
    answered, in_vain = [], []
    while time.monotonic() < end:
        for host in hosts:
            try:
                one = rpc.rpc_exchange((host, 1688), seed.to_bytes(4, "big") + os.urandom(12), netns=lan[1], timeout=timeout)
            except OSError as error:
                in_vain.append(error)
                continue
            assert one.stub
            answered.append(host)
            break
        else:
            raise AssertionError("no gateway answered a client")
    return answered, in_vain


@pytest.fixture
def hosts(lan, upstream, dnsmasq):  # noqa: F811
    """The addresses of both, as clients find them."""
    upstream(LAN4)
    dnsmasq(*(f"--srv-host=_vlmcs._tcp.{DOMAIN},gateway{n}.{DOMAIN},1688,{n},0" for n in (0, 1)),
            f"--host-record=gateway0.{DOMAIN},{FIRST}", f"--host-record=gateway1.{DOMAIN},{SECOND}")
    found = hosts_by_priority(lan)
    assert found == [FIRST, SECOND]
    return found


def lose_the_first(lan, hosts, pair, lose, timeout):  # noqa: F811
    """Clients at work while it goes; how each of them failed at it. Every one was served all the time, by the second in the end."""
    end = time.monotonic() + SECONDS
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(activate, lan, hosts, n, end, timeout) for n in range(CLIENTS)]
        wait_for(lambda: pair[0].count("answered") >= 4 * CLIENTS)
        assert pair[1].count("total") == 0  # the first priority alone is asked
        lose()
        results = [one.result() for one in running]
    for answered, in_vain in results:
        assert answered[0] == FIRST and answered[-1] == SECOND
        assert answered == sorted(answered)  # never back: it is dead
        assert in_vain
    wait_for(lambda: pair[1].count("answered") == sum(answered.count(SECOND) for answered, _ in results))
    return [in_vain for _, in_vain in results]


def test_one_dies_under_load_and_every_client_is_served(lan, hosts, pair):  # noqa: F811
    lose_the_first(lan, hosts, pair, lambda: pair[0].process.send_signal(signal.SIGKILL), 5)


def test_one_falls_silent_and_every_client_is_served_within_its_timeout(lan, hosts, far, pair):  # noqa: F811
    """Nothing tells the clients that it has gone: no reset, and their own link is up."""
    for in_vain in lose_the_first(lan, hosts, pair, lambda: ip(far, "link set b0 down"), 0.5):
        assert all(isinstance(error, TimeoutError) for error in in_vain), in_vain
