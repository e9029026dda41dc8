# SPDX-License-Identifier: MIT
"""The configuration document on a volume: every kind of disk and CD drive that the image knows, both file systems, cloud-init's
containers, what comes before what, and volumes that lie."""

import hashlib
import json
import os
import shutil
import subprocess

import pytest

import volumes
from conftest import UPSTREAM4, shows
from qemu import Nic
from qemu_net import ROUTER4
from test_config import STATIC, fw_cfg, in_file


def document(name):
    return f'[system]\nhostname = "{name}"\n[gateway]\nupstreams = "{UPSTREAM4}"\n'


def disk(path, *device):
    """Options of QEMU: this image behind this device; the last word of `device` is the device, what comes before are controllers."""
    drive = f"if=none,id=data-{os.path.basename(path).split('.')[0]},format=raw,file={path}"
    name = drive.split("id=")[1].split(",")[0]
    options = ["-drive", drive]
    for word in device[:-1]:
        options += ["-device", word]
    return [*options, "-device", f"{device[-1]},drive={name}"]


PLACES = {
    "virtio-blk, FAT12 without partitions": ("q35", ("virtio-blk-pci",), lambda path, files: volumes.fat(path, "COREKMS", files)),
    "NVMe, GPT, FAT16": ("q35", ("nvme,serial=1",), lambda path, files: volumes.fat(path, "corekms", files, table="gpt", megabytes=16, bits=16)),
    "AHCI disk, MBR, FAT32": ("q35", ("ide-hd",), lambda path, files: volumes.fat(path, "COREKMS", files, table="dos", megabytes=40, bits=32)),
    "AHCI CD": ("q35", ("ide-cd",), lambda path, files: volumes.iso(path, "COREKMS", files)),
    "PIIX CD, Joliet alone": ("pc", ("ide-cd",), lambda path, files: volumes.iso(path, "COREKMS", files, "-J", "--norock")),
    "PIIX disk": ("pc", ("ide-hd",), lambda path, files: volumes.fat(path, "COREKMS", files)),
    "virtio-scsi CD": ("q35", ("virtio-scsi-pci", "scsi-cd"), lambda path, files: volumes.iso(path, "corekms", files)),
    "PVSCSI disk": ("pc", ("pvscsi", "scsi-hd"), lambda path, files: volumes.fat(path, "COREKMS", files)),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_document_on_a_volume(bench, place):
    machine, device, make = PLACES[place]
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    image = make(f"{bench.folder}/volume.img", {"corekms.toml": document("by-volume")})
    vm = bench.vm("kernel", nics=[nic], machine=machine, extra=disk(image, *device))
    bench.relay(lab.wait_lease(nic.mac, 60))
    vm.wait_screen(shows(r"by-volume", r"Config\s+volume (COREKMS|corekms) \((vda|sda|sda1|sr0|nvme0n1p1)\), sha256 [0-9a-f]{12}, 2 set"), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_the_volume_that_the_machine_was_started_from(bench):
    """/corekms.toml on the EFI system partition, beside the kernel, whatever its label is."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    image = bench.images.esp(f"{bench.folder}/esp.img")
    volumes.add(image, "corekms.toml", document("by-esp"))
    volumes.relabel(image, "BRANCH")
    vm = bench.vm("esp", image=image, firmware="ovmf", memory=128, nics=[nic])
    bench.relay(lab.wait_lease(nic.mac, 60))
    vm.wait_screen(shows(r"by-esp", r"Config\s+volume BRANCH \(sda1\), sha256"), 10)


def put(repository, bench, name, text):
    """A copy of an image of out/ with this document in it, by ./ck config put."""
    image = shutil.copy(repository / "out" / name, f"{bench.folder}/{name}")
    subprocess.run([repository / "ck", "config", "put", image, in_file(bench, "put.toml", text)], check=True, capture_output=True)
    return image


@pytest.mark.parametrize("boot", ["iso-cd", "iso-disk"])
def test_a_document_put_into_the_iso(bench, repository, boot):
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    text = document("by-put") + "# Zürich\n\n"
    vm = bench.vm(boot, image=put(repository, bench, "corekms.iso", text), nics=[nic])
    bench.relay(lab.wait_lease(nic.mac, 60))
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]  # of the file, as ./ck config put says, and not of its place
    vm.wait_screen(shows(r"by-put", rf"Config\s+volume COREKMS_SYS \((sr0|sda)\), sha256 {digest}"), 10)


def test_an_administrator_s_volume_comes_before_the_one_that_the_machine_was_started_from(bench, repository):
    """Both are there as labels have it, the image's own first in the kernel's order."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    own = volumes.iso(f"{bench.folder}/own.img", "COREKMS", {"corekms.toml": document("by-volume")})
    vm = bench.vm("iso-disk", image=put(repository, bench, "corekms.iso", document("by-put")), nics=[nic], extra=disk(own, "ide-cd,bus=ide.3"))
    bench.relay(lab.wait_lease(nic.mac, 60))
    vm.wait_screen(shows(r"by-volume", r"Config\s+volume COREKMS \(sr0\), sha256"), 10)
    vm.type("4")
    vm.wait_screen(shows(r"volume COREKMS_SYS \(sda\): found"), 10)


def test_a_document_put_into_the_efi(bench, repository):
    """The kernel and the document behind systemd's stub, on an EFI system partition."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    efi = put(repository, bench, "corekms.efi", document("by-put"))
    tool = subprocess.run([repository / "image" / "build.sh", "tool", "make_esp"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([tool, "--disk", efi, f"{bench.folder}/esp.img"], check=True, capture_output=True)
    vm = bench.vm("esp", image=f"{bench.folder}/esp.img", firmware="ovmf", memory=128, nics=[nic])
    bench.relay(lab.wait_lease(nic.mac, 60))
    vm.wait_screen(shows(r"by-put", r"Config\s+built in, sha256"), 10)


CONTAINERS = {
    "NoCloud": ("CIDATA", {"user-data": "#corekms\n" + document("by-cloud"), "meta-data": "instance-id: 1\n"}),
    "ConfigDrive": ("config-2", {"openstack/latest/user_data": "#corekms\n" + document("by-cloud"), "openstack/latest/meta_data.json": "{}"}),
}


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("make", [volumes.fat, volumes.iso], ids=["fat", "iso9660"])
def test_containers_of_cloud_init(bench, kind, make):
    label, files = CONTAINERS[kind]
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    image = make(f"{bench.folder}/volume.img", label, files)
    vm = bench.vm("kernel", nics=[nic], extra=disk(image, "virtio-blk-pci"))
    bench.relay(lab.wait_lease(nic.mac, 60))
    vm.wait_screen(shows(r"by-cloud", rf"Config\s+volume {label} \(vda\)"), 10)


NETWORKS = {
    "NoCloud, version 1": ("CIDATA", "network-config", f"""\
version: 1
config:
  - type: physical
    name: eth0
    mac_address: "MAC"
    subnets:
      - type: static
        address: {STATIC}
        netmask: 255.255.255.0
        gateway: {ROUTER4}
"""),
    "NoCloud, version 2": ("cidata", "network-config", f"""\
network:
  version: 2
  ethernets:
    id0:
      match: {{macaddress: "MAC"}}
      set-name: eth0
      addresses: [{STATIC}/24]
      routes: [{{to: default, via: {ROUTER4}}}]
"""),
    "ConfigDrive": ("config-2", "openstack/latest/network_data.json", json.dumps({
        "links": [{"id": "tap0", "type": "phy", "ethernet_mac_address": "MAC", "mtu": 1450}],
        "networks": [{"id": "n0", "type": "ipv4", "link": "tap0", "ip_address": STATIC, "netmask": "255.255.255.0",
                      "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": ROUTER4}]}],
        "services": [],
    })),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_addresses_of_a_cloud_without_any_document(bench, kind):
    """User data for another system is none; addresses and name come from the container, the upstream from the command line."""
    label, name, text = NETWORKS[kind]
    bench.network(dhcp=False, router=False)
    nic = Nic("virtio-net-pci")
    user, meta = ("openstack/latest/user_data", "openstack/latest/meta_data.json") if "/" in name else ("user-data", "meta-data")
    named = '{"hostname": "by-cloud.example.org"}' if "/" in name else "instance-id: 1\nlocal-hostname: by-cloud\n"
    files = {name: text.replace("MAC", nic.mac), user: "#cloud-config\npackages: [x]\n", meta: named}
    image = volumes.iso(f"{bench.folder}/volume.img", label, files)
    vm = bench.vm("kernel", nics=[nic], extra=disk(image, "virtio-blk-pci"), cmdline=f"corekms.upstream={UPSTREAM4}")
    bench.relay(STATIC, 40)
    vm.wait_screen(shows(r"by-cloud", r"Config\s+a cloud's volume, \d+ set; kernel command line, 1 set", rf"inet {STATIC}/24\s+static"), 10)


def test_what_comes_before_what(bench):
    """A volume labelled COREKMS, one with a document, NoCloud, ConfigDrive, fw_cfg: the first wins; the others are said to be there."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    made = [
        volumes.fat(f"{bench.folder}/drive.img", *CONTAINERS["ConfigDrive"]),
        volumes.iso(f"{bench.folder}/cloud.img", *CONTAINERS["NoCloud"]),
        volumes.fat(f"{bench.folder}/boot.img", "OTHER", {"corekms.toml": document("by-other")}),
        volumes.fat(f"{bench.folder}/own.img", "COREKMS", {"corekms.toml": document("by-volume")}),
    ]
    extra = [word for image in made for word in disk(image, "virtio-blk-pci")]
    vm = bench.vm("kernel", nics=[nic], extra=[*extra, *fw_cfg(in_file(bench, "fw.toml", document("by-fw-cfg")))])
    bench.relay(lab.wait_lease(nic.mac, 60))
    vm.wait_screen(shows(r"by-volume", r"Config\s+volume COREKMS"), 10)
    vm.type("4")
    vm.wait_screen(
        shows(
            r"volume COREKMS \(vd[a-d]\): used",
            r"volume OTHER \(vd[a-d]\): found",
            r"volume CIDATA \(vd[a-d]\): found",
            r"volume config-2 \(vd[a-d]\): found",
            r"SMBIOS: absent",
            r"fw_cfg: found",
        ),
        10,
    )


def _overwrite(path, offset, content):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(content)


def longer_than_the_disk(path):
    """The header speaks of 2^31 sectors, and of a root directory beyond all of them."""
    volumes.fat(path, "COREKMS", {"corekms.toml": document("lie")}, megabytes=40, bits=32)
    _overwrite(path, 32, b"\xff\xff\xff\x7f")
    _overwrite(path, 44, b"\xff\xff\xff\x0f")


def cut_off(path):
    """The document's blocks are beyond the end of the disk."""
    volumes.iso(path, "COREKMS", {"corekms.toml": "# " + "x" * 60_000 + "\n" + document("lie")})
    os.truncate(path, 64 * 1024)


def ten_megabytes(path):
    volumes.fat(path, "COREKMS", {"corekms.toml": "# " + "x" * 10_000_000}, megabytes=20)


def a_folder(path):
    volumes.fat(path, "COREKMS", {"corekms.toml/file": "x"})


LIES = {
    longer_than_the_disk: r"Config\s+BROKEN, volume COREKMS \(vda\), 1 mistake: press 4",
    cut_off: r"Config\s+BROKEN, volume COREKMS \(vda\), 1 mistake: press 4",
    ten_megabytes: r"Config\s+BROKEN, volume COREKMS \(vda\), 1 mistake: press 4",
    a_folder: r"Config\s+BROKEN, volume COREKMS \(vda\), 1 mistake: press 4",
}


@pytest.mark.parametrize("make", LIES, ids=lambda make: make.__name__)
def test_volumes_that_lie(bench, make):
    """The network is up and the screen is right, whatever is plugged in."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    make(f"{bench.folder}/volume.img")
    vm = bench.vm("kernel", nics=[nic], extra=disk(f"{bench.folder}/volume.img", "virtio-blk-pci"))
    address = lab.wait_lease(nic.mac, 60)
    vm.wait_screen(shows(LIES[make], rf"inet {address}/24"), 20)
    assert vm.press_power_button() == ("guest-shutdown", 0)
