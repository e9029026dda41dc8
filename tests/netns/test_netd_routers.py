# SPDX-License-Identifier: MIT
"""netd asks routers: again when nobody answers, and no more when one does."""

import socket
import time

import pytest
from netns import Net, scaled, wait_until

ROUTER_SOLICITATION = 133


@pytest.fixture
def net(transcripts):
    net = Net(transcripts)
    net.join()
    yield net
    net.close()


class Router:
    """Hears the solicitations that come from no address, as netd's do (the kernel's have one), and advertises when told to."""

    def __init__(self, net, link="s-v0"):
        def listen():
            packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
            packets.bind((link, 0x86DD))
            packets.settimeout(0.2)
            return packets

        self._packets = net.server.inside(listen)

    def heard(self):
        """Whether one came within a moment."""
        try:
            frame = self._packets.recv(2048)
        except OSError:  # none, or the link was down meanwhile
            return False
        return frame[20] == 58 and frame[22:38] == bytes(16) and frame[54] == ROUTER_SOLICITATION

    def wait(self):
        wait_until("a solicitation", self.heard, 15)

    def count_for(self, seconds):
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            count += self.heard()
        return count

    def advertise(self, lifetime, routes=(), dns=None):
        """`routes`: destinations (/64) beyond it (RFC 4191), of infinite lifetime; `dns`: a server (RFC 8106)."""
        from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS, ICMPv6NDOptRouteInfo, IPv6
        from scapy.layers.l2 import Ether

        packet = (
            Ether(src="02:00:00:00:00:01", dst="33:33:00:00:00:01")
            / IPv6(src="fe80::1", dst="ff02::1", hlim=255)
            / ICMPv6ND_RA(routerlifetime=lifetime)
            / ICMPv6NDOptPrefixInfo(prefix="2001:db8:1::", prefixlen=64, L=1, A=1)
        )
        for route in routes:
            packet /= ICMPv6NDOptRouteInfo(plen=64, rtlifetime=0xFFFFFFFF, prefix=route)
        if dns:
            packet /= ICMPv6NDOptRDNSS(dns=[dns], lifetime=1800)
        self._packets.send(bytes(packet))

    def close(self):
        self._packets.close()


def test_routers_are_asked_until_one_is_found(net):
    router = Router(net)
    netd = net.netd()
    router.wait()
    router.wait()  # the first one was lost
    router.advertise(lifetime=0)  # a router of the link, but none that leads out of it
    wait_until("its prefix", lambda: netd.records("address", source="slaac"), 5)
    assert netd.records("gateway", source="ra") == []
    router.wait()
    router.advertise(lifetime=1800)
    wait_until("the router", lambda: netd.records("gateway", source="ra"), 5)
    router.count_for(scaled(0.5))  # what was on its way
    assert router.count_for(scaled(8)) == 0
    # The cable is pulled and plugged again: the router is still known, and asked all the same, until it is heard again.
    net.carrier("v0", False)
    wait_until("carrier lost", lambda: netd.records("link", dhcp4="down"), 5)
    net.carrier("v0", True)
    router.wait()
    router.wait()
    router.advertise(lifetime=1800)
    router.count_for(scaled(1.5))
    assert router.count_for(scaled(8)) == 0
    router.close()


def test_routers_that_are_not_wanted_are_not_asked(net):
    router = Router(net)
    netd = net.netd(network="link name=v0 ra=off\n")
    wait_until("the link", lambda: netd.records("address", source="link", flags=""), 8)
    assert router.count_for(scaled(2)) == 0
    router.close()


def test_routes_that_come_slowly_are_bounded_too(net):
    """A rate that is no flood, and routes that never end: the kernel would keep them all, and the report be full of them."""
    router = Router(net)
    netd = net.netd()
    router.wait()
    router.advertise(lifetime=1800, dns="2001:db8:1::53")
    wait_until("the router", lambda: netd.records("gateway", source="ra"), 5)

    def standing():
        return [line for line in net.client.ip("-6 route show").splitlines() if line.startswith("2001:db8:f")]

    def advertise(burst):
        router.advertise(lifetime=1800, dns="2001:db8:1::53", routes=[f"2001:db8:f{burst:x}{n:02x}::" for n in range(40)])

    advertise(0)
    wait_until("the first routes", lambda: len(standing()) == 40, 5)
    time.sleep(scaled(10.5))  # longer than the window in which they would be a flood
    advertise(1)
    wait_until("the routes to be few", lambda: len(standing()) == 8, 5)
    assert all(line.startswith("2001:db8:f0") for line in standing()), "those that were there first"
    time.sleep(scaled(10.5))
    advertise(2)  # not enough to be too many again
    wait_until("more routes", lambda: len(standing()) == 48, 5)
    assert [fields["address"] for fields in netd.records("dns", source="ra")] == ["2001:db8:1::53"]
    assert len(netd.records("gateway", source="ra")) == 1
    # Advertisements are heard all the while.
    router.advertise(lifetime=1800, dns="2001:db8:1::54")
    wait_until("another name server", lambda: netd.records("dns", address="2001:db8:1::54"), 5)
    router.close()
