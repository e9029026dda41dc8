# SPDX-License-Identifier: MIT
"""netd against real servers: leases, renewals, IPv6, hot-plug, several links, privileges."""

import os
import signal
import time

import pytest
from netns import ROUTER4, ROUTER6, Net, scaled, wait_until


@pytest.fixture
def net(transcripts):
    net = Net(transcripts)
    yield net
    net.close()


def addresses(net, link="v0", family="inet"):
    found = net.client.ip_json(f"address show dev {link}")
    return [a for entry in found for a in entry.get("addr_info", []) if a["family"] == family]


def defaults(net, family="-4"):
    return net.client.ip_json(f"{family} route show default")


def removals(monitor):
    return [line for _, line in monitor.lines() if line.startswith("Deleted")]


def test_lease_from_dnsmasq(net):
    net.join()
    _, log = net.dnsmasq("--dhcp-option=option:router,192.0.2.1", "--dhcp-option=option:dns-server,192.0.2.53", "--domain=example.org",
                         "--dhcp-option=option:ntp-server,192.0.2.123,192.0.2.124", "--dhcp-option=option:log-server,192.0.2.14")
    netd = net.netd()
    lease = netd.wait_lease()
    address = lease.split("/")[0]
    log.wait(rf"DHCPACK\(s-v0\) {address}")
    [kernel] = addresses(net)
    assert (kernel["local"], kernel["prefixlen"]) == (address, 24)
    assert 100 <= kernel["valid_life_time"] <= 120  # the kernel ends it even without netd
    [route] = defaults(net)
    assert (route["gateway"], route["metric"], route["prefsrc"]) == (ROUTER4, 100, address)
    # The kernel settles the link's operational state up to a second later.
    wait_until("the link's flags", lambda: netd.records("link", dhcp4="bound", flags="BROADCAST,MULTICAST,UP,LOWER_UP"), 3)
    [record] = netd.records("address", source="dhcp")
    assert record["server"] == ROUTER4
    assert 55_000 < int(record["valid-ms"]) - int(record["renew-ms"]) <= 62_000
    assert netd.records("gateway", source="dhcp")[0]["address"] == ROUTER4
    assert netd.records("dns", source="dhcp")[0]["address"] == "192.0.2.53"
    assert netd.records("domain", source="dhcp")[0]["name"] == "example.org"
    assert [r["address"] for r in netd.records("ntp", source="dhcp", server=ROUTER4)] == ["192.0.2.123", "192.0.2.124"]
    assert [r["address"] for r in netd.records("log-server", source="dhcp", server=ROUTER4)] == ["192.0.2.14"]
    assert netd.resolver() == "search example.org\nnameserver 192.0.2.53\n"


def test_renewals_keep_the_address(net):
    net.join()
    _, log = net.dnsmasq("--dhcp-option=58,3", "--dhcp-option=59,100")
    monitor = net.watch_addresses()
    netd = net.netd()
    address = netd.wait_lease().split("/")[0]
    asked = len(log.find("DHCPDISCOVER"))
    wait_until("three renewals, each after three seconds", lambda: len(log.find(rf"DHCPACK\(s-v0\) {address}")) >= 4, 15)
    assert len(log.find("DHCPDISCOVER")) == asked
    assert removals(monitor) == []
    assert len(addresses(net)) == 1
    assert addresses(net)[0]["valid_life_time"] >= 115


def test_a_link_of_a_kind_is_left_alone_unless_named(net):
    net.join("v0")
    net.join("v1", "198.51.100.1/24", None)
    net.dnsmasq()
    before = net.client.ip("link show dev v1")
    netd = net.netd("v0")
    netd.wait_lease()
    assert [link["name"] for link in netd.records("link")] == ["v0"]
    assert "DOWN" in before and "DOWN" in net.client.ip("link show dev v1")


def test_slaac_with_dns_and_stable_address(net):
    mac = "02:00:00:00:07:07"
    net.join(mac=mac)
    radvd, _ = net.radvd()
    netd = net.netd()

    def slaac():
        return [a["address"] for a in netd.records("address", source="slaac", flags="")]

    [first] = wait_until("a SLAAC address", slaac, 10)
    assert first.startswith("2001:db8:1:0:") and "ff:fe" not in first  # not made of the hardware address
    assert netd.records("address", source="link")
    wait_until("RDNSS", lambda: netd.records("dns", source="ra", address="2001:db8:1::1"), 10)
    assert netd.records("domain", source="ra", name="ra.example.org")
    assert "nameserver 2001:db8:1::1\n" in netd.resolver()
    assert netd.records("gateway", source="ra")[0]["metric"] == "1024"
    assert defaults(net, "-6")
    assert int(net.client.run("sysctl", "-n", "net.ipv6.conf.v0.optimistic_dad")) == 1
    # The same machine in the same network has the same address again.
    net.client.ip("link delete v0")
    wait_until("the link to go", lambda: not netd.records("link"), 5)
    assert "2001:db8:1::1" not in netd.resolver()
    net.end(radvd)
    net.join(mac=mac)
    radvd, _ = net.radvd()
    assert wait_until("the SLAAC address again", slaac, 10) == [first]
    # A router that says goodbye takes its DNS server along.
    wait_until("RDNSS again", lambda: netd.records("dns", source="ra"), 10)
    net.end(radvd)
    wait_until("RDNSS withdrawn", lambda: not netd.records("dns", source="ra"), 5)


