# SPDX-License-Identifier: MIT
"""netd's links beyond a plain lease: addresses by hand, fallback, conflicts, link-local addresses, several links, MTU, release."""

import socket
import subprocess
import time
import urllib.parse

import pytest
from netns import ROUTER4, ROUTER6, Net, scaled, wait_until
from test_netd import addresses, defaults, removals

STATIC = """\
link name=v0 dhcp4=off dhcp6=off ra=off
address link=v0 address=192.0.2.5/24
address link=v0 address=2001:db8:1::5/64
route link=v0 destination=default gateway=192.0.2.1
route link=v0 destination=default6 gateway=2001:db8:1::1
route link=v0 destination=198.51.100.0/24 gateway=192.0.2.9
dns link=v0 address=192.0.2.53
search link=v0 name=static.example.org
"""


@pytest.fixture
def net(transcripts):
    net = Net(transcripts)
    net.join()
    yield net
    net.close()


def arp(net, sender, target="0.0.0.0", mac="02:00:00:00:00:99", link="s-v0"):
    """Sends one ARP announcement or probe from the server's side."""
    raw = lambda text: socket.inet_aton(text)  # noqa: E731
    octets = bytes.fromhex(mac.replace(":", ""))
    frame = b"\xff" * 6 + octets + bytes.fromhex("0806" "0001" "0800" "06" "04" "0001") + octets + raw(sender) + bytes(6) + raw(target)

    def send():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as packets:
            packets.bind((link, 0))
            packets.send(frame)

    net.server.inside(send)


def arp_listener():
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    packets.bind(("s-v0", 0x0806))
    packets.settimeout(0.2)
    return packets


def claims_of(address, packets, end):
    """The senders of the requests for this address that were heard until then: nobody's is a probe, its own an announcement."""
    heard = []
    while time.monotonic() < end:
        try:
            frame = packets.recv(64)
        except OSError:
            continue
        if frame[14:22] == bytes.fromhex("0001080006040001") and socket.inet_ntoa(frame[38:42]) == address:
            heard.append(socket.inet_ntoa(frame[28:32]))
    return heard


def test_static_addresses(net):
    server = net.scripted()
    netd = net.netd(network=STATIC)
    wait_until("both addresses", lambda: len(netd.records("address", source="static")) == 2, 5)
    assert [a["local"] for a in addresses(net)] == ["192.0.2.5"]
    [route] = defaults(net)
    assert route["gateway"] == ROUTER4
    [route6] = defaults(net, "-6")
    assert route6["gateway"] == "2001:db8:1::1"
    assert net.client.ip_json("-4 route show 198.51.100.0/24")[0]["gateway"] == "192.0.2.9"
    assert netd.records("route", destination="198.51.100.0/24")[0]["source"] == "static"
    wait_until("the resolver", lambda: netd.resolver() == "search static.example.org\nnameserver 192.0.2.53\n", 3)
    net.client.run("ping", "-c1", "-W2", ROUTER4)
    assert server.seen == []  # DHCP is off


def test_what_somebody_deletes_comes_back(net):
    netd = net.netd(network=STATIC)
    wait_until("the addresses", lambda: len(netd.records("address", source="static")) == 2, 5)
    net.client.ip("address del 192.0.2.5/24 dev v0")
    wait_until("the address again", lambda: [a["local"] for a in addresses(net)] == ["192.0.2.5"], 5)
    wait_until("its routes again", lambda: len(defaults(net)) == 1 and net.client.ip_json("-4 route show 198.51.100.0/24"), 10)
    net.client.ip("route del default dev v0")
    wait_until("the route again", lambda: len(defaults(net)) == 1, 5)


def test_a_broken_specification_leaves_the_defaults(net):
    net.scripted()
    netd = net.netd(network="link name=v0 dhcp4=maybe\n")
    netd.wait_lease()
    netd.log.wait("network:1: dhcp4 neither on nor off")


def test_fallback_until_a_server_answers(net):
    server = net.scripted()
    server.silent = True
    netd = net.netd(network="link name=v0 use=fallback\naddress link=v0 address=198.51.100.5/24\n")
    wait_until("the fallback", lambda: [a["local"] for a in addresses(net)] == ["198.51.100.5"], 5)
    asked = len(server.seen)
    wait_until("DHCP to ask on", lambda: len(server.seen) > asked, 10)
    server.silent = False
    netd.wait_lease("192.0.2.107", timeout=10)
    wait_until("the fallback to go", lambda: [a["local"] for a in addresses(net)] == ["192.0.2.107"], 5)


