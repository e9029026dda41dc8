# SPDX-License-Identifier: MIT
"""Real DHCP servers and relays for a Net (netns.py), each started on one link with leases of seconds, so that renewals are seen. What they
must remember over a restart is kept in the test's private folder. Each function returns (process, LogReader).
"""

import json
import pathlib

import peers
from netns import ROUTER4, ROUTER6
from qemu_net import wait_until

FIRST4, LAST4 = "192.0.2.100", "192.0.2.149"
LEASE, RENEWAL, REBINDING = 60, 1, 40  # seconds


def _write(net, name, text):
    path = pathlib.Path(net.private, name)
    path.write_text(text)
    return str(path)


def _start(net, name, command, ready, setup="", namespace=None):
    """`ready`: what the server logs when it serves. Some want the link to run before that: its other end is brought up."""
    net.client.ip("link set v0 up")
    link_runs = lambda: "LOWER_UP" in net.server.ip("link show dev s-v0")  # noqa: E731
    wait_until("the server's link to run", link_runs, 5)
    scratch = f"{net.private}/jail-{name}"
    process, log = net.spawn(namespace or net.server, name, peers.jailed(command, scratch, setup))
    wait_until(f"{name} serves", lambda: log.find(ready) or process.poll() is not None, 15)
    assert process.poll() is None, log.lines()
    return process, log


# ---- DHCPv4 ----------------------------------------------------------------------------------------------------------------------


def _kea(net, name, program, section, content):
    settings = {
        "lease-database": {"type": "memfile", "persist": True, "name": f"{net.private}/{name}.leases"},
        "valid-lifetime": LEASE, "renew-timer": RENEWAL, "rebind-timer": REBINDING,
        "loggers": [{"name": program, "severity": "INFO", "output_options": [{"output": "stdout"}]}],
        **content,
    }
    path = _write(net, f"{name}.json", json.dumps({section: settings}))
    place = f"export KEA_DHCP_DATA_DIR={net.private}"  # from 2.6.3 on leases are kept nowhere else
    return _start(net, name, [program, "-c", path], f"{section.upper()}_STARTED", setup=place)


def kea4(net, link="s-v0"):
    return _kea(net, "kea4", "kea-dhcp4", "Dhcp4", {
        "interfaces-config": {"interfaces": [link]},
        "subnet4": [{"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": f"{FIRST4} - {LAST4}"}],
                     "option-data": [{"name": "routers", "data": ROUTER4}, {"name": "domain-name-servers", "data": ROUTER4}]}],
    })


def isc4(net, link="s-v0", namespace=None, local=""):
    """`local`: a declaration of the server's own subnet when requests come through a relay."""
    config = _write(net, "isc4.conf", (
        f"default-lease-time {LEASE}; max-lease-time {LEASE}; min-lease-time {LEASE}; authoritative;\n"
        f"option dhcp-renewal-time {RENEWAL}; option dhcp-rebinding-time {REBINDING}; {local}\n"
        f"subnet 192.0.2.0 netmask 255.255.255.0 {{ range {FIRST4} {LAST4}; option routers {ROUTER4}; option domain-name-servers {ROUTER4}; }}\n"
    ))
    leases = pathlib.Path(net.private, "isc4.leases")
    leases.touch()
    command = ["dhcpd", "-4", "-f", "-d", "--no-pid", "-cf", config, "-lf", str(leases), link]
    return _start(net, "isc4", command, "Server starting service", namespace=namespace)


def udhcpd(net, link="s-v0"):
    config = _write(net, "udhcpd.conf", (
        f"start {FIRST4}\nend {LAST4}\ninterface {link}\nlease_file {net.private}/udhcpd.leases\npidfile /run/udhcpd.pid\nauto_time 1\n"
        f"opt lease {LEASE}\nopt router {ROUTER4}\nopt dns {ROUTER4}\nopt subnet 255.255.255.0\n"
        f"opt 0x3a {RENEWAL:08x}\nopt 0x3b {REBINDING:08x}\n"
    ))
    return _start(net, "udhcpd", ["busybox", "udhcpd", "-f", config], "started")


def networkd4(net, link="s-v0"):
    """systemd-networkd as server. It gives no times of renewal but half of the lease. It would wait for a place to keep leases in."""
    network = (
        f"[Match]\\nName={link}\\n[Network]\\nAddress={ROUTER4}/24\\nDHCPServer=yes\\nLinkLocalAddressing=no\\nIPv6AcceptRA=no\\n"
        f"[DHCPServer]\\nPersistLeases=no\\nPoolOffset=100\\nPoolSize=50\\nDefaultLeaseTimeSec=4\\nMaxLeaseTimeSec=4\\nEmitRouter=yes\\nEmitDNS=yes\\nDNS={ROUTER4}\\n"
    )
    net.server.ip(f"-4 address flush dev {link}")  # one like its own that it did not set it sets again without end
    setup = f"printf '{network}' >/run/systemd/network/10-server.network; export SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console"
    return _start(net, "networkd4", ["/lib/systemd/systemd-networkd"], "DHCPv4 server: STARTED|Offering DHCPv4 leases", setup=setup)


