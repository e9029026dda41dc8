# SPDX-License-Identifier: MIT
"""netd attacked: thc-ipv6's router flood, false router and denial of new addresses, messages to provoke, offers that are wrong in each of
the ways in which DHCP clients have been broken, and more link events than its socket holds.
"""

import re
import signal
import subprocess
import time

import peers
import pytest
from netns import ROUTER4, Net, wait_until
from test_netd import addresses, removals
from vitals import Vitals


@pytest.fixture
def net(transcripts):
    net = Net(transcripts)
    yield net
    net.close()


def attack(net, program, *arguments):
    peers.need("thc-ipv6")
    return net.spawn(net.server, program, peers.jailed([f"atk6-{program}", *arguments], f"{net.private}/jail-{program}"))[0]


def state_is_kept(net, netd, number):
    """A change elsewhere on the link is still published."""
    net.client.ip(f"address add 203.0.113.{number}/32 dev v0")
    wait_until("the state to follow", lambda: netd.records("address", address=f"203.0.113.{number}/32"), 10)


# Bytes: what netd takes while it takes routes away, 2,048 of them in a turn (kPrunedAtOnce).
PRUNED_AT_ONCE = 2048 * 104


def routes(net):
    return len(net.client.ip("-6 route show").splitlines())


@pytest.mark.alone
@pytest.mark.parametrize(
    "program, arguments",
    [
        ("flood_router26", ["s-v0"]),
        ("flood_router26", ["-s", "-m", "s-v0"]),
        ("fake_router26", ["-A", "2001:db8:bad::/64", "-R", "::/0", "-D", "2001:db8:bad::53", "-i", "1", "s-v0"]),
    ],
    ids=["flood", "flood-short-lifetimes", "false-router"],
)
def test_router_attacks(net, program, arguments):
    net.join()
    server = net.scripted(lease=60, t1=1, t2=30)
    netd = net.netd()
    lease = netd.wait_lease()
    monitor = net.watch_addresses()
    attacker = attack(net, program, *arguments)
    wait_until("the attack to arrive", lambda: addresses(net, family="inet6")[1:], 10)
    vitals = Vitals(netd.process.pid)
    renewals = len(server.requests())
    vitals.watch(4)
    wait_until("renewals under attack", lambda: len(server.requests()) >= renewals + 2, 10)
    state_is_kept(net, netd, 2)
    wait_until("the routes to be few", lambda: routes(net) < 400, 10)  # the kernel by itself takes tens of thousands
    assert attacker.poll() is None
    net.end(attacker)
    vitals.sample()
    assert netd.leases() == [lease]
    renewals = len(server.requests())
    wait_until("two more renewals", lambda: len(server.requests()) >= renewals + 2, 20)
    assert not [line for line in removals(monitor) if " 192.0.2." in line]
    assert len(netd.records("dns", source="ra")) <= 3
    state_is_kept(net, netd, 1)
    vitals.check(passing=PRUNED_AT_ONCE)
    netd.check_alive()


@pytest.mark.alone
def test_router_flood_while_netd_does_not_run(net):
    """A machine too busy to run netd: what the kernel took meanwhile is taken away in the end, however much it is."""
    net.join()
    net.scripted(lease=600)
    netd = net.netd()
    lease = netd.wait_lease()
    netd.process.send_signal(signal.SIGSTOP)
    try:
        attacker = attack(net, "flood_router26", "-s", "-m", "s-v0")
        wait_until("more routes than one turn takes away", lambda: routes(net) > 9000, 60)
    finally:
        netd.process.send_signal(signal.SIGCONT)
    wait_until("the routes to be pruned", lambda: routes(net) < 100, 60)
    assert attacker.poll() is None
    assert netd.leases() == [lease]
    state_is_kept(net, netd, 1)
    netd.check_alive()