def test_name_servers_and_domains_by_hand_replace_what_is_learnt(net):
    net.dnsmasq("--dhcp-option=option:dns-server,192.0.2.53", "--domain=example.org")
    net.radvd()
    told = lambda kind: {(r["source"], r.get("address") or r["name"]) for r in netd.records(kind)}  # noqa: E731
    netd = net.netd(network="link name=v0\ndns link=v0 address=192.0.2.99\n")
    netd.wait_lease()
    # What the same advertisement brought is told, so its name server was heard.
    wait_until("both domains", lambda: told("domain") == {("dhcp", "example.org"), ("ra", "ra.example.org")}, 10)
    assert told("dns") == {("static", "192.0.2.99")}
    wait_until("the resolver", lambda: netd.resolver() == "search example.org ra.example.org\nnameserver 192.0.2.99\n", 3)
    netd.stop()
    netd = net.netd(name="netd-search", network="link name=v0\nsearch link=v0 name=own.example.org\n")
    netd.wait_lease()
    wait_until("both name servers", lambda: told("dns") == {("dhcp", "192.0.2.53"), ("ra", ROUTER6)}, 10)
    assert told("domain") == {("static", "own.example.org")}
    wait_until("the resolver", lambda: netd.resolver() == f"search own.example.org\nnameserver 192.0.2.53\nnameserver {ROUTER6}\n", 3)


def test_links_with_the_same_metric_have_a_default_route_each(net):
    net.join("v1", "198.51.100.1/24", None)
    common = "dhcp4=off dhcp6=off ra=off metric=50\n"
    text = f"link name=v0 {common}address link=v0 address=192.0.2.5/24\nroute link=v0 destination=default gateway=192.0.2.1\n"
    text += f"link name=v1 {common}address link=v1 address=198.51.100.5/24\nroute link=v1 destination=default gateway=198.51.100.1\n"
    netd = net.netd("v0", "v1", network=text)
    wait_until("both routes", lambda: {route["dev"]: route["metric"] for route in defaults(net)} == {"v0": 50, "v1": 51}, 5)
    assert {gateway["address"]: gateway["metric"] for gateway in netd.records("gateway")} == {"192.0.2.1": "50", "198.51.100.1": "51"}
    # What the one has left the next that wants it gets; the other keeps its own.
    net.client.ip("link delete v0")
    wait_until("the route to go", lambda: {route["dev"]: route["metric"] for route in defaults(net)} == {"v1": 51}, 5)
    net.join("v0")
    wait_until("both routes", lambda: {route["dev"]: route["metric"] for route in defaults(net)} == {"v0": 50, "v1": 51}, 5)


def test_a_link_that_is_configured_and_not_there_is_told_until_it_comes(net):
    netd = net.netd("v0", "v1", network="link name=v0 metric=50\nlink name=ens192 dhcp4=off\nlink mac=02:00:00:00:00:77\nlink name=v1\n")
    assert netd.records("problem") == [], "there is time for it to come"
    told = lambda: sorted(urllib.parse.unquote(record["text"]) for record in netd.records("problem"))  # noqa: E731
    missing = ["link 02:00:00:00:00:77 is configured, but is not here", "link ens192 is configured, but is not here"]
    wait_until("what is not there", lambda: told() == [*missing, "link v1 is configured, but is not here"], 15)
    net.join("v1", "198.51.100.1/24", None)
    wait_until("v1 to be there", lambda: told() == missing, 5)
    assert len(netd.log.find("is configured, but is not here")) == 3


