# SPDX-License-Identifier: MIT
"""./ck image: what each hypervisor is given, read by programs that did not write it, and the same bytes whenever it is made."""

import hashlib
import os
import re
import struct
import subprocess
import tarfile
import time
import xml.etree.ElementTree as xml

import pytest

MIB = 1024 * 1024
DISKS = {
    "corekms.img": "raw",
    "corekms.qcow2": "qcow2",
    "corekms-gen1.vhd": "vpc",
    "corekms-gen2.vhdx": "vhdx",
    "corekms.vmdk": "vmdk",
    "corekms.vdi": "vdi",
}
OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"
RASD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData}"
VMW = "{http://www.vmware.com/schema/ovf}"


def run(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **more).stdout


@pytest.fixture(scope="module")
def table(repository):
    return run(repository / "image" / "formats.sh")


@pytest.fixture(scope="module")
def out(repository, table):
    return repository / "out"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_table_tells_size_platform_and_what_was_run(out, table):
    rows = [re.split(r"\s{2,}", line) for line in table.splitlines() if line.startswith("corekms")]
    assert len(rows) == 12 + 3
    for name, rest, *_ in rows:
        assert int(rest.split()[0]) == (out / name).stat().st_size


# What a file may be for, by the words in front of which nothing is claimed of anybody's product; and all that was ever run.
WORDS = {"BIOS", "CD", "EFI", "HTTP", "IDE", "Linux", "OVMF", "PVH", "SCSI", "SeaBIOS", "UEFI", "USB", "ARM", "AHCI", "PIIX", "TFTP", "EDK2"}
RUN = {"QEMU", "iPXE"}
PLATFORMS = r"every x86 platform|clouds|real machines|Cloud Hypervisor|(?<![\w-])[A-Z][A-Za-z]*(?:-[A-Z])?[A-Za-z0-9]*"


def unproven(row):
    """Platforms of a line of the table that the line claims, and does not name as not run."""
    _, _, platforms, tried = row.split("|")
    not_run = " ".join(re.findall(r"([^;]*)\(not run\)", tried))
    claimed = re.findall(PLATFORMS, platforms) + re.findall(PLATFORMS, re.sub(r"[^;]*\(not run\)", "", tried))
    return [name for name in claimed if name not in WORDS | RUN and name not in not_run and "the others" not in not_run]


@pytest.mark.parametrize("profile, arch", [("full", "x86_64"), ("full", "aarch64"), ("micro", "x86_64"), ("metal", "x86_64")])
def test_a_platform_that_is_not_qemu_is_said_to_be_not_run(repository, profile, arch):
    environment = {**os.environ, "CK_PROFILE": profile, "CK_ARCH": arch}
    rows = run("bash", "-c", "source image/formats.sh; formats", cwd=repository, env=environment).splitlines()
    assert rows and [name for row in rows for name in unproven(row)] == []


@pytest.mark.parametrize(
    "row, names",
    [
        ("x|x|KVM, Proxmox|QEMU: SeaBIOS", ["KVM", "Proxmox"]),
        ("x|x|KVM, Proxmox|QEMU: SeaBIOS; Proxmox (not run)", ["KVM"]),
        ("x|x|KVM, Proxmox|QEMU: SeaBIOS; the others (not run)", []),
        ("x|x|every x86 platform|QEMU", ["every x86 platform"]),
        ("x|x|Hyper-V generation 2|QEMU; Azure", ["Hyper-V", "Azure"]),
        ("x|x|Cloud Hypervisor, bhyve, Xen|QEMU; Cloud Hypervisor (not run)", ["Xen"]),
    ],
)
def test_a_claim_without_a_run_would_be_noticed(row, names):
    assert unproven(row) == names


def test_sums(out, table):
    lines = (out / "SHA256SUMS").read_text().splitlines()
    papers = {str(path.relative_to(out)) for path in (out / "licenses").rglob("*") if path.is_file()}
    assert {line.split("  ")[1] for line in lines} == papers | {line.split()[0] for line in table.splitlines() if line.startswith("corekms")}
    for line in lines:
        value, name = line.split("  ")
        assert digest(out / name) == value