def test_every_new_address_is_claimed(net):
    """Whatever address duplicate address detection asks for, the attacker has it: IPv6 fails, and IPv4 is served."""
    net.join()
    net.scripted(lease=60, t1=1, t2=30)
    net.radvd()
    attacker = attack(net, "dos-new-ip6", "s-v0")
    time.sleep(0.5)
    netd = net.netd()
    lease = netd.wait_lease()
    vitals = Vitals(netd.process.pid)
    vitals.watch(3)
    state_is_kept(net, netd, 1)
    assert attacker.poll() is None
    assert netd.leases() == [lease]
    usable = [a for a in addresses(net, family="inet6") if not a.get("dadfailed") and not a.get("tentative")]
    assert usable == []
    vitals.check()
    netd.check_alive()


def test_forced_renewal_is_ignored(net):
    """FORCERENEW without the proof of RFC 6704, to each address, while bound and while asking."""
    net.join()
    server = net.scripted(lease=600)
    netd = net.netd()
    netd.wait_lease()
    before = len(server.seen)

    def force():
        for destination in ("255.255.255.255", "192.0.2.107"):
            frame = server.reply(server.seen[-1], 9)
            frame["IP"].dst = destination
            frame["BOOTP"].yiaddr = "0.0.0.0"
            server.raw_send(bytes(frame))

    for _ in range(20):
        force()
        time.sleep(0.05)
    assert len(server.seen) == before
    assert netd.records("link", dhcp4="bound")
    server.silent = True
    net.carrier("v0", False)
    wait_until("carrier lost", lambda: netd.records("link", dhcp4="down"), 3)
    net.carrier("v0", True)
    wait_until("it asks", lambda: len(server.seen) > before, 3)
    for _ in range(20):
        force()
    server.silent = False
    netd.wait_lease("192.0.2.107")
    netd.check_alive()


# Wrong in one way each, put behind the message type and the server: (what, options). The letters are classes of bugs that DHCP clients
# have had: A a fixed-width option of another width, B lengths past the end, D overload, F names, G no length at all, K times,
# L strings that somebody may let a shell or a file see, P codes that nobody defined.
def option(code, value):
    return bytes([code, len(value)]) + value


END = b"\xff"
WRONG_OPTIONS = {
    **{f"A-mask-{size}": option(1, b"\xff" * size) + END for size in (0, 3, 5, 255)},
    **{f"A-{name}-{size}": option(code, b"\x01" * size) + END for name, code in (("lease", 51), ("t1", 58), ("t2", 59), ("mtu", 26))
       for size in (0, 1, 3, 5)},
    **{f"A-{name}-{size}": option(code, b"\xc0" * size) + END for name, code in (("router", 3), ("dns", 6), ("ntp", 42)) for size in (0, 3, 7)},
    "B-past-the-end": b"\x0f\xff" + b"a" * 10,
    "B-code-alone": b"\x0f",
    "B-no-end": option(15, b"example.org"),
    "D-overload-of-both": option(52, b"\x03") + END,
    "D-overload-of-nothing": option(52, b"\x00") + END,
    "D-overload-unknown": option(52, b"\xff") + END,
    "D-overload-long": option(52, b"\x01\x02") + END,
    "D-pads": b"\0" * 200 + END,
    "F-pointer-to-itself": option(119, b"\xc0\x00") + END,
    "F-pointer-forward": option(119, b"\x01a\xc0\x40") + END,
    "F-label-too-long": option(119, b"\x40" + b"a" * 64 + b"\0") + END,
    "F-no-end-of-name": option(119, b"\x03abc") + END,
    "F-name-too-long": option(119, b"\x3f" + b"a" * 63 + b"\x3f" + b"b" * 63 + b"\x3f" + b"c" * 63) + option(119, b"\x3f" + b"d" * 63 + b"\0") + END,
    "F-a-pointer-for-each-byte": option(119, b"\xc0\x00" * 100) + END,
    "G-no-lengths": b"".join(option(code, b"") for code in range(1, 255) if code not in (53, 54, 51)) + END,
    "K-no-time": option(51, b"\0\0\0\0") + END,
    "K-t1-after-t2": option(58, b"\0\0\x01\0") + option(59, b"\0\0\0\x01") + END,
    "K-t1-for-ever": option(58, b"\xff" * 4) + option(59, b"\xff" * 4) + END,
    "L-shell": option(15, b"x;$(touch /tmp/x)`id`") + option(12, b"() { :;}; id") + END,
    "L-newline": option(15, b"x.example\nnameserver 203.0.113.66") + END,
    "L-path": option(15, b"../../etc/passwd") + option(12, b"../../x") + option(67, b"/etc/shadow") + END,
    "L-zero": option(15, b"example.org\0\0\0") + option(12, b"\0") + END,
    "L-control": option(15, bytes(range(1, 32))) + END,
    "P-every-code": b"".join(option(code, b"\x01") for code in range(1, 255) if code not in (1, 3, 51, 52, 53, 54)) + END,
}
RESOLVER_LINE = re.compile(r"search( [A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)+|nameserver [0-9.]+")