# ---- DHCPv6: the router has to say so, radvd(flags="AdvManagedFlag on;") --------------------------------------------------------

PREFERRED6, VALID6 = 50, 60  # seconds
INFINITE = 0xFFFFFFFF
NTP6 = "2001:db8:1::123"  # the time server that they name
POOLS6 = {"kea6": "2001:db8:1::100", "isc6": "2001:db8:1::200", "dnsmasq6": "2001:db8:1::300", "dibbler6": "2001:db8:1::400"}  # first of 256


def _last(first):
    return first[:-2] + "ff"


def kea6(net, link="s-v0", valid=VALID6):
    first = POOLS6["kea6"]
    return _kea(net, "kea6", "kea-dhcp6", "Dhcp6", {
        "interfaces-config": {"interfaces": [link]},
        "server-id": {"type": "EN", "enterprise-id": 32473, "identifier": "0123456789", "persist": False},
        "preferred-lifetime": INFINITE if valid == INFINITE else PREFERRED6,
        "valid-lifetime": valid,
        "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "interface": link, "rapid-commit": True, "pools": [{"pool": f"{first} - {_last(first)}"}],
                     "option-data": [{"name": "dns-servers", "data": ROUTER6}, {"name": "domain-search", "data": "six.example.org"},
                                     {"name": "sntp-servers", "data": NTP6}]}],
    })


def isc6(net, link="s-v0"):
    first = POOLS6["isc6"]
    config = _write(net, "isc6.conf", (
        f"default-lease-time {VALID6}; preferred-lifetime {PREFERRED6}; authoritative;\n"
        f"option dhcp-renewal-time {RENEWAL}; option dhcp-rebinding-time {REBINDING};\n"
        f'option dhcp6.name-servers {ROUTER6}; option dhcp6.domain-search "six.example.org"; option dhcp6.sntp-servers {NTP6};\n'
        f"subnet6 2001:db8:1::/64 {{ range6 {first} {_last(first)}; }}\n"
    ))
    leases = pathlib.Path(net.private, "isc6.leases")
    leases.touch()
    command = ["dhcpd", "-6", "-f", "-d", "--no-pid", "-cf", config, "-lf", str(leases), link]
    return _start(net, "isc6", command, "Server starting service")


def dnsmasq6(net, link="s-v0"):
    """Its shortest lease is two minutes, renewed at the half of it."""
    first = POOLS6["dnsmasq6"]
    return net.dnsmasq(f"--dhcp-range={first},{_last(first)},64,120", f"--dhcp-option=option6:dns-server,[{ROUTER6}]",
                       "--dhcp-option=option6:domain-search,six.example.org", f"--dhcp-option=option6:ntp-server,[{NTP6}]",
                       "--dhcp-duid=32473,0123456789", link=link, name="dnsmasq6")


def dibbler6(net, link="s-v0", first=None, renewal=RENEWAL):
    """Started again with another pool (`first`) it sends Reconfigure to those whose address is no longer in it: its memory is kept in the
    test's folder."""
    first = first or POOLS6["dibbler6"]
    config = _write(net, "dibbler.conf", (
        "log-level 8\nlog-mode full\nreconfigure-enabled 1\nauth-protocol reconfigure-key\nauth-methods digest-hmac-md5\nauth-required 0\n"
        f'iface "{link}" {{\n t1 {renewal}\n t2 {REBINDING}\n prefered-lifetime {PREFERRED6}\n valid-lifetime {VALID6}\n'
        f" class {{ pool {first} - {_last(first)} }}\n option dns-server {ROUTER6}\n option domain six.example.org\n}}\n"
    ))
    memory = pathlib.Path(net.private, "dibbler")
    memory.mkdir(exist_ok=True)
    setup = f"cp {config} /etc/dibbler/server.conf; mount --bind {memory} /var/lib/dibbler"
    return _start(net, "dibbler6", ["dibbler-server", "run"], "Server begins operation", setup=setup)


# ---- relays ----------------------------------------------------------------------------------------------------------------------


def isc_relay(net, server, down="s-v0", up="up0"):
    command = ["dhcrelay", "-4", "-d", "--no-pid", "-id", down, "-iu", up, server]
    return _start(net, "isc-relay", command, "Sending on")


def dhcp_helper(net, server, down="s-v0", up="up0"):
    process, log = net.spawn(net.server, "dhcp-helper", peers.jailed(["dhcp-helper", "-n", "-u", "root", "-s", server, "-i", down], f"{net.private}/jail-helper"))
    wait_until("dhcp-helper listens", lambda: ":67 " in net.server.run("ss", "-uanH") or process.poll() is not None, 5)
    assert process.poll() is None, log.lines()
    return process, log