def test_router_dns_of_a_network_that_was_left_is_forgotten(net):
    net.join()
    radvd, _ = net.radvd(interval=1800)
    netd = net.netd()
    wait_until("RDNSS", lambda: netd.records("dns", source="ra"), 25)  # the next solicitations, where the first answer was lost
    radvd.kill()  # no farewell: its DNS server would be believed for an hour
    net.carrier("v0", False)
    wait_until("carrier lost", lambda: netd.records("link", dhcp4="down"), 3)
    time.sleep(scaled(3.5))
    assert netd.records("dns", source="ra")
    net.carrier("v0", True)
    wait_until("RDNSS forgotten", lambda: not netd.records("dns", source="ra"), 3)


def test_links_come_and_go(net):
    netd = net.netd("v0")
    assert netd.state() == []
    handles = []
    for _ in range(5):
        net.join()
        server, _ = net.dnsmasq()
        netd.wait_lease()
        net.client.ip("link delete v0")
        wait_until("the link to go", lambda: not netd.state(), 5)
        net.end(server)
        handles.append(len(os.listdir(f"/proc/{netd.process.pid}/fd")))
    assert handles == [handles[0]] * len(handles), "descriptors leak"


def test_two_links_have_their_metrics(net):
    net.join("v0")
    net.join("v1", "198.51.100.1/24", "2001:db8:2::1/64")
    net.dnsmasq("--dhcp-option=option:router,192.0.2.1")
    net.dnsmasq("--dhcp-option=option:router,198.51.100.1", link="s-v1", first="198.51.100.100", last="198.51.100.149", name="dnsmasq1")
    net.radvd(link="s-v1")
    netd = net.netd("v0", "v1", "v2")
    wait_until("two leases", lambda: len(netd.leases()) == 2, 5)
    assert {route["dev"]: route["metric"] for route in defaults(net)} == {"v0": 100, "v1": 101}
    [router] = wait_until("a router", lambda: netd.records("gateway", source="ra"), 10)
    assert router["metric"] == "1025", "the order of the links in both families"
    # The one keeps its lease when the other goes.
    net.client.ip("link delete v0")
    wait_until("one lease", lambda: len(netd.leases()) == 1, 5)
    assert [route["dev"] for route in defaults(net)] == ["v1"]
    # One that is plugged in has a number higher than any before, and the place that is free.
    net.join("v2", "203.0.113.1/24", None)
    net.dnsmasq("--dhcp-option=option:router,203.0.113.1", link="s-v2", first="203.0.113.100", last="203.0.113.149", name="dnsmasq2")
    wait_until("two leases", lambda: len(netd.leases()) == 2, 5)
    assert {route["dev"]: route["metric"] for route in defaults(net)} == {"v1": 101, "v2": 100}


def test_the_metric_of_routers_is_set_before_a_link_runs(net):
    net.join("v0")
    net.join("v1", "198.51.100.1/24", None)
    net.server.ip("link set s-v1 down")
    netd = net.netd("v0", "v1")
    wait_until("the links to be found", lambda: len(netd.records("link")) == 2, 5)
    assert net.client.run("sysctl", "-n", "net.ipv6.conf.v1.ra_defrtr_metric").strip() == "1025"


def test_restart_keeps_what_stands(net):
    net.join()
    net.dnsmasq()
    first = net.netd()
    lease = first.wait_lease()
    monitor = net.watch_addresses()
    first.process.kill()
    first.process.wait()
    second = net.netd(name="netd-again")
    assert second.wait_lease() == lease
    wait_until("bound", lambda: second.records("link", dhcp4="bound"), 5)
    time.sleep(0.5)
    assert removals(monitor) == []
    assert len(addresses(net)) == 1