def wrong_frame(server, packet, kind, wrong, lease=b""):
    from scapy.layers.dhcp import DHCP
    from scapy.packet import Raw

    start = option(53, bytes([kind])) + option(54, bytes(int(part) for part in ROUTER4.split("."))) + lease
    frame = server.reply(packet, "offer")
    frame[DHCP].underlayer.remove_payload()
    frame["BOOTP"].sname, frame["BOOTP"].file = b"\x0f\xff" + b"a" * 62, b"\x34\x01\x03" * 42
    return bytes(frame / Raw(b"\x63\x82\x53\x63" + start + wrong))


def wrong_frames(server, packet, kind):
    """None of them holds a lease: nothing of them may be used."""
    for wrong in WRONG_OPTIONS.values():
        yield wrong_frame(server, packet, kind, wrong)
    good = bytes(server.reply(packet, "offer" if kind == 2 else "ack"))
    for length in (0, 7, 8, 100, 0xFFFF):  # UDP's length
        yield good[:38] + length.to_bytes(2, "big") + b"\0\0" + good[42:]
    for length in (0, 19, 20, 28, 0xFFFF):  # IP's, whose checksum is then wrong as well
        yield good[:16] + length.to_bytes(2, "big") + good[18:]
    for other in (*range(9, 20), 0, 255):  # message types
        yield good.replace(b"\x63\x82\x53\x63\x35\x01" + bytes([kind]), b"\x63\x82\x53\x63\x35\x01" + bytes([other]))


def test_wrong_offers_and_acknowledgements(net):
    """Each comes before a good one, offer and acknowledgement, at the first lease, and the acknowledgements at renewals as well."""
    net.join()
    server = net.scripted(lease=60, t1=1, t2=30)
    sent = []

    def wrong_first(good):
        kind = {1: 2, 3: 5}[server.kind_of(server.seen[-1])]
        frames = list(wrong_frames(server, server.seen[-1], kind))
        sent.append(len(frames))
        return [*frames, good]

    server.mangle = wrong_first
    netd = net.netd()
    netd.wait_lease("192.0.2.107")
    vitals = Vitals(netd.process.pid)
    wait_until("three renewals", lambda: len(server.requests()) >= 4, 20)
    assert len(sent) >= 4 and min(sent) > 70
    assert netd.leases() == ["192.0.2.107/24"]
    for line in netd.resolver().splitlines():
        assert RESOLVER_LINE.fullmatch(line), line
    assert "203.0.113.66" not in netd.resolver()
    vitals.check()
    netd.check_alive()
    server.mangle = None
    wait_until("two honest renewals", lambda: len(server.requests()) >= 6, 10)
    assert netd.leases() == ["192.0.2.107/24"]
    wait_until("the honest domain", lambda: netd.resolver() == f"search example.org\nnameserver {ROUTER4}\n", 5)


