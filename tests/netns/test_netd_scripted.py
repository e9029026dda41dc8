# SPDX-License-Identifier: MIT
"""netd against a scripted DHCP server: what real servers seldom do, and what hostile ones do."""

import random
import time

import pytest
from netns import ROUTER4, Net, wait_until
from test_netd import addresses, defaults, removals


@pytest.fixture
def net(transcripts):
    net = Net(transcripts)
    net.join()
    yield net
    net.close()


def test_renewal_is_unicast_and_rebinding_broadcast(net):
    server = net.scripted(lease=60, t1=1, t2=2)
    netd = net.netd()
    netd.wait_lease()
    server.silent = True
    before = len(server.requests())
    wait_until("renewal and rebinding", lambda: len(server.requests()) >= before + 2, 10)
    renewal, rebinding = server.requests()[before : before + 2]
    assert renewal["IP"].dst == ROUTER4 and rebinding["IP"].dst == "255.255.255.255"
    for packet in (renewal, rebinding):
        assert packet["IP"].src == packet["BOOTP"].ciaddr == "192.0.2.107"
        assert server.option(packet, "requested_addr") is None and server.option(packet, "server_id") is None
        assert packet["BOOTP"].flags == 0


def test_expiry_without_server_and_its_return(net):
    server = net.scripted(lease=4)
    netd = net.netd()
    netd.wait_lease()
    server.silent = True
    wait_until("the lease to end", lambda: not netd.leases(), 8)
    assert addresses(net) == [] and defaults(net) == []
    netd.log.wait("lease expired")
    assert netd.resolver() == ""
    server.silent = False
    netd.wait_lease(timeout=9)


def test_refusal_leads_to_the_new_address(net):
    server = net.scripted(lease=60, t1=1, t2=30)
    netd = net.netd()
    netd.wait_lease("192.0.2.107")
    server.gives = "192.0.2.140"
    netd.wait_lease("192.0.2.140")
    netd.log.wait("refused by the server")
    assert [a["local"] for a in addresses(net)] == ["192.0.2.140"]
    [route] = defaults(net)
    assert route["prefsrc"] == "192.0.2.140"


def test_renewal_that_moves_the_address(net):
    """A server that acknowledges another address: the old one goes, the new one and its routes stand."""
    server = net.scripted(lease=60, t1=1, t2=30)
    netd = net.netd()
    netd.wait_lease("192.0.2.107")

    def other(frame):
        return [bytes(server.reply(server.seen[-1], "ack"))]

    server.mangle = other
    server.gives = "192.0.2.150"
    netd.wait_lease("192.0.2.150")
    assert [a["local"] for a in addresses(net)] == ["192.0.2.150"]
    [route] = defaults(net)
    assert route["prefsrc"] == "192.0.2.150"
    assert net.client.ip_json("-4 route show 192.0.2.0/24")


def test_short_carrier_loss_keeps_and_confirms_the_address(net):
    server = net.scripted(lease=600)
    netd = net.netd()
    netd.wait_lease()
    monitor = net.watch_addresses()
    before = len(server.seen)
    net.carrier("v0", False)
    wait_until("carrier lost", lambda: netd.records("link", dhcp4="down"), 3)
    time.sleep(0.5)  # well within the grace of three seconds
    net.carrier("v0", True)
    wait_until("confirmed", lambda: netd.records("link", dhcp4="bound"), 3)
    [confirmation] = server.seen[before:]
    assert server.kind_of(confirmation) == 3
    assert server.option(confirmation, "requested_addr") == "192.0.2.107"
    assert server.option(confirmation, "server_id") is None and confirmation["BOOTP"].ciaddr == "0.0.0.0"
    assert removals(monitor) == []
    assert len(defaults(net)) == 1