def test_a_link_taken_down_is_brought_up_again(net):
    net.join()
    net.dnsmasq()
    netd = net.netd()
    lease = netd.wait_lease()
    net.client.ip("link set v0 down")
    wait_until("seen down", lambda: "UP" not in netd.records("link", name="v0")[0]["flags"].split(","), 3)
    wait_until("up again", lambda: "UP" in netd.records("link", name="v0")[0]["flags"].split(","), 5)
    assert netd.wait_lease() == lease
    wait_until("its route", lambda: [route["dev"] for route in defaults(net)] == ["v0"], 10)


def test_routers_are_asked_again_after_a_restart(net):
    """The kernel keeps the addresses, but not the DNS servers that a router advertised: netd asks for them."""
    net.join()
    net.radvd(interval=1800)
    first = net.netd()
    wait_until("RDNSS", lambda: first.records("dns", source="ra"), 10)
    first.process.kill()
    first.process.wait()
    (first.run_folder / "netd" / "state").unlink()
    second = net.netd(name="netd-again")
    wait_until("RDNSS again", lambda: second.records("dns", source="ra", address="2001:db8:1::1"), 25)  # as above
    assert second.records("address", source="slaac")


def test_ends_at_once(net):
    net.join()
    netd = net.netd()  # there is no server: it is asking
    began = time.monotonic()
    assert netd.stop() == 0
    assert time.monotonic() - began < scaled(2)  # what init allows before it kills


def test_lost_notifications_are_made_up_for(net):
    net.join("v0")
    net.join("v1", "198.51.100.1/24", None)
    net.dnsmasq()
    netd = net.netd("v0", "v1")
    netd.wait_lease()
    netd.process.send_signal(signal.SIGSTOP)
    batch = "".join(f"address {verb} 2001:db8:9::{n:x}/128 dev lo\n" for n in range(3000) for verb in ("add", "del"))
    path = f"{net.private}/batch"
    with open(path, "w", encoding="utf-8") as file:
        file.write(batch)
    net.client.run("ip", "-batch", path)
    net.client.ip("link delete v1")
    net.client.ip("address add 192.0.2.200/24 dev v0")
    netd.process.send_signal(signal.SIGCONT)
    wait_until("the loss to be noticed", lambda: netd.log.find("notifications lost: reading all tables anew"), 5)
    wait_until("v1 to be gone", lambda: [link["name"] for link in netd.records("link")] == ["v0"], 5)
    wait_until("the new address", lambda: netd.records("address", source="static", address="192.0.2.200/24"), 5)
    assert len(netd.leases()) == 1
    netd.check_alive()


def test_what_was_queued_before_a_loss_is_read_before_the_tables(net):
    """What is in no table is not lost with the rest, and what is old does not cover what the tables hold."""
    net.join()
    net.scripted(lease=600)
    netd = net.netd()
    netd.wait_lease()
    netd.process.send_signal(signal.SIGSTOP)
    radvd, _ = net.radvd(interval=1800)
    wait_until("the advertisement to arrive", lambda: " 2001:db8:1:" in net.client.ip("-6 address show dev v0"), 10)
    radvd.kill()  # it says neither its name server again nor farewell
    path = f"{net.private}/batch"
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(f"link set v0 mtu {1300 + n % 100}\n" for n in range(3000)))
    net.client.run("ip", "-batch", path)
    net.client.ip("link set v0 mtu 1450")
    netd.process.send_signal(signal.SIGCONT)
    wait_until("the loss to be noticed", lambda: netd.log.find("notifications lost: reading all tables anew"), 5)
    wait_until("the name server", lambda: netd.records("dns", source="ra", address=ROUTER6), 5)
    wait_until("the MTU that the link has", lambda: netd.records("link", name="v0", mtu="1450"), 5)
    net.client.ip("address add 192.0.2.200/24 dev v0")  # all that was queued has been read when this is known
    wait_until("the new address", lambda: netd.records("address", address="192.0.2.200/24"), 5)
    assert netd.records("link", name="v0", mtu="1450")
    assert netd.records("dns", source="ra", address=ROUTER6)
    netd.check_alive()


def test_more_links_than_it_manages(net):
    net.join()
    names = [f"m{n}" for n in range(18)]
    for name in names:
        net.client.ip(f"link add {name} type veth peer name peer-{name}")
    net.dnsmasq()
    netd = net.netd("v0", *names)
    netd.wait_lease()
    assert len(netd.records("link")) == 16
    netd.log.wait("more links than can be managed")
    assert "m17" not in [link["name"] for link in netd.records("link")]
    for name in names[:10]:
        net.client.ip(f"link delete {name}")
    wait_until("the others to be taken up", lambda: [link["name"] for link in netd.records("link")] == ["v0", *names[10:]], 5)
    assert len(netd.leases()) == 1
