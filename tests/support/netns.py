# SPDX-License-Identifier: MIT
"""Networks for the real netd on the real kernel: a client and a server namespace joined by veth pairs, real servers in the one (dnsmasq,
radvd), netd in the other with just the user and the capabilities that init gives it. A scripted DHCP server (ScriptedDhcp) does what no
real one does: leases of seconds, refusals, lies, garbage.

Everything that is started is known by its process and ended by close(); logs and a capture stay in the test's folder.
"""

import collections
import concurrent.futures
import ctypes
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading

from qemu_net import LogReader, scaled, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NETD_UID = 101
ROUTER4, ROUTER6 = "192.0.2.1", "2001:db8:1::1"

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def program():
    """What COREKMS_PROGRAM names, else the static program of the image when it has been built, else the sanitized one of the host."""
    if os.environ.get("COREKMS_PROGRAM"):
        return os.environ["COREKMS_PROGRAM"]
    for flavour in ("target", "host"):
        path = ROOT / "build" / flavour / "corekms"
        if path.exists():
            return path
    raise AssertionError("no corekms program has been built")


class Namespace:
    """A network namespace of its own name; deleting it takes its links along."""

    def __init__(self, name):
        self.name = name
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.ip("link set lo up")

    def ip(self, words, check=True):
        return subprocess.run(["ip", "-n", self.name, *words.split()], check=check, capture_output=True, text=True).stdout

    def ip_json(self, words):
        return json.loads(subprocess.run(["ip", "-j", "-n", self.name, *words.split()], check=True, capture_output=True, text=True).stdout)

    def prefix(self):
        # nsenter and not `ip netns exec`: the latter mounts a /sys of its own.
        return ["nsenter", f"--net=/run/netns/{self.name}", "--"]

    def run(self, *command):
        return subprocess.run(self.prefix() + list(command), check=True, capture_output=True, text=True).stdout

    def inside(self, function, *arguments):
        """Calls a function in the namespace; sockets that it makes stay there."""

        def enter():
            with open(f"/run/netns/{self.name}", "rb") as handle:
                if _libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return function(*arguments)

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            return pool.submit(enter).result()

    def delete(self):
        subprocess.run(["ip", "netns", "delete", self.name], check=False, capture_output=True)


def unprivileged(command):
    """The command with the user and the capabilities that init gives netd."""
    capabilities = "-all,+net_admin,+net_raw,+net_bind_service"
    return [
        "setpriv", f"--reuid={NETD_UID}", f"--regid={NETD_UID}", "--clear-groups", "--no-new-privs",
        f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}", f"--bounding-set={capabilities}", *command,
    ]


Record = collections.namedtuple("Record", "kind fields")


def parse_state(text):
    """The records of a state file (ARCHITECTURE.md, "Contracts")."""
    records = []
    for line in text.splitlines():
        kind, *fields = line.split(" ")
        records.append(Record(kind, dict(field.split("=", 1) for field in fields)))
    return records


