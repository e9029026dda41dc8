# SPDX-License-Identifier: MIT
"""Each file of ./ck image, started as its platform would: that platform's disk controller, network card and firmware, in QEMU."""

import functools
import http.server
import os
import re
import shutil
import subprocess
import tarfile
import threading

import pytest

from conftest import shows
from qemu import Nic
from qemu_net import ROUTER4

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


class WebServer:
    """A folder by HTTP on the lab's router; `given` are the files that were taken whole, with who says to have asked for them."""

    def __init__(self, lab, folder):
        given = self.given = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def copyfile(self, source, outputfile):
                super().copyfile(source, outputfile)
                given.append((self.path, self.headers.get("User-Agent", "")))

            def log_message(self, *_):
                pass

        make = functools.partial(Handler, directory=folder)
        self._server = lab.inside(http.server.ThreadingHTTPServer, (ROUTER4, 80), make)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def web(bench, out):
    """web(NAME...): these files of out/ by HTTP."""
    made = []

    def start(*names):
        folder = f"{bench.folder}/web"
        os.makedirs(folder)
        for name in names:
            shutil.copy(out / name, folder)
        made.append(WebServer(bench.lab, folder))
        return made[0]

    yield start
    for server in made:
        server.close()


def own_address(vm, timeout):
    """The guest's: what is in the lease file may be the firmware's."""
    found = r"inet (192\.0\.2\.\d+)/24 .*DHCP"
    return vm.wait_screen(lambda text: re.search(found, text), timeout, "an address on the screen")[1]


@pytest.mark.parametrize("name, machine, firmware", [("corekms.efi", "q35", "ovmf"), ("corekms-aarch64.efi", "virt", "edk2")], ids=["x86", "arm64"])
def test_uefi_loads_it_by_http(bench, web, name, machine, firmware):
    """The firmware says that it is an HTTP client (DHCP option 60), is given the URL, and starts what it finds there."""
    lab = bench.network(dhcp=False)
    url = f"http://{ROUTER4}/{name}"
    lab.start_dhcp(options=("--dhcp-vendorclass=set:http,HTTPClient", "--dhcp-option-force=tag:http,60,HTTPClient", f"--dhcp-boot=tag:http,{url}"))
    server = web(name)
    nic = Nic("virtio-net-pci", boots="firmware")
    no_pxe = [word for family in (4, 6) for word in ("-fw_cfg", f"name=opt/org.tianocore/IPv{family}PXESupport,string=n")]
    vm = bench.vm("network", image=None, machine=machine, firmware=firmware, memory=160, nics=[nic], extra=no_pxe)
    address = own_address(vm, 90)
    assert [(path, "UefiHttpBoot" in agent) for path, agent in server.given] == [(f"/{name}", True)]
    bench.relay(address)
    vm.wait_screen(shows(r"SERVING"), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_ipxe_loads_it_by_http(bench, web):
    """The card's boot ROM is given the script's URL, and the script finds the kernel beside it."""
    lab = bench.network(dhcp=False)
    lab.start_dhcp(options=(f"--dhcp-boot=http://{ROUTER4}/corekms.ipxe",))
    server = web("corekms.ipxe", "corekms.efi")
    vm = bench.vm("network", image=None, nics=[Nic("virtio-net-pci", boots="rom")])
    address = own_address(vm, 90)
    assert [(path, agent.startswith("iPXE/")) for path, agent in server.given] == [("/corekms.ipxe", True), ("/corekms.efi", True)]
    bench.relay(address)
    vm.wait_screen(shows(r"SERVING"), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)
