# SPDX-License-Identifier: MIT
"""`./ck bench lease`: netd beside the DHCP clients that people use, on this machine's kernel, each run in fresh namespaces with no
stored lease, against the same dnsmasq and radvd. The clients take turns, so that what else the machine does hits all alike.

A client counts as ready when rtnetlink reports it: an address that is not tentative (or optimistic) and the default route.
"First DISCOVER lost": a bridge port between client and server stays disabled until the first DISCOVER has come to it, which is then
gone, as behind a switch that does not forward yet. Measured from exec, and, since some clients wait at random before they
send anything, from that DISCOVER as well. No figure is asserted by a test.
"""

import os
import pathlib
import random
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import threading
import time

import peers
from lease_watch import Watch, processes
from netns import NETD_UID, ROUTER4, Net, program, unprivileged
from qemu_net import wait_until
from renewals import Renewals

RUNS = int(os.environ.get("COREKMS_LEASE_RUNS", "10"))
RENEWALS = 100
PATIENCE = 40  # seconds for one run
GATE = 'echo ready; read -r go; exec "$@"'
NETWORKD = "/lib/systemd/systemd-networkd"
NETWORK_FILE = "printf '[Match]\\nName=v0\\n[Network]\\nDHCP=yes\\n' >/run/systemd/network/10-v0.network"
CLIENTS = {
    "netd": None,
    "dhcpcd": ["dhcpcd", "-B", "v0"],
    "dhcpcd -A --nodelay": ["dhcpcd", "-B", "-A", "--nodelay", "v0"],
    "udhcpc": ["udhcpc", "-f", "-i", "v0", "-s", "/etc/udhcpc/default.script"],
    "dhclient": ["dhclient", "-4", "-d", "v0"],
    "systemd-networkd": [NETWORKD],
    # Not a client: what udhcpc and dhclient leave IPv6 to.
    "kernel": ["sh", "-c", "ip link set v0 up; exec sleep infinity"],
}
BINARIES = {"dhcpcd": "usr/sbin/dhcpcd", "dhcpcd -A --nodelay": "usr/sbin/dhcpcd", "udhcpc": "usr/bin/busybox", "dhclient": "usr/sbin/dhclient",
            "systemd-networkd": NETWORKD.lstrip("/")}
CLIENTS4 = [name for name in CLIENTS if name != "kernel"]
CLIENTS6 = ["netd", "dhcpcd", "dhcpcd -A --nodelay", "systemd-networkd", "kernel"]


class Run:
    """One client in one network; `times` holds milliseconds since its exec."""

    def __init__(self, client, servers, wanted):
        self.times, self.processes = {}, []
        folder = tempfile.mkdtemp(prefix="ck-lease-")
        net = Net(folder)
        process = None
        try:
            gate = servers(net)
            watch = Watch(net.client)
            process = self._start(client, net, folder)
            began = time.monotonic()
            process.stdin.write(b"go\n")
            process.stdin.close()
            ready = watch.wait(wanted, PATIENCE)
            if ready is None:
                raise SystemExit(f"bench: {client} was not ready within {PATIENCE} s:\n{pathlib.Path(folder, 'client.log').read_text()[-2000:]}")
            self.times = {name: (at - began) * 1000 for name, at in watch.seen.items()}
            self.times["ready"] = (ready - began) * 1000
            if gate:
                self.times["discover"] = (gate.dropped_at - began) * 1000
            if client != "kernel":
                time.sleep(0.5)  # what it does after the lease (scripts, its state) is done
                self.processes = processes(net.client)
            watch.close()
        finally:
            self._end(net, process)
            net.close()
            shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def _start(client, net, folder):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        if client == "netd":
            run = pathlib.Path(net.private, "run", "netd")
            run.mkdir(parents=True)
            os.chown(run, NETD_UID, NETD_UID)
            environment["COREKMS_RUN"] = str(run.parent)
            command = unprivileged(["sh", "-c", GATE, "sh", str(net.program), "netd", "--link", "v0"])
        else:
            command = peers.jailed(CLIENTS[client], f"{net.private}/jail", setup=NETWORK_FILE, wait=True)
        log = open(f"{folder}/client.log", "wb")
        process = subprocess.Popen(net.client.prefix() + command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, bufsize=0)
        if process.stdout.readline() != b"ready\n":
            raise SystemExit(f"bench: {client} could not be prepared:\n{pathlib.Path(log.name).read_text()}")
        threading.Thread(target=shutil.copyfileobj, args=(process.stdout, log), daemon=True).start()
        return process

    @staticmethod
    def _end(net, process):
        if process is None:
            return
        while left := processes(net.client):  # it and its children: nobody else is in the namespace
            for pid, _, _ in left:
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
        process.wait()