def test_long_carrier_loss_withdraws_then_confirms(net):
    server = net.scripted(lease=600)
    netd = net.netd()
    netd.wait_lease()
    net.carrier("v0", False)
    wait_until("the address to go", lambda: not addresses(net), 6)
    assert defaults(net) == []
    before = len(server.seen)
    net.carrier("v0", True)
    netd.wait_lease("192.0.2.107")
    assert [server.kind_of(packet) for packet in server.seen[before:]] == [3]
    assert len(defaults(net)) == 1


def test_lease_of_32_bits_with_gateway_outside(net):
    net.scripted(gives="203.0.113.7", mask="255.255.255.255", options=[("router", "192.0.2.1")])
    netd = net.netd()
    assert netd.wait_lease() == "203.0.113.7/32"
    [route] = defaults(net)
    assert route["gateway"] == "192.0.2.1" and "onlink" in route["flags"]


def test_classless_routes_replace_the_router(net):
    routes = bytes([24, 198, 51, 100, 192, 0, 2, 2, 0, 192, 0, 2, 254, 32, 203, 0, 113, 9, 0, 0, 0, 0])
    net.scripted(options=[("router", ROUTER4), (121, routes)])
    netd = net.netd()
    netd.wait_lease()
    [default] = defaults(net)
    assert default["gateway"] == "192.0.2.254"
    assert net.client.ip_json("-4 route show 198.51.100.0/24")[0]["gateway"] == "192.0.2.2"
    assert net.client.ip_json("-4 route show 203.0.113.9")[0]["scope"] == "link"


def test_what_others_set_stays(net):
    server = net.scripted(lease=60, t1=1, t2=30)
    netd = net.netd()
    netd.wait_lease()
    net.client.ip("address add 198.51.100.5/24 dev v0")
    net.client.ip("route add 203.0.113.0/24 via 198.51.100.1 dev v0")
    server.gives = "192.0.2.141"
    netd.wait_lease("192.0.2.141")
    assert sorted(a["local"] for a in addresses(net)) == ["192.0.2.141", "198.51.100.5"]
    assert net.client.ip_json("-4 route show 203.0.113.0/24")


def test_refusals_for_ever_are_bounded(net):
    server = net.scripted()
    server.refuses = True
    netd = net.netd()
    time.sleep(6)  # a fixed time: the bound is for that
    netd.check_alive()
    assert 2 <= len(server.seen) <= 12
    server.refuses = False
    netd.wait_lease(timeout=10)


def test_the_first_discover_is_lost(net):
    server = net.scripted()
    server.silent = True
    netd = net.netd()
    wait_until("the first DISCOVER", lambda: server.seen, 3)
    server.silent = False
    netd.wait_lease()
    assert [server.kind_of(packet) for packet in server.seen] == [1, 1, 3]  # the second DISCOVER is answered


# Counts how often the state file is replaced, and says so each time (inotify by way of the C library).
WATCH_STATE = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
fd = libc.inotify_init()
libc.inotify_add_watch(fd, sys.argv[1].encode(), 0x80)
count = 0
while True:
    count += os.read(fd, 65536).count(b"state\\0")
    print(count, flush=True)
