# SPDX-License-Identifier: MIT
"""gatewayd's resolver between real sockets: dnsmasq, and servers that lie or fail as a test says. The namespaces and programs are those
of test_gatewayd.py."""

import pytest
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