def test_wrong_options_in_a_lease(net):
    """With a lease time each is a lease but for one thing wrong: the client takes it without that, or waits for the good one that follows.
    In the end there is an address, and nothing of a server's words in the resolver's file but names and addresses."""
    net.join()
    server = net.scripted(lease=600)
    for name, wrong in WRONG_OPTIONS.items():

        def wrong_first(good):
            kind = {1: 2, 3: 5}[server.kind_of(server.seen[-1])]
            return [wrong_frame(server, server.seen[-1], kind, wrong, option(51, b"\0\0\x02\x58")), good]  # noqa: B023

        server.mangle = wrong_first
        netd = net.netd(name=f"netd-{name}")
        assert netd.wait_lease("192.0.2.107"), name
        time.sleep(0.05)  # the good one has come as well
        netd.check_alive()
        for line in netd.resolver().splitlines():
            assert RESOLVER_LINE.fullmatch(line), (name, line)
        assert "203.0.113.66" not in netd.resolver(), name
        assert netd.stop() == 0, name
        (netd.run_folder / "netd" / "state").unlink()
        net.client.ip("-4 address flush dev v0")
    assert len(server.requests()) >= len(WRONG_OPTIONS)


def dump(net):
    """What `ip` says of the links v*: (name, MTU, hardware address); (link, address); (link, gateway, metric)."""
    links = {(link["ifname"], str(link["mtu"]), link["address"]) for link in net.client.ip_json("link show") if link["ifname"].startswith("v")}
    found = {
        (entry["ifname"], f"{a['local']}/{a['prefixlen']}")
        for entry in net.client.ip_json("address show") if entry["ifname"].startswith("v") for a in entry["addr_info"]
    }
    routes = {
        (route["dev"], route["gateway"], str(route["metric"]))
        for family in ("-4", "-6") for route in net.client.ip_json(f"{family} route show default") if "gateway" in route
    }
    return links, found, routes


def published(netd):
    names = {link["index"]: link["name"] for link in netd.records("link")}
    name = lambda link: names.get(link, link)  # noqa: E731  records name their link by index or by name
    links = {(link["name"], link["mtu"], link["mac"]) for link in netd.records("link")}
    found = {(name(a["link"]), a["address"]) for a in netd.records("address")}
    routes = {(name(g["link"]), g["address"], g["metric"]) for g in netd.records("gateway")}
    return links, found, routes


def test_ten_thousand_link_events(net):
    """Some as they come, most while it cannot read and its buffer runs over: in the end it knows what is there."""
    net.join("v0")
    net.join("v1", "198.51.100.1/24", None)
    net.dnsmasq("--dhcp-option=option:router,192.0.2.1")
    netd = net.netd("v0", "v1")
    netd.wait_lease()
    wait_until("v1 to be asking", lambda: netd.records("link", name="v1", dhcp4="selecting"), 5)

    def storm(count, seed):
        lines = []
        for n in range(count // 5):
            lines += [
                f"link set v1 mtu {1300 + n % 100}",
                f"link set v1 address 02:00:00:00:{seed:02x}:{n % 256:02x}" if n % 50 == 0 else f"link set v1 txqueuelen {100 + n % 7}",
                f"address add 203.0.113.{n % 250 + 1}/32 dev v1",
                f"address add 2001:db8:9::{n:x}/128 dev v0 nodad" if n % 200 == 0 else f"link set v0 mtu {1400 + n % 100}",
                f"address del 203.0.113.{n % 250 + 1}/32 dev v1" if n % 40 else f"link set v1 mtu {1400 + n % 100}",
            ]
        path = f"{net.private}/batch"
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        subprocess.run(net.client.prefix() + ["ip", "-force", "-batch", path], check=False, capture_output=True)

    storm(1000, 1)
    wait_until("v1 to be asking again", lambda: published(netd) == dump(net) and netd.records("link", name="v1", dhcp4="selecting"), 10, step=0.2)
    vitals = Vitals(netd.process.pid)
    storm(2000, 2)
    netd.process.send_signal(signal.SIGSTOP)
    storm(7000, 3)
    net.client.ip("link set v0 mtu 1400")
    net.client.ip("address add 192.0.2.201/24 dev v0")
    netd.process.send_signal(signal.SIGCONT)
    wait_until("the loss to be noticed", lambda: netd.log.find("notifications lost: reading all tables anew"), 10)
    wait_until("its state to be what the kernel has", lambda: published(netd) == dump(net), 10, step=0.2)
    netd.wait_lease()
    vitals.check()
    netd.check_alive()
