# SPDX-License-Identifier: MIT
"""timed in a namespace, and time servers for it: chronyd and ntpd, which may not touch the machine's clock and give out what it says, and
ScriptedNtp, whose every answer can be set. timed itself only ever observes here: no test sets the clock of the machine that it runs on.
"""

import os
import pathlib
import secrets
import socket
import struct
import subprocess
import threading
import time

import peers
from netns import ROUTER4, parse_state
from qemu_net import LogReader, scaled, wait_until

UID = 105
CLIENT4, CLIENT6 = "192.0.2.2", "2001:db8:1::2"
ERA = 2_208_988_800  # seconds from 1900 to 1970
# With it taken from the bounding set no program that is started can set the clock, root or not.
HANDS_OFF = ["setpriv", "--bounding-set=-sys_time", "--inh-caps=-sys_time", "--"]


class Timed:
    """One run of timed, told to observe, in the client's namespace, without any capability."""

    def __init__(self, net, config="", arguments=()):
        self._net, self.run_folder = net, pathlib.Path(net.private) / "run"
        for name, uid in (("timed", UID), ("netd", os.getuid())):
            (self.run_folder / name).mkdir(parents=True, exist_ok=True)
            if name == "timed":
                os.chown(self.run_folder / name, uid, uid)
        (self.run_folder / "time-config").write_text(config + "mode observe=on\n")
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = f"{net.private}/notify-{secrets.token_hex(4)}"
        self._notify.bind(path)
        os.chmod(path, 0o777)
        self._notify.settimeout(scaled(5))
        environment = {"PATH": "/usr/bin", "COREKMS_RUN": str(self.run_folder), "NOTIFY_SOCKET": path}
        identity = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        command = net.client.prefix() + identity + [net.program, "timed", "--config", str(self.run_folder / "time-config"), *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        self.log = LogReader(self.process.stdout, f"{net.folder}/timed.log")

    def wait_ready(self):
        assert self._notify.recv(100) == b"READY=1"
        return self

    def network(self, *lines):
        """Publishes as netd does."""
        folder = self.run_folder / "netd"
        (folder / "state.new").write_text("".join(line + "\n" for line in lines))
        os.rename(folder / "state.new", folder / "state")

    def records(self, kind, **fields):
        assert self.process.poll() is None, f"timed ended with {self.process.returncode}: {self.log.lines()[-20:]}"
        try:
            records = parse_state((self.run_folder / "timed" / "state").read_text())
        except FileNotFoundError:
            return []
        return [r.fields for r in records if r.kind == kind and all(r.fields.get(k) == v for k, v in fields.items())]

    def wait_clock(self, timeout=5, **fields):
        return wait_until(f"a clock with {fields}", lambda: self.records("clock", **fields), timeout)[0]

    def wait_server(self, timeout=5, **fields):
        return wait_until(f"a server with {fields}", lambda: self.records("server", **fields), timeout)[0]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(scaled(5))

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._notify.close()


def answers(net):
    """Does anything answer SNTP on the server's address, from within its own namespace?"""

    def ask():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.3)
            sock.connect((ROUTER4, 123))
            try:
                sock.send(b"\x23" + bytes(47))
                return sock.recv(100)
            except OSError:
                return None

    return net.server.inside(ask)


def _serve(net, name, command, setup):
    process, log = net.spawn(net.server, name, peers.jailed(HANDS_OFF + command, f"{net.private}/jail-{name}", setup))
    wait_until(f"{name} answers", lambda: answers(net) or process.poll() is not None, 15)
    assert process.poll() is None, log.lines()
    return process, log


def chronyd(net, *lines):
    """`local stratum 3`: it takes the machine's clock for right. With other lines, for instance none at all, it is not synchronised."""
    config = pathlib.Path(net.private, "chrony.conf")
    config.write_text("allow\ncmdport 0\n" + "".join(line + "\n" for line in lines))
    return _serve(net, "chronyd", ["/usr/sbin/chronyd", "-d", "-x", "-u", "root", "-f", str(config)], "mkdir -p /run/chrony /var/lib/chrony")


def ntpd(net, *lines):
    config = pathlib.Path(net.private, "ntp.conf")
    # Its own clock will do for it, and after a second without any other.
    config.write_text("tos orphan 3 orphanwait 1\nrefclock local stratum 3 minpoll 3 maxpoll 3\n" + "".join(line + "\n" for line in lines))
    return _serve(net, "ntpd", ["/usr/sbin/ntpd", "-n", "-N", "-c", str(config)], "mkdir -p /var/lib/ntpsec /var/log/ntpsec")


class ScriptedNtp(threading.Thread):
    """A time server that is `error` seconds off. `mangle` gets each answer's bytes and returns what is sent instead: bytes, or a list of
    them, each of which may be (bytes, socket). `seen` holds the questions, each with its sender."""

    def __init__(self, net, address=ROUTER4, error=0.0, mangle=None, scope=0):
        super().__init__(daemon=True)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket, self.other = net.server.inside(lambda: [socket.socket(family, socket.SOCK_DGRAM) for _ in range(2)])
        self.socket.bind((address, 123, 0, scope) if ":" in address else (address, 123))
        self.socket.settimeout(0.1)
        self.error, self.mangle, self.seen, self._end = error, mangle, [], threading.Event()
        self.start()

    def run(self):
        while not self._end.is_set():
            try:
                question, peer = self.socket.recvfrom(1000)
            except TimeoutError:
                continue
            self.seen.append((question, peer))
            sent = self.answer(question)
            if self.mangle:
                sent = self.mangle(sent)
            for part in sent if isinstance(sent, list) else [sent]:
                data, sender = part if isinstance(part, tuple) else (part, self.socket)
                sender.sendto(data, peer)

    def answer(self, question):
        now = time.time() + self.error
        stamp = struct.pack("!II", (int(now) + ERA) % 2**32, int(now % 1 * 2**32))
        return bytes([0x24, 2, 6, 0xE9]) + struct.pack("!II", 0x200, 0x300) + b"\xc0\0\2\x63" + stamp + question[40:48] + stamp + stamp

    def close(self):
        self._end.set()
        self.join()
        self.socket.close()
        self.other.close()
