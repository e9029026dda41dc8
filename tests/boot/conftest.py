# SPDX-License-Identifier: MIT
"""Images, networks and machines of the boot tests."""

import hashlib
import http.client
import re
import shutil
import socket
import subprocess

import pytest

from qemu import Vm
from qemu_net import UPSTREAM4, UPSTREAM6, Lab, scaled, wait_until
from upstream import Upstream, rpc_exchange_until


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def without_el_torito(iso):
    """Takes from a copy of an ISO what makes a CD bootable: it then is a disk by its table of partitions or not at all."""
    with open(iso, "r+b") as file:
        file.seek(17 * 2048 + 7)
        name = b"EL TORITO SPECIFICATION"
        assert file.read(len(name)) == name
        file.seek(17 * 2048 + 7)
        file.write(bytes(len(name)))
    return iso


class Images:
    """The files of out/, as `./ck build` left them, and the ESP disk that image/build.sh makes of the .efi."""

    def __init__(self, root):
        self._root = root
        self.efi, self.vmlinux, self.iso = (str(root / "out" / f"corekms.{kind}") for kind in ("efi", "vmlinux", "iso"))
        missing = [path for path in (self.efi, self.vmlinux, self.iso) if not (root / path).exists()]
        if missing:
            pytest.exit(f"not built: {', '.join(missing)}: run ./ck build", returncode=2)

    def esp(self, path):
        subprocess.run([str(self._root / "image" / "build.sh"), "esp", path], check=True, capture_output=True)
        return path

    def of(self, boot, folder):
        """A copy that the machine may write to: (path, Vm's word for how to boot it)."""
        if boot == "esp":
            return self.esp(f"{folder}/esp.img"), "disk"
        source = {"iso-cd": self.iso, "iso-disk": self.iso, "kernel": self.efi, "pvh": self.vmlinux}[boot]
        target = f"{folder}/image.{source.rsplit('.', 1)[1]}"
        shutil.copyfile(source, target)
        if boot == "iso-disk":
            without_el_torito(target)
        return target, "kernel" if boot in ("kernel", "pvh") else boot


@pytest.fixture(scope="session")
def images(repository):
    return Images(repository)


class Bench:
    """One test's network, upstream and machines; all of it ends with the test."""

    def __init__(self, folder, images):
        self.folder, self.images = folder, images
        self.lab, self.upstream, self._vms = None, None, []

    def network(self, **options):
        self.lab = Lab(self.folder, **options)
        self.upstream = Upstream(netns=self.lab.name)
        for host in (UPSTREAM4, UPSTREAM6):
            self.upstream.start(host, 1688)
        return self.lab

    def vm(self, boot="iso-cd", folder=None, **options):
        folder = folder or self.folder
        image = options.pop("image", None)
        if image or boot == "network":
            word = {"esp": "disk", "pvh": "kernel"}.get(boot, boot)
        else:
            image, word = self.images.of(boot, folder)
        vm = Vm(self.lab, folder, image=image, boot=word, **options)
        vm.image = image
        self._vms.append(vm)
        return vm

    def relay(self, address, patience=20):
        """One exchange through the guest at this address; every byte of both directions must be what the other end saw."""
        nonce = self.lab.nonce.encode()
        exchange = rpc_exchange_until((address, 1688), nonce, scaled(patience), netns=self.lab.name, timeout=scaled(10))
        assert nonce in exchange.sent and exchange.stub

        def carried():
            return any(s.received == exchange.sent and s.sent == exchange.received for s in list(self.upstream.sessions))

        wait_until(f"the exchange by {address} at the upstream, byte for byte", carried, 2)
        return exchange

    def close(self):
        for vm in self._vms:
            vm.close()
        if self.upstream:
            self.upstream.stop()
        if self.lab:
            self.lab.close()


@pytest.fixture
def bench(request, images):
    bench = Bench(request.getfixturevalue("transcripts"), images)
    yield bench
    bench.close()


def memory_used(screen):
    """MiB used, as the screen says."""
    found = re.search(r"Memory\s+([\d.]+) of ([\d.]+) MiB", screen)
    assert found, screen
    return float(found.group(1))


def links(screen):
    return re.findall(r"^\s*\d+: (\w+): <", screen, re.MULTILINE)


def shows(*patterns):
    """A predicate for wait_screen: every pattern is somewhere on the screen."""
    compiled = [re.compile(pattern, re.MULTILINE) for pattern in patterns]
    return lambda text: all(pattern.search(text) for pattern in compiled)


def enlarge(vm, columns, rows):
    """Gives the serial line a terminal of that size: Enter makes the machine ask for it, and it is told."""
    vm.terminal.resize(columns, rows)
    asked = vm.terminal.questions
    vm.type("\r")
    vm.wait_screen(lambda text: vm.terminal.questions > asked, 10, "the question for the size")
    vm.type(f"\033[{rows};{columns}R")
    vm.wait_screen(lambda text: text.splitlines()[-1].startswith(" Enter refresh") and len(text.splitlines()[1]) == columns - 1, 10)


def get(lab, address, path):
    """(status, body) of an HTTP request from the lab."""
    status, body = get_bytes(lab, address, path)
    return status, body.decode()


def get_bytes(lab, address, path):
    """The page starts when what serves has started: at boot it may come a moment later."""

    def connected():
        try:
            return lab.inside(socket.create_connection, (address, 80), scaled(10))
        except ConnectionRefusedError:
            return None

    connection = http.client.HTTPConnection(address, 80, timeout=scaled(10))
    connection.sock = wait_until("the page to be listened on", connected, 10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