# ---- servers --------------------------------------------------------------------------------------------------------------------


def lease_server(net):
    net.join()
    net.dnsmasq(f"--dhcp-option=option:router,{ROUTER4}", "--leasefile-ro")


def router(net):
    net.join()
    _, log = net.radvd(interval=1800)
    wait_until("radvd has spoken for the first time", lambda: log.find("version"), 5)
    time.sleep(3.2)  # before that it would make a client wait that asks


class Gate:
    """A bridge port that lets nothing through until the first DISCOVER has come to it, and that one not either."""

    def __init__(self, net):
        self.dropped_at = None
        net.server.ip("link add br0 type bridge stp_state 0 mcast_snooping 0")
        net.server.ip("link set br0 up")
        net.server.ip("link add s-v0 type veth peer name port-s")
        net.server.ip(f"address add {ROUTER4}/24 dev s-v0")
        net.server.ip(f"link add port-c type veth peer name v0 netns {net.client.name}")
        for name in ("port-s", "port-c"):
            net.server.ip(f"link set {name} master br0 up")
        net.server.ip("link set s-v0 up")
        wait_until("the bridge forwards", lambda: "forwarding" in net.server.run("bridge", "link", "show", "dev", "port-s"), 5)
        net.server.run("bridge", "link", "set", "dev", "port-s", "state", "0")  # disabled: blocked would end when port-c comes up
        self._packets, self._netlink, self._open = net.server.inside(self._sockets)
        threading.Thread(target=self._run, daemon=True).start()

    @staticmethod
    def _sockets():
        packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        packets.bind(("port-c", 0x0003))
        netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        netlink.bind((0, 0))
        # RTM_SETLINK of AF_BRIDGE: IFLA_PROTINFO { IFLA_BRPORT_STATE = forwarding }
        state = struct.pack("=HHBxxx", 5, 1, 3)
        body = struct.pack("=BxHiII", socket.AF_BRIDGE, 0, socket.if_nametoindex("port-s"), 0, 0)
        body += struct.pack("=HH", 4 + len(state), 12 | 0x8000) + state
        return packets, netlink, struct.pack("=IHHII", 16 + len(body), 19, 1, 1, 0) + body

    def _run(self):
        while True:
            frame = self._packets.recv(2048)
            # IPv4, UDP to port 67, and the option that says DISCOVER.
            if frame[12:14] == b"\x08\x00" and frame[23] == 17 and frame[36:38] == b"\x00\x43" and b"\x35\x01\x01" in frame[282:]:
                self._netlink.send(self._open)
                self.dropped_at = time.monotonic()
                return


def lossy_server(net):
    gate = Gate(net)
    net.dnsmasq(f"--dhcp-option=option:router,{ROUTER4}", "--leasefile-ro")
    return gate


# ---- the table -------------------------------------------------------------------------------------------------------------------


def measure(clients, servers, wanted):
    """{client: [Run, ...]}; the clients take turns in an order that changes."""
    runs = {client: [] for client in clients}
    for _ in range(RUNS):
        for client in random.sample(clients, len(clients)):
            runs[client].append(Run(client, servers, wanted))
    return runs


def median(values):
    return statistics.median(values)


