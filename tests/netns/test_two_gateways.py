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


@pytest.fixture
def pair(lan, tmp_path, transcripts):  # noqa: F811
    """Two gatewayd, each on an address of its own."""
    made = []
    with open(os.path.join(transcripts, "gatewayd.log"), "wb") as log:
        for address in (FIRST, SECOND):
            subprocess.run(["ip", "-n", lan[0], "address", "add", f"{address}/24", "dev", "g0"], check=True)
            folder = tmp_path / address
            folder.mkdir()
            config = Gateway.LIMITS + f"listener pool=kms port=1688 address={address}\n"
            made.append(Gateway(lan[0], folder, log, ["--upstream", LAN4], config))
        yield made
        for one in made:
            one.stop()


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


def activate(lan, hosts, seed, end):  # noqa: F811
    """Activations, one after the other, until `end`: each host in its turn. (answered by which host, hosts that were tried in vain)"""
    answered, in_vain = [], 0
    while time.monotonic() < end:
        for host in hosts:
            try:
                one = rpc.rpc_exchange((host, 1688), seed.to_bytes(4, "big") + os.urandom(12), netns=lan[1], timeout=5)
            except OSError:
                in_vain += 1
                continue
            assert one.stub
            answered.append(host)
            break
        else:
            raise AssertionError("no gateway answered a client")
    return answered, in_vain


def test_one_dies_under_load_and_every_client_is_served(lan, upstream, dnsmasq, pair):  # noqa: F811
    upstream(LAN4)
    dnsmasq(*(f"--srv-host=_vlmcs._tcp.{DOMAIN},gateway{n}.{DOMAIN},1688,{n},0" for n in (0, 1)),
            f"--host-record=gateway0.{DOMAIN},{FIRST}", f"--host-record=gateway1.{DOMAIN},{SECOND}")
    hosts = hosts_by_priority(lan)
    assert hosts == [FIRST, SECOND]
    end = time.monotonic() + SECONDS
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(activate, lan, hosts, n, end) for n in range(CLIENTS)]
        wait_for(lambda: pair[0].count("answered") >= 4 * CLIENTS)
        assert pair[1].count("total") == 0  # the first priority alone is asked
        pair[0].process.send_signal(signal.SIGKILL)
        results = [one.result() for one in running]
    for answered, in_vain in results:
        assert answered[0] == FIRST and answered[-1] == SECOND
        assert answered == sorted(answered)  # never back: it is dead
        assert in_vain >= 1
    wait_for(lambda: pair[1].count("answered") == sum(answered.count(SECOND) for answered, _ in results))
