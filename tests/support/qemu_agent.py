# SPDX-License-Identifier: MIT
"""The hand inside the guest: tests/boot/programs/agent.cc, brought in by an external initramfs and spoken to on ttyS1.

The image itself is booted as it is; the kernel unpacks this archive over its own and starts the agent by `rdinit=`."""

import fcntl
import re
import socket
import stat
import subprocess
import threading

from qemu_net import scaled

CMDLINE = "rdinit=/agent/start"


def build_programs(root):
    """Builds tests/boot/programs with the project's toolchain; returns the folder of the programs."""
    source, target = root / "tests" / "boot" / "programs", root / "build" / "test" / "programs"
    configure = ["cmake", "-G", "Ninja", "-S", source, "-B", target, f"-DCMAKE_TOOLCHAIN_FILE={root}/toolchain/target.cmake"]
    target.mkdir(parents=True, exist_ok=True)
    with open(target / ".lock", "w", encoding="ascii") as lock:  # each worker builds them; CMake stands no second one in its folder
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (configure, ["cmake", "--build", target]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return target


def _entry(number, name, mode, content=b"", device=(0, 0)):
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


def pack(files, path, folders=()):
    """Writes an initramfs of plain files, {name: content}, and of the folders that they are in."""
    with open(path, "wb") as file:
        for name in folders:
            file.write(_entry(0, name, stat.S_IFDIR | 0o755))
        for number, (name, content) in enumerate(files.items(), 1):
            file.write(_entry(number, name, stat.S_IFREG | 0o644, content))
        file.write(_entry(0, "TRAILER!!!", 0))
    return path


def archive(program, path):
    """Writes the external initramfs: the agent and the node of its serial port (ttyS1 is character device 4:65)."""
    with open(program, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(_entry(1, "agent", stat.S_IFDIR | 0o755))
        file.write(_entry(2, "agent/start", stat.S_IFREG | 0o755, content))
        file.write(_entry(3, "agent/port", stat.S_IFCHR | 0o600, device=(4, 65)))
        file.write(_entry(0, "TRAILER!!!", 0))
    return path


class Agent:
    """One end of ttyS1. `child` is the other one: give it to QEMU and close it."""

    def __init__(self):
        self._socket, self.child = socket.socketpair()
        self._lock, self._greeted = threading.Lock(), False

    def arguments(self):
        return ["-chardev", f"socket,id=agent,fd={self.child.fileno()}", "-serial", "chardev:agent"]

    def ask(self, line, timeout=20):
        with self._lock:
            self._socket.settimeout(scaled(timeout))
            if not self._greeted:  # What is sent before the guest has opened the port would be lost.
                self._answer(line, b".\n")  # perhaps behind what UEFI firmware writes there, too
                self._greeted = True
            self._socket.sendall(line.encode() + b"\n")
            return self._answer(line, b"\n.\n")

    def _answer(self, line, end):
        answer = b""
        while not (answer == b".\n" or answer.endswith(end)):
            part = self._socket.recv(4096)
            assert part, f"the agent went away while asked {line!r}"
            answer += part
        return answer[:-2].decode()

    def programs(self):
        """Name to (pid, uid)."""
        rows = (line.split() for line in self.ask("ps").splitlines())
        return {name: (int(pid), int(uid)) for pid, uid, name in rows}

    def kill(self, name, signal):
        """Sends the signal to the programs of this name; returns their pids."""
        return [int(pid) for pid in re.findall(r"^(\d+) sent$", self.ask(f"kill {name} {int(signal)}"), re.MULTILINE)]

    def state(self, program):
        """The records of the program's state file: a list of (kind, {key: value})."""
        records = []
        for line in self.ask(f"cat /run/corekms/{program}/state").splitlines():
            kind, *pairs = line.split()
            records.append((kind, dict(pair.split("=", 1) for pair in pairs)))
        return records

    def close(self):
        self._socket.close()


__all__ = ["Agent", "CMDLINE", "archive", "build_programs"]
