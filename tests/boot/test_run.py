# SPDX-License-Identifier: MIT
"""`./ck run` as somebody at a terminal has it: what it says first, the machine's screen and port, and Ctrl-A X, which leaves nothing behind."""

import fcntl
import os
import pathlib
import re
import socket
import struct
import subprocess
import termios
import threading

import pytest

import qemu_agent
from conftest import shows
from qemu_net import scaled, wait_until
from qemu_vt import Terminal
from upstream import BIND_NAK, Upstream, bind, read_pdu, rpc_exchange_until, socket_in

HERE = "127.0.0.1"


# Whoever types it has a shell, which is still there afterwards: nothing else is.
SHELL = ["bash", "-c", '"$@"; echo "left with $?"; read -r', "--"]


class AtTerminal:
    """A command given to a shell at a terminal, in the lab's namespace; `text` is all that was written there."""

    def __init__(self, lab, command, environment):
        self.terminal, self.text = Terminal(), b""
        self._master, child = os.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        # The terminal is its session's: if this test ends, so does all that was started there.
        command = lab.leash() + ["setsid", "--ctty", *SHELL, *command]
        self.process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env={**os.environ, **environment})
        os.close(child)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            self.text += data
            self.terminal.feed(data)

    def says(self, pattern, timeout=20):
        return wait_until(f"{pattern!r} at the terminal", lambda: self._found(pattern), timeout)

    def _found(self, pattern):
        assert self.process.poll() is None, self.text.decode(errors="replace")
        return re.search(pattern, self.text.decode(errors="replace"))

    def shows(self, *patterns):
        predicate = shows(*patterns)
        try:
            wait_until(f"{patterns} on the screen", lambda: predicate(self.terminal.text()), 30)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is:\n{self.terminal.text()}") from None

    def type(self, data):
        os.write(self._master, data)

    def session(self):
        """The processes of its session, but for the shell."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                name, fields = path.read_text().rsplit(")", 1)
            except (FileNotFoundError, ProcessLookupError):
                continue
            number, name = name.split(" (", 1)
            if int(fields.split()[3]) == self.process.pid != int(number):
                found.append(name)
        return found

    def close(self):
        os.close(self._master)  # hangs up
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def run(bench, repository, tmp_path):
    """run(ARGUMENT...): ./ck run of the image that is there, or of one that is built for it in `out`."""
    started = []

    def start(*arguments, out=None):
        command = [str(repository / "ck"), "run", *(() if out else ("--no-build",)), *arguments]
        environment = {"COREKMS_ACCEL": "tcg", "TMPDIR": str(tmp_path), "TERM": "xterm"} | ({"COREKMS_OUT": str(out)} if out else {})
        started.append(AtTerminal(bench.lab, command, environment))
        return started[-1]

    yield start
    for one in started:
        one.close()


def leave(at, tmp_path):
    assert "qemu-system-x86" in at.session()
    at.type(b"\x01x")
    assert at.says(r"left with (\d+)")[1] == "0"
    assert not at.session(), "it leaves processes"
    assert not list(tmp_path.iterdir()), "it leaves files"


def test_it_shows_the_screen_of_a_machine_that_reaches_nothing(bench, run, tmp_path):
    lab = bench.network()
    at = run()
    banner = at.says(r"QEMU with TCG \(COREKMS_ACCEL says so\), bios, 64 MB, virtio-net-pci; the machine's port 1688 is localhost:(\d+)\r\n")
    at.says(r"The machine reaches nothing outside itself; .*\r\n.*Ctrl-A X leaves\r\n")
    at.shows(r"Service\s+gateway\s+WAITING", r"inet 10\.0\.2\.15/24 .*DHCP")
    # Its port is the machine's: the gateway answers, that it knows of no host.
    with socket_in(lab.name, socket.AF_INET, socket.SOCK_STREAM) as peer:
        peer.settimeout(scaled(10))
        peer.connect((HERE, int(banner[1])))
        peer.sendall(bind())
        assert read_pdu(peer)[2] == BIND_NAK
    at.type(b"4")
    at.shows(r"^ netd\s+running")
    leave(at, tmp_path)


def test_it_relays_to_the_upstream_that_it_is_given(bench, run, tmp_path):
    lab = bench.network()
    upstream = Upstream(netns=lab.name)
    upstream.start(HERE, 1700)
    at = run("--iso", "--nic", "e1000", "--memory", "48", "--upstream", "10.0.2.2:1700")  # this host, from inside of QEMU's network
    port = at.says(r"QEMU with TCG \(COREKMS_ACCEL says so\), bios, 48 MB, e1000; .* localhost:(\d+)\r\n")[1]
    at.says(r"Upstream 10\.0\.2\.2:1700: the machine may reach the network")
    at.shows(r"Service\s+gateway\s+SERVING", r"Upstream\s+10\.0\.2\.2:1700 ", r"inet 10\.0\.2\.15/24 .*DHCP")
    nonce = os.urandom(16)
    exchange = rpc_exchange_until((HERE, int(port)), nonce, scaled(20), netns=lab.name, timeout=scaled(10))
    assert any(session.received == exchange.sent and session.sent == exchange.received for session in upstream.sessions)
    leave(at, tmp_path)
    upstream.stop()


def test_it_shows_a_service_of_ones_own(bench, run, repository, tmp_path, tmp_path_factory):
    program = qemu_agent.build_programs(repository) / "echo"
    lab = bench.network()
    at = run("--service", str(program), "--service-args=hello there", out=tmp_path_factory.mktemp("out"))
    port = at.says(r"QEMU with TCG .* localhost:(\d+)\r\n", 120)[1]
    at.shows(r"Service\s+service\s+RUNNING", r"inet 10\.0\.2\.15/24 .*DHCP")
    with socket_in(lab.name, socket.AF_INET, socket.SOCK_STREAM) as peer:
        peer.settimeout(scaled(10))
        peer.connect((HERE, int(port)))
        with peer.makefile(encoding="ascii") as lines:
            assert lines.readline() == "104 hello there\n"
    leave(at, tmp_path)


def test_what_stands_there_is_not_built_anew(repository):
    command = [str(repository / "ck"), "run", "--no-build", "--config", "document"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "--config changes nothing there" in done.stderr
