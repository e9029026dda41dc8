# SPDX-License-Identifier: MIT
"""The image for 64-bit ARM on QEMU's `virt`, started by EDK2: as a disk, as a CD, and by a boot loader that has words of its own."""

import os
import re
import shutil
import subprocess
import time

import pytest

import qemu_display
from conftest import enlarge, links, shows, without_el_torito
from qemu import Nic
from qemu_net import scaled, wait_until
from test_matrix import whole

MEMORY = 160  # MiB; EDK2 wants most of it
PATIENCE = 90


@pytest.fixture(scope="module")
def out(repository):
    if not (repository / "out" / "corekms-aarch64.efi").exists():
        pytest.fail("not built: run ./ck build --arch aarch64")
    subprocess.run([repository / "image" / "formats.sh"], env={**os.environ, "CK_ARCH": "aarch64"}, check=True, capture_output=True)
    return repository / "out"


def start(bench, out, boot, name, **options):
    image = shutil.copy(out / name, f"{bench.folder}/{name}")
    if boot == "iso-disk":
        without_el_torito(image)
    return bench.vm(boot, machine=options.pop("machine", "virt"), image=image, memory=MEMORY, **options)


def test_a_disk_serves_and_cards_come_and_go(bench, out):
    lab = bench.network()
    first, second = Nic("virtio-net-pci"), Nic("virtio-net-pci")
    slot = ["-device", "pcie-root-port,id=slot1,chassis=1,slot=1"]
    vm = start(bench, out, "disk", "corekms-aarch64.img", device=("virtio-blk-pci",), nics=[first], extra=slot)
    address, _ = whole(bench, vm, first, PATIENCE)
    enlarge(vm, 80, 40)  # room for both cards
    for _ in range(2):
        hot = lab.wait_lease(second.mac, 20, since=vm.plug(second, "slot1"))
        vm.wait_screen(shows(rf"link/ether {second.mac}\n +inet {re.escape(hot)}/24"), 10, "the second card on the screen")
        bench.relay(hot)
        vm.unplug(second)
        vm.wait_screen(lambda text: len(links(text)) == 1, 10, "one card left")
    bench.relay(address)
    assert vm.press_power_button() == ("guest-shutdown", 0)


DISPLAY = ["-device", "ramfb"]
USB_KEYBOARD = ["-device", "qemu-xhci", "-device", "usb-kbd"]
VIRTIO_KEYBOARD = ["-device", "virtio-keyboard-pci"]


def restart_by_the_display(vm):
    mark = vm.qmp.mark()
    vm.qmp.command("send-key", keys=[{"type": "qcode", "data": "r"}])
    time.sleep(scaled(2))
    vm.qmp.command("send-key", keys=[{"type": "qcode", "data": "y"}])
    assert vm.ended(mark, 20) == ("guest-reset", 0)


def test_a_cd_serves_with_a_display_and_its_keyboard(bench, out):
    lab = bench.network()
    nic = Nic("e1000e")
    vm = start(bench, out, "iso-cd", "corekms-aarch64.iso", machine="virt,gic-version=3", nics=[nic], extra=DISPLAY + USB_KEYBOARD)
    bench.relay(lab.wait_lease(nic.mac, PATIENCE))
    vm.wait_screen(shows(r"SERVING"), 10)
    enlarge(vm, *qemu_display.size(vm))
    wait_until("the page on the display", lambda: qemu_display.ink(vm) == qemu_display.ink_of(vm.screen()), 20, step=1)
    restart_by_the_display(vm)


def test_the_iso_is_a_disk_as_well(bench, out):
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = start(bench, out, "iso-disk", "corekms-aarch64.iso", device=("virtio-blk-pci",), nics=[nic])
    bench.relay(lab.wait_lease(nic.mac, PATIENCE))
    vm.wait_screen(shows(r"SERVING"), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_words_of_a_boot_loader_are_added_to_those_built_in(bench, out):
    lab = bench.network()
    nic = Nic("vmxnet3")
    vm = start(bench, out, "kernel", "corekms-aarch64.efi", nics=[nic], cmdline="corekms.upstream=192.0.2.77:1999", extra=DISPLAY + VIRTIO_KEYBOARD)
    lab.wait_lease(nic.mac, PATIENCE)
    vm.wait_screen(shows(r"192\.0\.2\.77:1999"), 20)
    restart_by_the_display(vm)  # The display is a console by a word of the built-in line alone.
