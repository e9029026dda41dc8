# SPDX-License-Identifier: MIT
"""netd's DHCPv6 against Kea, isc-dhcp-server, dnsmasq and dibbler: addresses, renewals, a server that starts anew, what a router's flags
ask for, Reconfigure, an address that another host has.
"""

import time

import dhcp_servers
import peers
import pytest
from netns import ROUTER6, Net, wait_until
from test_netd import addresses

# A router that gives the prefix out for nothing but DHCPv6.
MANAGED = {"flags": "AdvManagedFlag on; AdvOtherConfigFlag on;", "prefix_flags": "AdvAutonomous off;"}
SERVERS = {
    "kea6": (dhcp_servers.kea6, "kea-dhcp6-server"),
    "isc6": (dhcp_servers.isc6, "isc-dhcp-server"),
    "dnsmasq6": (dhcp_servers.dnsmasq6, None),
    "dibbler6": (dhcp_servers.dibbler6, "dibbler-server"),
}


@pytest.fixture
def net(transcripts):
    net = Net(transcripts)
    net.join()
    yield net
    net.close()


def start(net, name, **options):
    function, package = SERVERS[name]
    if package:
        peers.need(package)
    return function(net, **options)


def leased(netd):
    """The addresses that it says DHCPv6 gave, as ADDRESS/LENGTH."""
    netd.check_alive()
    return [fields["address"] for fields in netd.records("address", source="dhcp6")]


def wait_renewals(netd, count):
    """A Renew that is lost, as while a server starts anew, is sent again after REN_TIMEOUT: 10 s and up to a tenth more (RFC 9915 7.6)."""
    for _ in range(count):
        [record] = netd.records("address", source="dhcp6")
        before = int(record["renew-ms"])
        renewed = lambda: any(int(r["renew-ms"]) > before for r in netd.records("address", source="dhcp6"))  # noqa: B023, E731
        wait_until("a renewal", renewed, 25)


def link_local(namespace, link):
    [entry] = namespace.ip_json(f"-6 address show dev {link} scope link")
    return next(a["local"] for a in entry["addr_info"] if a.get("local"))


@pytest.mark.parametrize("name", SERVERS)
def test_address_and_resolver(net, name):
    _, log = start(net, name)
    net.radvd(**MANAGED)
    netd = net.netd()
    [address] = wait_until("an address by DHCPv6", lambda: leased(netd), 15)
    assert address.startswith(dhcp_servers.POOLS6[name][:-2])
    wait_until("the client's state", lambda: netd.records("link", name="v0", dhcp6="bound"), 3)
    assert netd.records("address", source="dhcp6")[0]["server"].split("%")[0] == link_local(net.server, "s-v0")
    in_kernel = [a for a in addresses(net, family="inet6") if a["scope"] == "global"]
    assert [a["local"] for a in in_kernel] == [address.split("/")[0]]
    most = 120 if name == "dnsmasq6" else dhcp_servers.VALID6
    assert most / 2 < in_kernel[0]["valid_life_time"] <= most  # the kernel ends it even without netd
    assert netd.records("dns", source="dhcp6")[0]["address"] == ROUTER6
    named = [] if name == "dibbler6" else [dhcp_servers.NTP6]  # by option 56 of dnsmasq, by option 31 of the others
    assert [fields["address"] for fields in netd.records("ntp", source="dhcp6")] == named
    assert netd.resolver().count(f"nameserver {ROUTER6}\n") == 1  # the router names it as well
    assert log.lines()


@pytest.mark.parametrize("name", ["kea6", "isc6", "dibbler6"])
def test_renewals_and_a_server_that_starts_anew(net, name):
    server, _ = start(net, name)
    net.radvd(**MANAGED)
    netd = net.netd()
    before = wait_until("an address by DHCPv6", lambda: leased(netd), 15)
    monitor = net.spawn(net.client, "monitor", ["ip", "-6", "monitor", "address"])[1]
    wait_renewals(netd, 2)
    net.end(server)
    start(net, name)
    wait_renewals(netd, 1)
    if name == "dibbler6":  # it forgets who has what: NoBinding, and another address
        assert leased(netd)
        return
    assert leased(netd) == before
    assert not [line for _, line in monitor.lines() if line.startswith("Deleted") and before[0].split("/")[0] in line]


@pytest.mark.parametrize("name", ["kea6", "isc6"])
def test_only_information_when_the_router_says_other(net, name):
    start(net, name)
    net.radvd(flags="AdvOtherConfigFlag on;")
    netd = net.netd()
    wait_until("the server's DNS", lambda: netd.records("dns", source="dhcp6", address=ROUTER6), 15)
    wait_until("a SLAAC address", lambda: netd.records("address", source="slaac"), 10)
    assert leased(netd) == []
    assert netd.records("domain", source="dhcp6", name="six.example.org")


def test_nothing_is_asked_unless_a_router_says_so(net):
    start(net, "kea6")
    net.radvd()
    capture, log = net.spawn(net.server, "tcpdump", ["tcpdump", "-Z", "root", "-l", "-n", "-i", "s-v0", "udp port 547"])
    wait_until("the capture", lambda: log.find("listening on"), 5)
    netd = net.netd()
    wait_until("a SLAAC address", lambda: netd.records("address", source="slaac"), 10)
    time.sleep(2)
    assert leased(netd) == [] and netd.records("dns", source="dhcp6") == []
    net.end(capture)
    assert not log.find(" dhcp6 ")


def test_nobody_waits_for_a_server_that_is_not_there(net):
    net.dnsmasq()
    net.radvd(flags="AdvManagedFlag on;")
    netd = net.netd()
    netd.wait_lease(timeout=3)
    wait_until("a SLAAC address", lambda: netd.records("address", source="slaac"), 10)
    assert leased(netd) == []


@pytest.mark.parametrize("valid", [dhcp_servers.VALID6, dhcp_servers.INFINITE], ids=["for-a-while", "for-ever"])
def test_an_address_that_another_host_has_is_declined(net, valid):
    """Kea gives its first address, which the router has as well: duplicate address detection fails, the next one is asked for. One that is
    valid for ever the kernel keeps, and says only that it is a duplicate."""
    taken = dhcp_servers.POOLS6["kea6"]
    net.server.ip(f"address add {taken}/64 dev s-v0")
    _, log = start(net, "kea6", valid=valid)
    net.radvd(**MANAGED)
    netd = net.netd()
    wait_until("the refusal", lambda: log.find("DECLINE"), 20)
    wait_until("another address", lambda: leased(netd) and leased(netd)[0].split("/")[0] != taken, 20)
    assert taken not in [a["local"] for a in addresses(net, family="inet6")]


def test_reconfigure(net):
    """A dibbler that starts with another pool tells its clients; who believes it only by the key that came with the lease asks again."""
    server, _ = start(net, "dibbler6", renewal=30)  # a renewal would find out as well
    net.radvd(**MANAGED)
    netd = net.netd()
    [before] = wait_until("an address by DHCPv6", lambda: leased(netd), 15)
    net.end(server)
    _, log = start(net, "dibbler6", first="2001:db8:1::500", renewal=30)
    wait_until("Reconfigure to be sent", lambda: log.find(r"Sent Reconfigure to [1-9]"), 5)
    assert not log.find("No reconfigure-key specified for client")
    [after] = wait_until("an address of the new pool", lambda: [a for a in leased(netd) if a.startswith("2001:db8:1::5")], 20)
    assert before != after and leased(netd) == [after]
