# SPDX-License-Identifier: MIT
"""The domain of deploy/platforms, started by libvirt's own driver for QEMU (virt-qemu-run), not by a command line of ours. Only what this machine
cannot give it is changed: KVM and the host's CPU."""

import os
import re
import shutil
import subprocess
import tempfile
import threading
import xml.etree.ElementTree as tree

import pytest

import peers
from conftest import shows
from qemu import Nic
from qemu_net import wait_until
from qemu_vt import Terminal

# Whom it runs QEMU as is a user of Debian's package. It has neither a log daemon nor control groups or an AppArmor here.
SETUP = 'for file in /etc/passwd /etc/group; do echo "libvirt-qemu:x:64055:64055::/:/bin/false" >>"$file"; done'
QEMU_CONF = """\
user = "root"
group = "root"
dynamic_ownership = 0
namespaces = []
cgroup_controllers = []
security_driver = "none"
stdio_handler = "file"
"""


@pytest.fixture
def libvirt(bench):
    """libvirt(DOMAIN): its screen, once the domain runs."""
    peers.need_file("usr/bin/virt-qemu-run", "virt-qemu-run")
    lab = bench.network()
    root = tempfile.mkdtemp(prefix="corekms-")  # short: what it makes there is a socket's name
    os.makedirs(f"{root}/etc")
    running = []

    def start(domain):
        domain.write(f"{bench.folder}/domain.xml")
        with open(f"{root}/etc/qemu.conf", "w", encoding="ascii") as file:
            file.write(QEMU_CONF)
        command = peers.jailed(["virt-qemu-run", "-r", root, f"{bench.folder}/domain.xml"], f"{bench.folder}/scratch", SETUP)
        # Processes of their own, whose first one, a shell, looks after orphans: with it all are gone.
        command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--", "bash", "-c", '"$@" & wait $!', "bash", *command]
        command = lab.leash() + command
        with open(f"{bench.folder}/libvirt.log", "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        running.append(process)
        return Screen(wait_until("the serial line", lambda: serial_line(process), 30))

    def serial_line(process):
        said = open(f"{bench.folder}/libvirt.log", encoding="utf-8", errors="replace").read()
        assert process.poll() is None, said
        path = f"{root}/log/qemu/corekms.log"
        found = re.search(r"char device redirected to (/dev/pts/\d+)", open(path, encoding="utf-8").read()) if os.path.exists(path) else None
        return found and found[1]

    yield start
    for process in running:
        process.kill()
        process.wait()
    shutil.rmtree(root)


class Screen:
    """What stands on a terminal at the other end of a pseudo terminal."""

    def __init__(self, path):
        self.terminal = Terminal()
        self._line = os.open(path, os.O_RDWR | os.O_NOCTTY)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                data = os.read(self._line, 65536)
            except OSError:
                return
            if not data:
                return
            self.terminal.feed(data)

    def wait(self, *patterns):
        predicate = shows(*patterns)
        wait_until(f"{patterns} on the screen", lambda: predicate(self.terminal.text()), 30)


def test_libvirt_starts_the_domain(bench, libvirt, repository):
    subprocess.run([repository / "image/formats.sh", "qcow2"], check=True, capture_output=True)
    disk = shutil.copy(repository / "out/corekms.qcow2", f"{bench.folder}/corekms.qcow2")
    before = open(disk, "rb").read()
    domain = tree.parse(repository / "deploy/platforms/libvirt.xml")
    nic = Nic("virtio")
    domain.getroot().set("type", "qemu")
    domain.getroot().remove(domain.find("cpu"))
    domain.find("devices/disk/source").set("file", disk)
    assert domain.find("devices/interface/source").get("bridge") == "br0", "as the lab's"
    tree.SubElement(domain.find("devices/interface"), "mac", address=nic.mac)
    screen = libvirt(domain)
    address = bench.lab.wait_lease(nic.mac)
    bench.relay(address)
    screen.wait(r"Service\s+gateway\s+SERVING", rf"inet {address}/24", r"virtio_net")
    assert open(disk, "rb").read() == before