class Netd:
    """One run of netd in a namespace."""

    def __init__(self, net, links, name="netd", network=None):
        self._net, self._notify = net, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.run_folder = pathlib.Path(net.private) / "run"
        (self.run_folder / "netd").mkdir(parents=True, exist_ok=True)
        os.chown(self.run_folder / "netd", NETD_UID, NETD_UID)
        path = f"{net.private}/notify-{secrets.token_hex(4)}"
        self._notify.bind(path)
        os.chmod(path, 0o777)
        self.notifications = []
        threading.Thread(target=self._read_notifications, daemon=True).start()
        environment = {"PATH": "/usr/bin", "COREKMS_RUN": str(self.run_folder), "NOTIFY_SOCKET": path}
        command = net.client.prefix() + unprivileged([net.program, "netd"])
        for link in links:
            command += ["--link", link]
        if network is not None:
            (self.run_folder / "network").write_text(network)
            command += ["--network", str(self.run_folder / "network")]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        self.log = LogReader(self.process.stdout, f"{net.folder}/{name}.log")

    def _read_notifications(self):
        while True:  # read always: a sender waits when ten are unread
            text = self._notify.recv(4096)
            if not text:
                return
            self.notifications.append(text.decode())

    def wait_ready(self):
        wait_until("READY=1", lambda: any("READY=1" in text for text in self.notifications), 5)

    def state(self):
        try:
            return parse_state((self.run_folder / "netd" / "state").read_text())
        except FileNotFoundError:
            return []

    def records(self, kind, **fields):
        return [r.fields for r in self.state() if r.kind == kind and all(r.fields.get(k) == v for k, v in fields.items())]

    def resolver(self):
        try:
            return (self.run_folder / "netd" / "resolv.conf").read_text()
        except FileNotFoundError:
            return ""

    def leases(self):
        """The IPv4 addresses that it says it leased, as ADDRESS/LENGTH."""
        return [fields["address"] for fields in self.records("address", source="dhcp")]

    def wait_lease(self, address=None, timeout=5):
        """Waits for a lease (of this address) to be reported; returns the reported address."""

        def probe():
            self.check_alive()
            return next((lease for lease in self.leases() if address is None or lease.split("/")[0] == address), None)

        return wait_until(f"lease {address or ''}", probe, timeout)

    def check_alive(self):
        assert self.process.poll() is None, f"netd ended with {self.process.returncode}: {self.log.lines()[-20:]}"

    def stop(self):
        """Ends it as init does; returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(scaled(5))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._notify.shutdown(socket.SHUT_RDWR)
        self._notify.close()


class Net:
    """The two namespaces. join() adds a veth pair: NAME in the client's, s-NAME in the server's."""

    def __init__(self, folder):
        nonce = secrets.token_hex(4)
        elf = program()
        self.folder = folder
        self.private = tempfile.mkdtemp(prefix="ck-netns-")  # reachable for netd's user, as a checkout may not be
        os.chmod(self.private, 0o755)
        self.program = shutil.copy(elf, f"{self.private}/corekms")
        os.chmod(self.program, 0o755)
        self._closers, self._processes = [], []
        self.client, self.server = Namespace(f"ckc-{nonce}"), Namespace(f"cks-{nonce}")
        self.server.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.default.accept_dad=0")
        self.client.run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=1")

    def join(self, name="v0", address4=f"{ROUTER4}/24", address6=f"{ROUTER6}/64", mac=None):
        mac = f"address {mac} " if mac else ""
        self.server.ip(f"link add s-{name} type veth peer name {name} {mac}netns {self.client.name}")
        for address in filter(None, (address4, address6)):
            self.server.ip(f"address add {address} dev s-{name}")
        self.server.ip(f"link set s-{name} up")
        return name

    def carrier(self, name, on):
        """Pulls or plugs the cable: the far end goes down or up (its IPv6 address goes with it and is put back)."""
        self.server.ip(f"link set s-{name} {'up' if on else 'down'}")
        if on:
            self.server.ip(f"address add {ROUTER6}/64 dev s-{name}", check=False)

    def netd(self, *links, name="netd", network=None):
        """`network`: what is wanted of it (engine/netconf/spec_text.h)."""
        netd = Netd(self, links or ("v0",), name, network)
        self._closers.append(netd.close)
        netd.wait_ready()
        return netd

    def spawn(self, namespace, name, command):
        process = subprocess.Popen(namespace.prefix() + command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._processes.append(process)
        return process, LogReader(process.stdout, f"{self.folder}/{name}.log")

    def dnsmasq(self, *options, link="s-v0", first="192.0.2.100", last="192.0.2.149", name="dnsmasq"):
        """A DHCPv4 server; 120 s is the shortest lease that it gives."""
        command = [
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--log-facility=-", "--log-dhcp", "--pid-file=",
            "--port=0", "--no-ping", "--dhcp-authoritative", f"--interface={link}", "--bind-interfaces",
            f"--dhcp-leasefile={self.private}/leases-{name}", f"--dhcp-range={first},{last},255.255.255.0,120", *options,
        ]
        process, log = self.spawn(self.server, name, command)
        wait_until("dnsmasq started", lambda: log.find("started, version") or process.poll() is not None, 10)
        assert process.poll() is None, log.lines()
        return process, log

    def radvd(self, link="s-v0", interval=4, flags="", prefix_flags=""):
        """A router; `interval` is the longest time between advertisements that nobody asked for. `flags`, `prefix_flags`: more of its
        configuration, "AdvManagedFlag on;" for example."""
        path = f"{self.private}/radvd.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f"interface {link} {{ AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval {interval}; {flags}"
                f" prefix 2001:db8:1::/64 {{ {prefix_flags} }};"
                f" RDNSS {ROUTER6} {{ }}; DNSSL ra.example.org {{ }}; }};\n"
            )
        return self.spawn(self.server, "radvd", ["radvd", "-n", "-C", path, "-m", "stderr", "-p", f"{self.private}/radvd.pid"])

    def scripted(self, link="s-v0", **behaviour):
        server = ScriptedDhcp(self, link, **behaviour)
        self._closers.append(server.close)
        return server

    def watch_addresses(self):
        """`ip monitor` of the client's addresses: what was ever removed is seen."""
        return self.spawn(self.client, "monitor", ["ip", "-4", "monitor", "address"])[1]

    def end(self, process):
        process.terminate()
        process.wait(scaled(5))

    def close(self):
        for closer in reversed(self._closers):
            closer()
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.client.delete()
        self.server.delete()
        shutil.rmtree(self.private, ignore_errors=True)