def test_partition_table_and_file_system(out, tmp_path):
    info = run("sgdisk", "-i", "1", out / "corekms.img")
    assert "EFI system partition" in info and "Attribute flags: 0000000000000004" in info
    esp = tmp_path / "esp"
    with open(out / "corekms.img", "rb") as image:
        image.seek(MIB)
        esp.write_bytes(image.read(6 * MIB))
    assert run("mdir", "-b", "-a", "-i", esp, "::").split() == ["::/EFI/", "::/syslinux.cfg", "::/ldlinux.sys", "::/ldlinux.c32"]
    kernel = subprocess.run(["mtype", "-i", esp, "::/EFI/BOOT/BOOTX64.EFI"], check=True, capture_output=True).stdout
    assert kernel == (out / "corekms.efi").read_bytes()


@pytest.mark.parametrize("name", [name for name in DISKS if DISKS[name] not in ("raw", "vpc")])
def test_each_disk_is_the_same_disk(out, name):
    run("qemu-img", "compare", "-f", "raw", "-F", DISKS[name], out / "corekms.img", out / name)
    run("qemu-img", "check", "-f", DISKS[name], out / name)


def test_the_vhd_is_the_same_but_for_its_size(out, tmp_path):
    raw = tmp_path / "raw"
    run("qemu-img", "convert", "-f", "vpc", "-O", "raw", out / "corekms-gen1.vhd", raw)
    assert "No problems found" in run("sgdisk", "-v", raw)
    disk, image = raw.read_bytes(), (out / "corekms.img").read_bytes()
    geometry = slice(MIB + 24, MIB + 28)  # sectors a track and heads, which mkfs guesses by the size of the disk
    assert disk[:440] == image[:440]
    assert disk[MIB : geometry.start] + disk[geometry.stop : 7 * MIB] == image[MIB : geometry.start] + image[geometry.stop : 7 * MIB]
    entries = slice(1024, 34 * 512)  # the partition and its name
    assert disk[entries] == image[entries]
    assert not any(disk[7 * MIB : -33 * 512])


def test_vhd_is_fixed_of_whole_megabytes_and_large_enough_for_azure(out):
    content = (out / "corekms-gen1.vhd").read_bytes()
    disk, footer = content[:-512], content[-512:]
    assert len(disk) % MIB == 0
    assert len(content) >= 20_972_032  # the least that it makes a managed disk of
    cookie, size, kind, checksum = footer[:8], *struct.unpack_from(">Q", footer, 48), *struct.unpack_from(">II", footer, 60)
    assert (cookie, size, kind) == (b"conectix", len(disk), 2)
    assert checksum == ~sum(footer[:64] + footer[68:]) & 0xFFFFFFFF


