# SPDX-License-Identifier: MIT
"""netd against the DHCPv4 servers of others: a lease, its renewals, and a server that is started anew; and through relays."""

import dhcp_servers
import peers
import pytest
from netns import ROUTER4, Namespace, Net, wait_until
from test_netd import addresses, defaults, removals

UPSTREAM = "198.51.100.2"  # the server behind a relay


@pytest.fixture
def net(transcripts):
    net = Net(transcripts)
    yield net
    net.close()


def wait_renewals(netd, count):
    """Until that many renewals have been answered: each moves the time of the next."""
    for _ in range(count):
        [record] = netd.records("address", source="dhcp")
        before = int(record["renew-ms"])

        def renewed():
            netd.check_alive()
            return any(int(fields["renew-ms"]) > before for fields in netd.records("address", source="dhcp"))  # noqa: B023

        wait_until("a renewal", renewed, 12)


@pytest.mark.parametrize(
    "start, package",
    [
        (dhcp_servers.kea4, "kea-dhcp4-server"),
        (dhcp_servers.isc4, "isc-dhcp-server"),
        (dhcp_servers.udhcpd, "udhcpd"),
        (dhcp_servers.networkd4, "systemd"),
    ],
    ids=["kea", "isc", "udhcpd", "networkd"],
)
def test_lease_renewals_and_a_server_that_starts_anew(net, start, package):
    peers.need(package)
    net.join()
    server, _ = start(net)
    monitor = net.watch_addresses()
    netd = net.netd()
    lease = netd.wait_lease(timeout=10)
    assert lease.startswith("192.0.2.1") and lease.endswith("/24")
    assert netd.records("address", source="dhcp")[0]["server"] == ROUTER4
    assert [route["gateway"] for route in defaults(net)] == [ROUTER4]
    assert netd.records("dns", source="dhcp", address=ROUTER4)
    wait_renewals(netd, 2)
    net.end(server)
    start(net)
    wait_renewals(netd, 1)
    assert netd.leases() == [lease]
    assert [f"{a['local']}/{a['prefixlen']}" for a in addresses(net)] == [lease]
    assert removals(monitor) == []


@pytest.fixture
def upstream(net):
    """A third namespace, behind the server's, which relays and forwards."""
    upstream = Namespace(net.server.name.replace("cks-", "cku-"))
    net.join()
    net.server.ip(f"link add up0 type veth peer name s-up netns {upstream.name}")
    net.server.ip("address add 198.51.100.1/24 dev up0")
    net.server.ip("link set up0 up")
    upstream.ip(f"address add {UPSTREAM}/24 dev s-up")
    upstream.ip("link set s-up up")
    upstream.ip("route add 192.0.2.0/24 via 198.51.100.1")
    net.server.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    yield upstream
    upstream.delete()


@pytest.mark.parametrize(
    "relay, package", [(dhcp_servers.isc_relay, "isc-dhcp-relay"), (dhcp_servers.dhcp_helper, "dhcp-helper")], ids=["isc-relay", "dhcp-helper"]
)
def test_lease_through_a_relay(net, upstream, relay, package):
    peers.need(package)
    peers.need("isc-dhcp-server")
    _, log = dhcp_servers.isc4(net, "s-up", upstream, local="subnet 198.51.100.0 netmask 255.255.255.0 { }")
    relay(net, UPSTREAM)
    monitor = net.watch_addresses()
    netd = net.netd()
    lease = netd.wait_lease(timeout=10)
    address = lease.split("/")[0]
    log.wait(rf"DHCPACK on {address} .* via {ROUTER4}")  # giaddr
    assert netd.records("address", source="dhcp")[0]["server"] == UPSTREAM
    assert [route["gateway"] for route in defaults(net)] == [ROUTER4]
    wait_renewals(netd, 2)  # unicast to the server itself, past the relay
    log.wait(rf"DHCPACK on {address} .* via s-up|DHCPACK on {address} .* via 198")
    assert netd.leases() == [lease]
    assert removals(monitor) == []