class Table:
    def __init__(self, verdict):
        self._verdict = verdict
        print("| what | " + " | ".join(CLIENTS) + " | must | aim |")
        print("|---" * (len(CLIENTS) + 3) + "|")

    def row(self, what, values, unit, must=None, must_text="-", aim="-"):
        """`values`: {client: [number, ...]}. `must`: what netd's median has to stay under, given the peers' medians."""
        medians = {client: median(list_) for client, list_ in values.items() if list_}
        peers_ = {client: value for client, value in medians.items() if client != "netd"}
        cells = []
        for client in CLIENTS:
            if client not in medians:
                cells.append("-")
                continue
            low, high = min(values[client]), max(values[client])
            cell = f"{medians[client]:,.0f}{unit}" + (f" ({low:,.0f} to {high:,.0f})" if low != high else "")
            if client != "netd" and medians["netd"]:
                ratio = medians[client] / medians["netd"]
                cell += f", {ratio:,.0f}x" if ratio >= 100 else f", {ratio:.1f}x"
            if client == "netd" and must is not None:
                cell += self._verdict(what, round(medians["netd"], 1), round(must(peers_), 1))
            cells.append(cell)
        print(f"| {what} | " + " | ".join(cells) + f" | {must_text} | {aim} |", flush=True)


def times(runs, name, since=None):
    return {client: [run.times[name] - (run.times[since] if since else 0) for run in list_] for client, list_ in runs.items()}


def hold():
    """How often the address went away in a hundred renewals, with a TCP connection that has to live through them; netd alone."""
    folder = tempfile.mkdtemp(prefix="ck-lease-")
    try:
        with Renewals(folder) as renewals:
            renewals.wait(RENEWALS)
            renewals.use_connection()
            return len(renewals.removals())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lease(verdict):
    """`verdict(what, value, must)` notes a value over its must and returns the mark for it."""
    print(f"Median of {RUNS} runs (least to most), and how many times netd's.\n")
    table = Table(verdict)
    fastest = lambda others: min(others.values())  # noqa: E731
    clean = measure(CLIENTS4, lease_server, ("address4", "route4"))
    table.row("first lease: exec to IPv4 address and default route", times(clean, "ready"), " ms", fastest, "fastest of all", "half of the fastest")
    lost = measure(CLIENTS4, lossy_server, ("address4", "route4"))
    fifth = lambda others: min(others.values()) / 5  # noqa: E731
    table.row("the same, first DISCOVER lost", times(lost, "ready"), " ms", fifth, "a fifth of the best", "600 ms")
    table.row("the same, since that DISCOVER", times(lost, "ready", "discover"), " ms", fifth, "a fifth of the best", "600 ms")
    six = measure(CLIENTS6, router, ("address6",))
    table.row("exec to usable global IPv6 address (SLAAC)", times(six, "ready"), " ms", fastest, "fastest of all", "-")
    table.row("the same, since link-up", times(six, "ready", "link"), " ms", fastest, "fastest of all", "100 ms")
    table.row("processes", {c: [len(r.processes) for r in runs] for c, runs in clean.items()}, "", lambda _: 1, "1", "1")
    table.row("RSS, sum", {c: [sum(p[1] for p in r.processes) / 1000 for r in runs] for c, runs in clean.items()}, " kB")
    table.row("PSS, sum", {c: [sum(p[2] for p in r.processes) / 1000 for r in runs] for c, runs in clean.items()}, " kB", lambda _: 1000, "1,000 kB", "400 kB")
    sizes = {"netd": os.path.getsize(program())}
    for client, path in BINARIES.items():
        places = [root for root in (peers.folder(), pathlib.Path("/")) if (root / path).exists()]
        sizes[client] = (places[0] / path).stat().st_size
    table.row("program file", {client: [size / 1000] for client, size in sizes.items()}, " kB")
    table.row(f"address lost in {RENEWALS} renewals", {"netd": [hold()]}, "", lambda _: 0, "never", "never")