@pytest.mark.parametrize("third", [True, False], ids=["present", "absent"])
def test_a_link_whose_metric_is_taken_leaves_those_that_others_are_given(net, third):
    text = ""
    for place, (network, metric) in enumerate((("192.0.2", 50), ("198.51.100", 50), ("203.0.113", 51))):
        text += f"link name=v{place} dhcp4=off dhcp6=off ra=off metric={metric}\naddress link=v{place} address={network}.5/24\n"
        text += f"route link=v{place} destination=default gateway={network}.1\n"
    net.join("v1", "198.51.100.1/24", None)
    if third:
        net.join("v2", "203.0.113.1/24", None)
    net.netd("v0", "v1", "v2", network=text)
    wanted = {"v0": 50, "v1": 52} | ({"v2": 51} if third else {})
    wait_until("their routes", lambda: {route["dev"]: route["metric"] for route in defaults(net)} == wanted, 5)
    if not third:  # what was kept for it is free when it comes
        net.join("v2", "203.0.113.1/24", None)
        wait_until("the third route", lambda: {route["dev"]: route["metric"] for route in defaults(net)} == wanted | {"v2": 51}, 5)


def test_a_conflict_is_declined_and_leads_to_another_address(net):
    server = net.scripted()
    netd = net.netd()
    netd.wait_lease("192.0.2.107")
    server.gives = "192.0.2.140"
    arp(net, "192.0.2.107")  # another has it, while it is being checked
    wait_until("the DECLINE", lambda: [p for p in server.seen if server.kind_of(p) == 4], 5)
    [decline] = [p for p in server.seen if server.kind_of(p) == 4]
    assert server.option(decline, "requested_addr") == "192.0.2.107"
    assert server.option(decline, "server_id") == ROUTER4
    wait_until("the address to go", lambda: addresses(net) == [], 5)
    netd.log.wait("192.0.2.107 is in use by 02:00:00:00:00:99")
    netd.wait_lease("192.0.2.140", timeout=20)  # after a pause of ten to fifteen seconds


def test_probes_and_announcements_are_seen(net):
    net.scripted()
    packets = net.server.inside(arp_listener)
    netd = net.netd()
    netd.wait_lease("192.0.2.107")
    heard = claims_of("192.0.2.107", packets, time.monotonic() + scaled(7))
    packets.close()
    # What netd sends to everybody; the kernel asks for nobody at this address.
    assert heard.count("0.0.0.0") == 3, heard
    assert heard.count("192.0.2.107") == 2, heard


def test_a_later_conflict_is_defended_once(net):
    server = net.scripted()
    netd = net.netd()
    netd.wait_lease("192.0.2.107")
    time.sleep(scaled(7))  # probes and announcements are over
    arp(net, "192.0.2.107")
    time.sleep(scaled(1))
    assert [a["local"] for a in addresses(net)] == ["192.0.2.107"]
    arp(net, "192.0.2.107")
    wait_until("the DECLINE", lambda: [p for p in server.seen if server.kind_of(p) == 4], 5)


def test_an_address_by_hand_is_defended_and_kept(net):
    packets = net.server.inside(arp_listener)
    netd = net.netd(network=STATIC)
    [record] = wait_until("the address", lambda: netd.records("address", address="192.0.2.5/24"), 5)
    assert "also-used-by" not in record
    end = time.monotonic() + scaled(7)
    heard = claims_of("192.0.2.5", packets, end)
    assert (heard.count("0.0.0.0"), heard.count("192.0.2.5")) == (3, 2), heard  # probed and announced
    for _ in range(5):
        arp(net, "192.0.2.5")
    [record] = wait_until("the conflict to be told", lambda: netd.records("address", **{"also-used-by": "02:00:00:00:00:99"}), 5)
    assert record["address"] == "192.0.2.5/24" and int(record["conflict-ms"]) >= int(record["since-ms"])
    assert claims_of("192.0.2.5", packets, time.monotonic() + scaled(2)) == ["192.0.2.5"]  # one defence, not five
    netd.log.wait("192.0.2.5 is in use by 02:00:00:00:00:99 as well: kept")
    assert [a["local"] for a in addresses(net)] == ["192.0.2.5"]
    # The cable is pulled and plugged again: it is asked for anew, and nobody has it.
    net.carrier("v0", False)
    wait_until("no carrier", lambda: "LOWER_UP" not in netd.records("link")[0]["flags"], 5)
    net.carrier("v0", True)
    wait_until("the conflict to be over", lambda: not netd.records("address", **{"also-used-by": "02:00:00:00:00:99"}), 5)
    packets.close()


