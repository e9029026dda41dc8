# SPDX-License-Identifier: MIT
"""Each file of ./ck image, started as its platform would: that platform's disk controller, network card and firmware, in QEMU."""

import os
import shutil
import subprocess
import tarfile

import pytest

from conftest import shows
from qemu import Nic

HOSTS = {
    # file: (form, machine, firmware, disk, NIC)
    "KVM, BIOS": ("corekms.img", "raw", "pc", "seabios", ("virtio-blk-pci",), "virtio-net-pci"),
    "KVM, UEFI": ("corekms.img", "raw", "q35", "ovmf", ("virtio-blk-pci",), "virtio-net-pci"),
    "Proxmox, BIOS": ("corekms.qcow2", "qcow2", "pc", "seabios", ("virtio-scsi-pci", "scsi-hd"), "virtio-net-pci"),
    "Proxmox, UEFI": ("corekms.qcow2", "qcow2", "q35", "ovmf", ("virtio-scsi-pci", "scsi-hd"), "virtio-net-pci"),
    "Hyper-V generation 1": ("corekms-gen1.vhd", "vpc", "pc", "seabios", ("ide-hd",), "e1000"),
    "Hyper-V generation 2": ("corekms-gen2.vhdx", "vhdx", "q35", "ovmf", ("virtio-scsi-pci", "scsi-hd"), "virtio-net-pci"),
    "VMware, BIOS": ("corekms.vmdk", "vmdk", "pc", "seabios", ("ahci", "ide-hd"), "vmxnet3"),
    "VMware, UEFI": ("corekms.vmdk", "vmdk", "q35", "ovmf", ("ide-hd",), "vmxnet3"),
    "VirtualBox, BIOS": ("corekms.vdi", "vdi", "pc", "seabios", ("ide-hd",), "e1000"),
    "VirtualBox, UEFI": ("corekms.vdi", "vdi", "q35", "ovmf", ("ide-hd",), "e1000"),
}


@pytest.fixture(scope="module")
def out(repository):
    subprocess.run([repository / "image" / "formats.sh"], check=True, capture_output=True)
    return repository / "out"


@pytest.mark.parametrize("host", HOSTS)
def test_each_format_starts_where_it_is_for(bench, out, host):
    name, form, machine, firmware, device, model = HOSTS[host]
    lab = bench.network()
    nic = Nic(model)
    image = shutil.copy(out / name, f"{bench.folder}/{name}")
    if name.endswith(".vmdk"):  # streamOptimized is for transport; a host makes a disk of it
        image = f"{bench.folder}/disk.vmdk"
        subprocess.run(["qemu-img", "convert", "-O", "vmdk", out / name, image], check=True)
    vm = bench.vm("disk", image=image, form=form, machine=machine, firmware=firmware, device=device, memory=128 if firmware == "ovmf" else 64, nics=[nic])
    bench.relay(lab.wait_lease(nic.mac, 90))
    vm.wait_screen(shows(r"SERVING"), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_the_disk_inside_of_the_ova(bench, out):
    lab = bench.network()
    nic = Nic("vmxnet3")
    with tarfile.open(out / "corekms.ova") as archive:
        archive.extract("corekms-disk1.vmdk", bench.folder)
    image = f"{bench.folder}/disk.vmdk"
    subprocess.run(["qemu-img", "convert", "-O", "vmdk", f"{bench.folder}/corekms-disk1.vmdk", image], check=True)
    bench.vm("disk", image=image, form="vmdk", firmware="ovmf", device=("ide-hd",), memory=128, nics=[nic])
    bench.relay(lab.wait_lease(nic.mac, 90))


def test_ipxe_loads_it_by_tftp(bench, out):
    """QEMU's own network (closed to the outside) serves script and kernel to the card's boot ROM; a second card is the lab's."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    folder = f"{bench.folder}/tftp"
    os.makedirs(folder)
    for name in ("corekms.ipxe", "corekms.efi"):
        shutil.copy(out / name, folder)
    extra = ("-netdev", f"user,id=pxe,restrict=on,tftp={folder},bootfile=corekms.ipxe", "-device", "virtio-net-pci,netdev=pxe,bootindex=0")
    bench.vm("network", image=None, nics=[nic], extra=extra)
    bench.relay(lab.wait_lease(nic.mac, 90))
