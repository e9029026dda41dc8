# SPDX-License-Identifier: MIT
"""The network that a virtual machine is booted in: one namespace with a bridge, taps, dnsmasq, radvd and a place for the upstream.

Each lab draws a nonce. It is the guest's DHCP domain (n<nonce>.example.org) and the name that the domain's _vlmcs._tcp record points
to, so it can only come out on the guest's screen, in the server's query log and at the upstream if the guest asked for it here.
Everything that is started is known by its process and ended by close(); the logs stay in the lab's folder.
"""

import concurrent.futures
import ctypes
import os
import re
import secrets
import socket
import struct
import subprocess
import threading
import time

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

ROUTER4, UPSTREAM4, SUBNET4 = "192.0.2.1", "192.0.2.9", "192.0.2.0/24"
ROUTER6, UPSTREAM6, PREFIX6 = "2001:db8:1::1", "2001:db8:1::9", "2001:db8:1::/64"

SCALE = float(os.environ.get("COREKMS_TIMEOUT_SCALE", "1"))


def scaled(seconds):
    return seconds * SCALE


def wait_until(what, probe, timeout, step=0.02):
    """Calls probe until it yields something true; returns that. The time-out is scaled here."""
    end = time.monotonic() + scaled(timeout)
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {scaled(timeout):.0f} s: {what}")
        time.sleep(step)


class LogReader:
    """The lines of a program's output with the monotonic time at which each came, kept in a file as well."""

    def __init__(self, stream, path):
        self._lines, self._lock = [], threading.Lock()
        self._stream, self._file = stream, open(path, "a", encoding="utf-8")
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        for raw in self._stream:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            with self._lock:
                self._lines.append((time.monotonic(), line))
            self._file.write(f"{time.time():.3f} {line}\n")
            self._file.flush()

    def lines(self):
        with self._lock:
            return list(self._lines)

    def find(self, pattern, since=0.0):
        """The (time, match) pairs of the lines that came after `since`."""
        wanted = re.compile(pattern)
        found = ((at, wanted.search(line)) for at, line in self.lines() if at >= since)
        return [(at, match) for at, match in found if match]

    def wait(self, pattern, timeout=5, since=0.0):
        """As find, but waits for the first one: a program acts first and says so later, and its pipe takes its time."""
        return wait_until(f"a line like {pattern!r}", lambda: self.find(pattern, since), timeout)