def test_link_local_address_in_silence(net):
    server = net.scripted()
    server.silent = True
    netd = net.netd()
    # Six seconds of silence, then up to seven of probing.
    record = wait_until("a link-local address", lambda: netd.records("address", source="link-local"), 20)[0]
    assert record["address"].startswith("169.254.") and record["address"].endswith("/16")
    assert addresses(net)[0]["scope"] == "link"
    server.silent = False
    netd.wait_lease("192.0.2.107", timeout=12)
    wait_until("the link-local address to go", lambda: [a["local"] for a in addresses(net)] == ["192.0.2.107"], 5)


def test_one_link_local_address_however_often_the_cable_is_pulled(net):
    """There is no DHCP server that could tell it to be taken away."""
    server = net.scripted()
    server.silent = True
    netd = net.netd()
    seen = set()
    for _ in range(3):
        [record] = wait_until("a link-local address", lambda: netd.records("address", source="link-local"), 20)
        seen.add(record["address"])
        assert [f"{a['local']}/16" for a in addresses(net)] == [record["address"]]
        net.carrier("v0", False)
        wait_until("the address to go", lambda: addresses(net) == [], 5)
        net.carrier("v0", True)
    netd.check_alive()


def test_lease_is_released_at_the_end(net):
    server = net.scripted()
    netd = net.netd()
    netd.wait_lease()
    assert netd.stop() == 0
    wait_until("the RELEASE", lambda: [p for p in server.seen if server.kind_of(p) == 7], 3)
    [release] = [p for p in server.seen if server.kind_of(p) == 7]
    assert release["BOOTP"].ciaddr == "192.0.2.107"
    assert release["IP"].dst == ROUTER4


def test_a_restart_asks_for_the_address_that_stands(net):
    server = net.scripted(lease=600)
    first = net.netd()
    first.wait_lease()
    monitor = net.watch_addresses()
    first.process.kill()
    first.process.wait()
    seen = len(server.seen)
    second = net.netd(name="netd-again")
    wait_until("confirmed", lambda: second.records("link", dhcp4="bound"), 5)
    kinds = [server.kind_of(packet) for packet in server.seen[seen:]]
    assert kinds == [3]  # as in INIT-REBOOT: no DISCOVER
    assert server.option(server.seen[seen], "requested_addr") == "192.0.2.107"
    assert removals(monitor) == []


def test_mtu_of_the_lease_is_the_routes(net):
    net.scripted(options=[("router", ROUTER4), ("interface-mtu", 1400)])
    netd = net.netd()
    netd.wait_lease()
    wait_until("the routes", lambda: len(defaults(net)) == 1, 3)
    assert "mtu 1400" in net.client.ip("-4 route show default")
    assert "mtu 1400" in net.client.ip("-4 route show 192.0.2.0/24")
    assert "mtu 1500" in net.client.ip("link show dev v0")  # the link itself is not touched
    assert netd.records("gateway", source="dhcp")[0]["mtu"] == "1400"


def test_replies_leave_by_the_link_of_their_request(net):
    """Two links in two networks, the default route on the first: what comes in by the second goes out by it."""
    net.join("v1", "198.51.100.1/24", None)
    net.dnsmasq("--dhcp-option=option:router,192.0.2.1")
    net.dnsmasq("--dhcp-option=option:router,198.51.100.1", link="s-v1", first="198.51.100.100", last="198.51.100.149", name="dnsmasq1")
    net.server.ip("address add 203.0.113.1/32 dev lo")
    netd = net.netd("v0", "v1")
    wait_until("two leases", lambda: len(netd.leases()) == 2, 8)
    second = next(lease.split("/")[0] for lease in netd.leases() if lease.startswith("198.51.100."))
    first = next(lease.split("/")[0] for lease in netd.leases() if lease.startswith("192.0.2."))
    route = lambda source: net.client.ip_json(f"route get 203.0.113.1 from {source}")[0]["dev"]  # noqa: E731
    wait_until("source routing", lambda: (route(first), route(second)) == ("v0", "v1"), 5)
    assert subprocess.run(net.server.prefix() + ["ping", "-c1", "-W2", "-I", "203.0.113.1", second], capture_output=True, check=False).returncode == 0
    # With one link there is nothing to choose, and no rule.
    net.client.ip("link delete v1")
    wait_until("the rules to go", lambda: "lookup 10" not in net.client.ip("rule show"), 5)


