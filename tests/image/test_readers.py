# SPDX-License-Identifier: MIT
"""Every ISO and disk image of every profile and architecture, read by programs of others: isoinfo, sgdisk, fsck.fat, mtools. Each is seen
to refuse a damaged copy."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

VARIANTS = {"corekms": {}, "corekms-metal": {"CK_PROFILE": "metal"}, "corekms-aarch64": {"CK_ARCH": "aarch64"}}
IMAGES = [f"{stem}.{kind}" for stem in VARIANTS for kind in ("iso", "img")]
ISOS = [name for name in IMAGES if name.endswith(".iso")]
SECTOR = 512


@pytest.fixture(scope="module")
def image(run, out):
    """A function from the name of an image to its path."""
    for environment in VARIANTS.values():
        done = run("image/formats.sh", environment=environment)
        assert done.returncode == 0, done.stderr
    return lambda name: out / name


def call(*command, binary=False):
    return subprocess.run(command, capture_output=True, text=not binary, timeout=60, check=False)


def kernel_of(path):
    return path.with_name(f"{path.stem}.efi").read_bytes()


def loader_of(path):
    return "::/EFI/BOOT/BOOTAA64.EFI" if "aarch64" in path.name else "::/EFI/BOOT/BOOTX64.EFI"


def damaged(path, folder, at, value=0xFF):
    """A copy of which the byte at this offset is another one."""
    copy = pathlib.Path(shutil.copy(path, folder))
    with open(copy, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ value]))
    return copy


# --- ISO 9660 ------------------------------------------------------------------------------------------------------


def isoinfo_faults(path):
    """What isoinfo cannot find of what has to be there."""
    described = call("isoinfo", "-d", "-i", path).stdout
    names = call("isoinfo", "-R", "-f", "-i", path).stdout.split()
    faults = [line for line in ("CD-ROM is in ISO 9660 format", "Volume id: COREKMS_SYS\n", "El Torito VD version 1 found", "Rock Ridge signatures") if line not in described]
    wanted = ["/corekms.toml", "/esp.img"] + ([] if "aarch64" in path.name else ["/isolinux.bin", "/kernel"])
    faults += [name for name in wanted if name not in names]
    if "/kernel" in wanted and call("isoinfo", "-R", "-i", path, "-x", "/kernel", binary=True).stdout != kernel_of(path):
        faults.append("/kernel is another one")
    return faults


@pytest.mark.parametrize("name", ISOS)
def test_isoinfo_reads_the_iso(image, name):
    assert isoinfo_faults(image(name)) == []


def of_the_folder(path, name):
    """Where the root folder tells the first sector of this file: ECMA-119 9.1, two bytes in."""
    content = path.read_bytes()
    return content.index(name, 16 * 2048) - 33 + 2


@pytest.mark.parametrize(
    "spoil, told",
    [
        (lambda path: 16 * 2048 + 1, "CD-ROM is in ISO 9660 format"),
        (lambda path: 16 * 2048 + 40, "Volume id: COREKMS_SYS\n"),
        (lambda path: 17 * 2048 + 7, "El Torito VD version 1 found"),
        (lambda path: of_the_folder(path, b"KERNEL.;1"), "/kernel is another one"),
    ],
)
def test_isoinfo_refuses_a_damaged_one(image, tmp_path, spoil, told):
    path = image("corekms.iso")
    copy = damaged(path, tmp_path, spoil(path), 1)
    shutil.copy(path.with_suffix(".efi"), tmp_path)
    assert told in "\n".join(isoinfo_faults(copy))


# --- GPT -----------------------------------------------------------------------------------------------------------


# A hybrid ISO for BIOS is a partition from sector 0 on to those who know MBR alone, and its GPT lies inside of it.
HYBRID = {"Invalid partition data!", "Problem: MBR partitions 1 and 2 overlap!", "Warning! Main partition table overlaps the first partition by 64 blocks!"}


def gpt_faults(path):
    """What sgdisk finds wrong; it repairs in memory what it has a second copy of, and then finds no problem."""
    said = call("sgdisk", "-v", path)
    lines = re.findall(r"^.*(?:Problem:|Warning|invalid|Invalid|corrupt|ERROR).*$", said.stdout + said.stderr, re.M)
    return set(lines) or (set() if "No problems found" in said.stdout else {said.stdout})


@pytest.mark.parametrize("name", IMAGES)
def test_sgdisk_finds_nothing_wrong(image, name):
    assert gpt_faults(image(name)) == (HYBRID if name in ("corekms.iso", "corekms-metal.iso") else set())


@pytest.mark.parametrize("at", [SECTOR + 40, 2 * SECTOR + 32, -SECTOR + 40])  # the header, the first partition, the other header
@pytest.mark.parametrize("name", ["corekms.img", "corekms.iso", "corekms-aarch64.iso"])
def test_sgdisk_refuses_a_damaged_one(image, tmp_path, name, at):
    path = image(name)
    assert gpt_faults(damaged(path, tmp_path, at % path.stat().st_size)) - HYBRID


# --- the EFI system partition --------------------------------------------------------------------------------------


def fat_of(path, folder):
    """Cut out of the image where sfdisk says that the one partition with a FAT is."""
    table = json.loads(call("sfdisk", "--json", path).stdout)["partitiontable"]
    content, found = path.read_bytes(), []
    for partition in table["partitions"]:
        start = partition["start"] * SECTOR
        if content[start + 54 : start + 57] == b"FAT":
            found.append(content[start : start + partition["size"] * SECTOR])
    [esp] = found
    file = folder / "esp"
    file.write_bytes(esp)
    return file


@pytest.mark.parametrize("name", IMAGES)
def test_the_efi_partition_is_a_clean_fat_with_the_kernel(image, tmp_path, name):
    esp = fat_of(image(name), tmp_path)
    checked = call("fsck.fat", "-n", "-v", esp)
    assert checked.returncode == 0, checked.stdout
    assert call("mcopy", "-i", esp, loader_of(image(name)), "-", binary=True).stdout == kernel_of(image(name))


@pytest.mark.parametrize("name", IMAGES)
def test_fsck_refuses_a_damaged_one(image, tmp_path, name):
    esp = fat_of(image(name), tmp_path)
    reserved = int.from_bytes(esp.read_bytes()[14:16], "little")
    (tmp_path / "spoilt").mkdir()
    spoilt = damaged(esp, tmp_path / "spoilt", reserved * SECTOR + 8)  # a link in the middle of the kernel's chain
    assert call("fsck.fat", "-n", spoilt).returncode != 0
