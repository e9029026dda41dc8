# SPDX-License-Identifier: MIT
"""The profiles beside `full`, each with devices that only it has to know, or with as little as it needs."""

import shutil
import subprocess

import pytest

import volumes
from conftest import shows, without_el_torito
from qemu import Nic
from test_config import fw_cfg, in_file
from test_matrix import whole
from test_volumes import document

# Whether the timer's interrupt arrives is counted under emulation, on a busy host wrongly: only real machines are to do that.
CMDLINE = "no_timer_check"
USB = ("-device", "qemu-xhci,id=xhci", "-device", "usb-kbd,bus=xhci.0")


@pytest.fixture(scope="session")
def profile(repository):
    """profile(NAME, kind): that file, built if need be."""

    def build(name, kind):
        subprocess.run([repository / "ck", "image", "--profile", name, kind], check=True, capture_output=True)
        return repository / "out" / f"corekms-{name}.{kind}"

    return build


def start(bench, image, **options):
    return bench.vm("kernel", image=shutil.copy(image, bench.folder), **options)


# ---- micro ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", ["microvm,acpi=off", "q35"])
def test_micro_serves_on_virtio(bench, profile, machine):
    bench.network()
    on_pci = machine == "q35"
    nic = Nic("virtio-net-pci" if on_pci else "virtio-net-device")
    path = in_file(bench, "document.toml", '[system]\nhostname = "by-host"\n')
    vm = start(bench, profile("micro", "bzimage" if on_pci else "vmlinux"), machine=machine, memory=32, nics=[nic], extra=fw_cfg(path))
    whole(bench, vm, nic)
    vm.wait_screen(shows(r"by-host", r"Config\s+fw_cfg"), 10)
    vm.qmp.command("quit")  # without ACPI there is no power button
    assert vm.process.wait(20) == 0


# ---- metal ---------------------------------------------------------------------------------------------------------------


def test_metal_serves_on_cards_of_real_machines_and_heeds_a_usb_keyboard(bench, profile):
    lab = bench.network()
    first, cards = Nic("e1000e"), [Nic("rtl8139"), Nic("usb-net")]
    vm = start(bench, profile("metal", "efi"), machine="q35,usb=on,i8042=off", memory=96, nics=[first, *cards], cmdline=CMDLINE, extra=USB)
    whole(bench, vm, first)
    for card in cards:
        bench.relay(lab.wait_lease(card.mac, 30))
    vm.type("2")  # the first screen has no room for three links
    vm.wait_screen(shows(r"mtu 1500  e1000e", r"mtu 1500  8139cp", r"mtu 1500  cdc_ether"), 10)
    assert vm.press_ctrl_alt_del() == ("guest-reset", 0)  # there is no other keyboard


@pytest.mark.parametrize("firmware", ["seabios", "ovmf"])
def test_metal_starts_from_a_usb_stick_with_the_document_on_it(bench, profile, firmware):
    lab = bench.network()
    nic = Nic("e1000e")
    image = shutil.copy(profile("metal", "img"), bench.folder)
    volumes.add(image, "corekms.toml", document("by-stick"))
    vm = bench.vm("disk", image=image, device=("qemu-xhci", "usb-storage"), firmware=firmware, memory=128, nics=[nic])
    bench.relay(lab.wait_lease(nic.mac, 90))
    vm.wait_screen(shows(r"by-stick", r"Config\s+volume COREKMS_SYS \(sda1\), sha256"), 20)
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_metal_s_iso_is_a_usb_stick_as_well(bench, profile):
    lab = bench.network()
    nic = Nic("e1000e")
    image = without_el_torito(shutil.copy(profile("metal", "iso"), bench.folder))
    vm = bench.vm("iso-disk", image=image, device=("qemu-xhci", "usb-storage"), firmware="ovmf", memory=128, nics=[nic])
    bench.relay(lab.wait_lease(nic.mac, 90))
    vm.wait_screen(shows(r"SERVING"), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)