def test_rename_new_hardware_address_and_removal(net):
    net.dnsmasq()
    netd = net.netd("v0", "w0")
    netd.wait_lease()
    monitor = net.watch_addresses()
    net.client.ip("link set v0 name w0")
    wait_until("the new name", lambda: netd.records("link", name="w0"), 5)
    assert len(netd.leases()) == 1 and removals(monitor) == []
    net.client.ip("link set w0 mtu 1300")
    wait_until("the new MTU", lambda: netd.records("link", name="w0", mtu="1300"), 5)
    net.client.ip("link set w0 address 02:00:00:00:09:09")
    wait_until("the new hardware address", lambda: netd.records("link", mac="02:00:00:00:09:09", dhcp4="bound"), 10)
    net.client.ip("link delete w0")
    wait_until("nothing", lambda: netd.state() == [], 5)
    netd.check_alive()


def test_everything_says_where_it_is_from(net):
    net.dnsmasq("--dhcp-option=option:router,192.0.2.1", "--dhcp-option=option:dns-server,192.0.2.53", "--domain=example.org")
    net.radvd()
    netd = net.netd()
    netd.wait_lease()
    wait_until("router advertisements", lambda: netd.records("gateway", source="ra") and netd.records("dns", source="ra"), 10)
    for kind in ("address", "gateway", "dns", "domain"):
        for record in netd.records(kind):
            assert "source" in record and "since-ms" in record, record
    for kind, source in (("address", "dhcp"), ("gateway", "dhcp"), ("dns", "dhcp"), ("domain", "dhcp"), ("dns", "ra"), ("gateway", "ra")):
        for record in netd.records(kind, source=source):
            assert record["server"], record
            assert int(record["valid-ms"]) > int(record["since-ms"]), record


def test_nat64_prefix_and_more_specific_routes_of_a_router(net):
    """PREF64 (RFC 8781) and a route (RFC 4191), which no router daemon at hand sends both of."""
    from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, IPv6
    from scapy.layers.l2 import Ether

    netd = net.netd()
    wait_until("the link", lambda: netd.records("address", source="link", flags=""), 8)
    pref64 = bytes.fromhex("2602" + f"{75 << 3:04x}" + "0064ff9b" + "00" * 8)  # 600 s, /96
    route = bytes.fromhex("1802" + "3000" + f"{600:08x}" + "20010db800770000")  # 2001:db8:77::/48
    advertisement = (
        Ether(src="02:00:00:00:00:01", dst="33:33:00:00:00:01")
        / IPv6(src="fe80::1", dst="ff02::1", hlim=255)
        / ICMPv6ND_RA(routerlifetime=1800)
        / ICMPv6NDOptPrefixInfo(prefix="2001:db8:1::", prefixlen=64, L=1, A=1)
        / (pref64 + route)
    )
    frame = bytes(advertisement)

    def send():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as packets:
            packets.bind(("s-v0", 0))
            packets.send(frame)

    net.server.inside(send)
    [nat64] = wait_until("the NAT64 prefix", lambda: netd.records("nat64"), 5)
    assert (nat64["prefix"], nat64["source"], nat64["server"]) == ("64:ff9b::/96", "ra", "fe80::1")
    assert 590_000 < int(nat64["valid-ms"]) - int(nat64["since-ms"]) <= 600_000
    [specific] = wait_until("the route", lambda: netd.records("route", destination="2001:db8:77::/48"), 5)
    assert (specific["source"], specific["gateway"]) == ("ra", "fe80::1")


def test_what_could_not_be_published_is_published_later(net):
    """Nothing else happens that would be a reason to write it: a full memory is short for a moment, and the lease of that moment counts."""
    net.scripted(lease=600)
    netd = net.netd()
    lease = netd.wait_lease()
    folder, away = netd.run_folder / "netd", netd.run_folder / "away"
    folder.rename(away)
    net.client.ip("address add 203.0.113.9/32 dev v0")
    netd.log.wait("state")
    away.rename(folder)
    wait_until("the address to be told", lambda: netd.records("address", address="203.0.113.9/32"), 5)
    assert netd.leases() == [lease]