class ScriptedDhcp:
    """A DHCP server whose every answer can be set. `seen` holds the requests as scapy packets."""

    def __init__(self, net, link, *, gives="192.0.2.107", lease=60, t1=None, t2=None, server=ROUTER4, options=None, mask="255.255.255.0"):
        self.gives, self.lease, self.t1, self.t2, self.server, self.mask = gives, lease, t1, t2, server, mask
        self.options = [("router", ROUTER4), ("name_server", ROUTER4), ("domain", b"example.org")] if options is None else options
        self.silent, self.refuses, self.mangle = False, False, None
        self.seen = []
        self._socket = net.server.inside(self._open, link)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._closing = False
        self._thread.start()

    @staticmethod
    def _open(link):
        packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        packets.bind((link, 0x0800))
        packets.settimeout(0.1)
        return packets

    def _run(self):
        from scapy.layers.dhcp import BOOTP, DHCP
        from scapy.layers.l2 import Ether

        while not self._closing:
            try:
                frame = self._socket.recv(2048)
            except TimeoutError:
                continue
            except OSError:
                continue  # the link is down for the moment
            packet = Ether(frame)
            if BOOTP not in packet or DHCP not in packet or packet[BOOTP].op != 1:
                continue
            self.seen.append(packet)
            if not self.silent:
                self._answer(packet)

    def _answer(self, packet):
        kind = self.kind_of(packet)
        if kind == 1:
            self.send(packet, "offer")
        elif kind == 3:
            wanted = self.option(packet, "requested_addr") or packet["BOOTP"].ciaddr
            self.send(packet, "nak" if self.refuses or wanted != self.gives else "ack")

    def send(self, packet, kind):
        frame = bytes(self.reply(packet, kind))
        for part in self.mangle(frame) if self.mangle else [frame]:
            try:
                self._socket.send(part)
            except OSError:
                pass

    def reply(self, packet, kind):
        from scapy.layers.dhcp import BOOTP, DHCP
        from scapy.layers.inet import IP, UDP
        from scapy.layers.l2 import Ether

        options = [("message-type", kind), ("server_id", self.server)]
        yours = "0.0.0.0"
        if kind != "nak":
            yours = self.gives
            options += [("lease_time", self.lease), ("subnet_mask", self.mask)]
            if self.t1:
                options.append(("renewal_time", self.t1))
            if self.t2:
                options.append(("rebinding_time", self.t2))
            options += self.options
        return (
            Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff")
            / IP(src=self.server, dst="255.255.255.255")
            / UDP(sport=67, dport=68)
            / BOOTP(op=2, xid=packet[BOOTP].xid, yiaddr=yours, chaddr=packet[BOOTP].chaddr)
            / DHCP(options=options + ["end"])
        )

    def raw_send(self, frame):
        self._socket.send(frame)

    @staticmethod
    def option(packet, name):
        for option in packet["DHCP"].options:
            if isinstance(option, tuple) and option[0] == name:
                return option[1]
        return None

    @classmethod
    def kind_of(cls, packet):
        return cls.option(packet, "message-type")

    def requests(self):
        return [packet for packet in list(self.seen) if self.kind_of(packet) == 3]

    def close(self):
        self._closing = True
        self._thread.join(2)
        self._socket.close()