class Lab:
    def __init__(self, folder, *, dhcp=True, router=True, domain=None, upstream_name=None):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.nonce = secrets.token_hex(4)
        self.domain = domain or f"n{self.nonce}.example.org"
        self.upstream_name = upstream_name or f"kms-{self.nonce}"
        self.name = f"ckboot-{self.nonce}"
        self._processes, self._sniffer = [], None
        self._taps, self._slaac = 0, {}
        self._dhcp, self.dhcp_log, self.closed = None, None, False
        try:
            self._make()
            if dhcp:
                self.start_dhcp()
            if router:
                self._start_router()
        except BaseException:
            self.close()
            raise

    # -- the namespace ------------------------------------------------------------------------------------------------------------
    def _make(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.ip("link set lo up")
        # An address of its own: else the bridge's would change as ports come and go.
        self.ip("link add br0 address 02:00:5e:00:53:01 type bridge stp_state 0 forward_delay 0 mcast_snooping 0")
        self.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.br0.accept_dad=0")
        for address in (f"{ROUTER4}/24", f"{UPSTREAM4}/24"):
            self.ip(f"address add {address} dev br0")
        for address in (f"{ROUTER6}/64", f"{UPSTREAM6}/64"):
            self.ip(f"address add {address} dev br0 nodad")
        self.ip("link set br0 up")
        self._sniffer = self.inside(self._open_sniffer)
        threading.Thread(target=self._sniff, daemon=True).start()
        self._spawn("tcpdump", ["tcpdump", "-q", "-U", "-Z", "root", "-i", "br0", "-w", f"{self.folder}/net.pcap"])

    def ip(self, words):
        return subprocess.run(["ip", "-n", self.name, *words.split()], check=True, capture_output=True, text=True).stdout

    def run(self, *command, **options):
        return subprocess.run(self.prefix() + list(command), check=True, **options)

    def prefix(self):
        return ["nsenter", f"--net=/run/netns/{self.name}", "--"]

    def leash(self):
        """The prefix of a program that must not outlive the test, whatever becomes of it."""
        return self.prefix() + ["setpriv", "--pdeathsig", "KILL", "--"]

    def inside(self, function, *arguments, **options):
        """Runs a function in the namespace: sockets that it makes, and threads that it starts, stay there."""

        def enter():
            with open(f"/run/netns/{self.name}", "rb") as handle:
                if _libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return function(*arguments, **options)

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            return pool.submit(enter).result()

    def tap(self):
        """A new port of the bridge; returns its name."""
        name = f"tap{self._taps}"
        self._taps += 1
        self.ip(f"tuntap add dev {name} mode tap")
        self.ip(f"link set {name} master br0 up")
        return name

    def _spawn(self, name, command):
        process = subprocess.Popen(self.leash() + command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._processes.append(process)
        return process, LogReader(process.stdout, f"{self.folder}/{name}.log")

    # -- servers ------------------------------------------------------------------------------------------------------------------
    def start_dhcp(self, first="192.0.2.100", last="192.0.2.149", lease_seconds=3600, options=(), forget=False):
        """dnsmasq: DHCPv4 and DNS. Started again it keeps its leases unless told to forget them."""
        path = f"{self.folder}/leases"
        if forget and os.path.exists(path):
            os.unlink(path)
        command = [
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--log-facility=-", "--log-dhcp", "--log-queries",
            "--pid-file=", "--no-resolv", "--no-hosts", "--no-ping", "--dhcp-authoritative", "--interface=br0", "--except-interface=lo",
            "--bind-interfaces", f"--dhcp-leasefile={path}", f"--dhcp-range={first},{last},255.255.255.0,{lease_seconds}",
            f"--domain={self.domain}", f"--local=/{self.domain}/", "--dhcp-option=option:router,192.0.2.1",
            f"--host-record={self.upstream_name}.{self.domain},{UPSTREAM4},{UPSTREAM6}",
            f"--srv-host=_vlmcs._tcp.{self.domain},{self.upstream_name}.{self.domain},1688,0,0", *options,
        ]
        self._dhcp, self.dhcp_log = self._spawn("dnsmasq", command)
        wait_until("dnsmasq started", lambda: self.dhcp_log.find("started, version") or self._dhcp.poll() is not None, 10)
        assert self._dhcp.poll() is None, self.dhcp_log.lines()

    def stop_dhcp(self):
        self._dhcp.terminate()
        self._dhcp.wait(10)

    def _start_router(self):
        path = f"{self.folder}/radvd.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                "interface br0 {\n  AdvSendAdvert on;\n  MinRtrAdvInterval 3;\n  MaxRtrAdvInterval 10;\n"
                f"  prefix {PREFIX6} {{ AdvOnLink on; AdvAutonomous on; }};\n"
                f"  RDNSS {ROUTER6} {{ }};\n  DNSSL {self.domain} {{ }};\n}};\n"
            )
        radvd, log = self._spawn("radvd", ["radvd", "-n", "-C", path, "-m", "stderr", "-d", "2", "-p", f"{self.folder}/radvd.pid"])
        wait_until("radvd started", lambda: log.find("sending RA|polling") or radvd.poll() is not None, 10)
        assert radvd.poll() is None, log.lines()

    # -- what was seen on the wire ------------------------------------------------------------------------------------------------
    def _open_sniffer(self):
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
        sniffer.bind(("br0", 0x86DD))
        return sniffer

    def _sniff(self):
        while True:
            try:
                frame = self._sniffer.recv(2048)
            except OSError:
                return
            if len(frame) < 78 or frame[20] != 58 or frame[54] != 135 or frame[22:38] != bytes(16):
                continue  # Only duplicate address detection is wanted: a neighbour solicitation from the unspecified address.
            target = socket.inet_ntop(socket.AF_INET6, frame[62:78])
            mac = ":".join(f"{byte:02x}" for byte in struct.unpack("6B", frame[6:12]))
            self._slaac.setdefault(mac, {})[target] = time.monotonic()

    def global6(self, mac, since=0.0):
        """The address of our prefix for which this MAC performed duplicate address detection, or None."""
        for address, at in list(self._slaac.get(mac, {}).items()):
            if address.startswith("2001:db8:1:") and at >= since:
                return address
        return None

    def lease(self, mac):
        """The address that the server's lease file holds for this MAC, or None."""
        try:
            with open(f"{self.folder}/leases", encoding="utf-8") as file:
                for line in file:
                    words = line.split()
                    if len(words) >= 3 and words[1] == mac:
                        return words[2]
        except FileNotFoundError:
            pass
        return None

    # What a card was given before `since`, by whatever was booted then, does not count.
    def wait_lease(self, mac, timeout=30, since=0.0):
        def probe():
            given = self.dhcp_log.find(rf"DHCPACK\(br0\) (\S+) {mac}", since) if since else []
            return given[-1][1].group(1) if given else None if since else self.lease(mac)

        return wait_until(f"a lease of {mac}", probe, timeout)

    def wait_global6(self, mac, timeout=30, since=0.0):
        return wait_until(f"an IPv6 address of {mac}", lambda: self.global6(mac, since), timeout)

    def ping(self, address, timeout=2.0):
        """True if the address answers one ICMP(v6) echo."""

        def once():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            protocol, kind, reply = (socket.IPPROTO_ICMPV6, 128, 129) if ":" in address else (socket.IPPROTO_ICMP, 8, 0)
            with socket.socket(family, socket.SOCK_RAW, protocol) as sock:
                mark = secrets.token_bytes(8)
                packet = struct.pack("!BBHHH", kind, 0, 0, 0x4B4D, 1) + mark
                if family == socket.AF_INET:
                    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
                    total = (total & 0xFFFF) + (total >> 16)
                    total = (total & 0xFFFF) + (total >> 16)
                    packet = packet[:2] + struct.pack("!H", ~total & 0xFFFF) + packet[4:]
                sock.sendto(packet, (address, 0))
                end = time.monotonic() + scaled(timeout)
                while (left := end - time.monotonic()) > 0:
                    sock.settimeout(left)
                    try:
                        data = sock.recv(2048)
                    except TimeoutError:
                        return False
                    if data.endswith(mark) and data[0 if family == socket.AF_INET6 else 20] == reply:
                        return True
                return False

        return self.inside(once)

    def close(self):
        if self.closed:
            return
        self.closed = True
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._sniffer:
            self._sniffer.close()
        subprocess.run(["ip", "netns", "del", self.name], check=False)