@pytest.mark.parametrize("left", [b"", b"\0\n", b'\0"\n'])
@pytest.mark.parametrize("drawn", [b"0", b"7abcdef", b"89abcdef"])
def test_vmdk_is_the_same_whatever_content_id_was_drawn(out, tool, tmp_path, drawn, left):
    """qemu-img writes it without leading zeros, twice, and leaves the end of a first text that was longer."""
    content = (out / "corekms.vmdk").read_bytes()
    offset, length = (int.from_bytes(content[at : at + 8], "little") * 512 for at in (28, 36))
    descriptor = content[offset : offset + length]
    assert re.search(rb"\nCID=[0-9a-f]{8}\nparentCID=ffffffff\n", descriptor)
    text = re.sub(rb"\nCID=[0-9a-f]{8}\n", b"\nCID=" + drawn + b"\n", descriptor.rstrip(b"\0"))
    other = (text + left).ljust(length, b"\0")
    file = tmp_path / "other.vmdk"
    file.write_bytes(content[:offset] + other[:length] + content[offset + length :])
    run(tool("settle_image"), "vmdk", file)
    assert file.read_bytes() == content
    file.write_bytes(content.replace(b"\nCID=", b"\nCID=x", 1))
    assert subprocess.run([tool("settle_image"), "vmdk", file], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("name, firmware, memory", [("corekms", "efi", "128"), ("corekms-bios", "bios", "64")])
def test_ova(out, name, firmware, memory):
    with tarfile.open(out / f"{name}.ova") as archive:
        members = archive.getmembers()
        assert [member.name for member in members] == [f"{name}.ovf", f"{name}.mf", f"{name}-disk1.vmdk"]
        assert {(member.uid, member.gid, member.mode) for member in members} == {(0, 0, 0o644)}
        ovf, manifest, disk = (archive.extractfile(member).read() for member in members)
    sums = dict(re.findall(r"SHA256\((.+)\)= ([0-9a-f]{64})", manifest.decode()))
    assert sums == {f"{name}.ovf": hashlib.sha256(ovf).hexdigest(), f"{name}-disk1.vmdk": hashlib.sha256(disk).hexdigest()}
    assert disk == (out / "corekms.vmdk").read_bytes()
    tree = xml.fromstring(ovf)
    [file] = tree.iter(f"{OVF}File")
    assert (file.get(f"{OVF}href"), int(file.get(f"{OVF}size"))) == (f"{name}-disk1.vmdk", len(disk))
    [described] = tree.iter(f"{OVF}Disk")
    assert int(described.get(f"{OVF}capacity")) == (out / "corekms.img").stat().st_size
    items = {item.findtext(f"{RASD}ResourceType"): item for item in tree.iter(f"{OVF}Item")}
    assert items["3"].findtext(f"{RASD}VirtualQuantity") == "1"
    assert items["4"].findtext(f"{RASD}VirtualQuantity") == memory
    assert items["10"].findtext(f"{RASD}ResourceSubType") == "VmxNet3"
    assert (out / f"{name}.ova").read_bytes()[257:265] == b"ustar\x0000"
    config = {each.get(f"{VMW}key"): each.get(f"{VMW}value") for each in tree.iter(f"{VMW}Config")}
    assert config == {"firmware": firmware}
    assert b"@" not in ovf


def test_the_same_bytes_whenever_and_wherever(out, repository, tmp_path):
    """Another folder, another moment, another umask, language and time zone."""
    for name in ("corekms.efi", "corekms.iso", "corekms.vmlinux"):
        (tmp_path / name).write_bytes((out / name).read_bytes())
    (tmp_path / "kernel.config").write_bytes((repository / "build" / "image" / "kernel.config").read_bytes())
    time.sleep(1.1)  # two formats hold the time in seconds
    environment = {**os.environ, "CK_IMAGE_BUILD": str(tmp_path), "TZ": "Asia/Kolkata", "LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"}
    run(repository / "image" / "formats.sh", env=environment, preexec_fn=lambda: os.umask(0o077))
    for line in (out / "SHA256SUMS").read_text().splitlines():
        value, name = line.split("  ")
        assert digest(tmp_path / name) == value, f"diffoscope {out / name} {tmp_path / name}"


def test_what_was_put_into_a_disk_is_neither_kept_nor_passed_on(out, repository, tmp_path):
    for name in ("corekms.efi", "corekms.iso", "corekms.vmlinux"):
        (tmp_path / name).symlink_to(out / name)
    (tmp_path / "kernel.config").symlink_to(repository / "build" / "image" / "kernel.config")

    def made(*formats):
        """What is said to be made anew."""
        command = [repository / "image" / "formats.sh", *formats]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "CK_IMAGE_BUILD": str(tmp_path)})
        for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
            assert digest(tmp_path / line.split("  ")[1]) == line.split("  ")[0]
        return re.findall(r"^ck: \S*/(\S+) was changed since it was made \(a document or a signature\?\): made anew$", done.stderr, re.M)

    def put(name):
        (tmp_path / "document").write_text('[system]\nhostname = "put"\n')
        run(repository / "ck", "config", "put", tmp_path / name, tmp_path / "document")
        assert digest(tmp_path / name) != digest(out / name)

    assert made("img", "vdi") == []
    put("corekms.img")
    assert made("qcow2") == ["corekms.img"]
    put("corekms.img")
    put("corekms.vdi")
    assert made("sbom") == ["corekms.img", "corekms.vdi"]
    assert made() == []
    for name in ("corekms.img", "corekms.vdi", "corekms.qcow2", "corekms.ova"):
        assert digest(tmp_path / name) == digest(out / name)


def test_a_format_that_is_unknown_is_told(repository):
    done = subprocess.run([repository / "image" / "formats.sh", "floppy"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "does not know 'floppy'" in done.stderr and "vhdx" in done.stderr