"""

HOSTILE_OPTIONS = [
    b"\x35\x01\x02",  # an offer that says nothing more
    b"\x35\x01\x02\x36\x04\xc0\x00\x02\x01\x33\x04\x00\x00\x00\x3c\x01\x03\xff\xff\xff",  # a mask of three bytes
    b"\x35\x01\x02\x36\x04\xc0\x00\x02\x01\x33\x04\x00\x00\x00\x00",  # a lease of no time
    b"\x35\x01\x02\x36\xff",  # runs past the end
    b"\x35\x00",  # a type without a value
    b"\x35\x01\x02\x34\x01\x03" + b"\x77\x02\xc0\x00",  # overload of what is not there, a name that points at itself
    b"\x35\x01\x05\x36\x04\xc0\x00\x02\x01\x33\x04\xff\xff\xff\xff",  # an acknowledgement nobody asked for
    b"\x35\x01\x06\x36\x04\xc0\x00\x02\x01",  # a refusal nobody asked for
    b"\x79\x05\x21\x01\x02\x03\x04" * 40,  # routes of 33 bits
    b"\x00" * 300,
    b"\xff" * 300,
    b"",
]


@pytest.mark.alone
def test_a_flood_of_advertisements_is_borne(net):
    """A router that flaps, and a thousand with a DNS server and a prefix each: bounded tables, a report now and then, DHCP all the same."""
    from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS, IPv6
    from scapy.layers.l2 import Ether

    server = net.scripted()
    server.silent = True
    netd = net.netd()
    wait_until("the link to run", lambda: netd.records("address", source="link"), 5)
    published = net.spawn(net.client, "inotify", ["/usr/bin/python3", "-c", WATCH_STATE, str(netd.run_folder / "netd")])[1]
    began = time.monotonic()

    def advertisement(n, lifetime=600):
        options = ICMPv6NDOptPrefixInfo(prefix=f"2001:db8:{n:x}::", prefixlen=64) / ICMPv6NDOptRDNSS(dns=[f"2001:db8::{n:x}"], lifetime=lifetime)
        header = Ether(src="02:00:00:00:00:01", dst="33:33:00:00:00:01") / IPv6(src=f"fe80::{n:x}", dst="ff02::1", hlim=255)
        return bytes(header / ICMPv6ND_RA(routerlifetime=600) / options)

    flapping = [advertisement(1, 600), advertisement(1, 0)]
    for turn in range(2000):  # a router that cannot make up its mind
        server.raw_send(flapping[turn % 2])
        time.sleep(0.001)
    for n in range(1000):
        server.raw_send(advertisement(n + 1))
    server.silent = False
    netd.wait_lease(timeout=10)
    assert len(netd.records("dns", source="ra")) == 3
    assert netd.resolver().count("nameserver") == 3
    assert len(netd.records("address", source="slaac")) <= 16  # the kernel's own limit
    changes = max((int(line) for _, line in published.lines()), default=0)
    assert 1 <= changes <= 20 + 4 * (time.monotonic() - began), changes  # a burst, then four a second
    netd.check_alive()


def test_hostile_packets_do_no_harm(net):
    """Every cut of a good offer, wrong options, and two thousand mutations, for the right transaction; then an honest server."""
    server = net.scripted()
    server.silent = True
    netd = net.netd()
    wait_until("a DISCOVER", lambda: server.seen, 3)
    generator = random.Random(20261123)
    good = bytes(server.reply(server.seen[-1], "offer"))
    for size in range(0, len(good), 3):
        server.raw_send(good[:size] + bytes(max(0, 14 - size)))
    for options in HOSTILE_OPTIONS:
        frame = server.reply(server.seen[-1], "offer")
        from scapy.layers.dhcp import DHCP
        from scapy.packet import Raw

        frame[DHCP].underlayer.remove_payload()
        frame = frame / Raw(b"\x63\x82\x53\x63" + options)
        server.raw_send(bytes(frame))
    for turn in range(2000):
        if turn % 100 == 0:
            good = bytes(server.reply(server.seen[-1], generator.choice(["offer", "ack", "nak"])))
        frame = bytearray(good)
        for _ in range(generator.randint(1, 8)):
            frame[generator.randrange(14, len(frame))] = generator.randrange(256)
        frame[40:42] = b"\0\0"  # no UDP checksum: let it reach the parser
        header = frame[14:24] + b"\0\0" + frame[26:34]
        total = sum(header[i] << 8 | header[i + 1] for i in range(0, 20, 2))
        total = (total & 0xFFFF) + (total >> 16)
        total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        frame[24:26] = total.to_bytes(2, "big")
        server.raw_send(bytes(frame))
    netd.check_alive()
    server.silent = False
    netd.wait_lease(timeout=70)
    netd.check_alive()
