# SPDX-License-Identifier: MIT
"""The ISO: one kernel copy that both firmwares read, an EFI system partition that is whole, a loader that asks nothing."""

import pathlib
import struct
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import iso9660  # noqa: E402

BIOS, EFI = 0x00, 0xEF


@pytest.fixture(scope="session")
def kernel(out):
    return (out / "corekms.efi").read_bytes()


@pytest.fixture(scope="session")
def iso(out):
    return (out / "corekms.iso").read_bytes()


@pytest.fixture(scope="session")
def esp(iso, tmp_path_factory):
    """The EFI system partition, cut out of the ISO where El Torito says that it is."""
    start = iso9660.boot_images(iso)[EFI] * iso9660.SECTOR
    sectors = int.from_bytes(iso[start + 19 : start + 21], "little") or int.from_bytes(iso[start + 32 : start + 36], "little")
    path = tmp_path_factory.mktemp("esp") / "esp.img"
    path.write_bytes(iso[start : start + 512 * sectors])
    return path


def test_it_has_a_boot_image_for_each_firmware(iso):
    assert set(iso9660.boot_images(iso)) == {BIOS, EFI}


def test_it_is_a_disk_too(iso):
    assert iso[510:512] == b"\x55\xaa"
    types = [iso[446 + 16 * i + 4] for i in range(4)]
    assert 0xEF in types
    assert iso[512:520] == b"EFI PART"


def test_there_is_one_kernel_copy_for_both_firmwares(iso, kernel, esp):
    sector, size = iso9660.root_files(iso)["KERNEL"]
    assert size == len(kernel)
    assert iso[sector * 2048 : sector * 2048 + size] == kernel
    start = iso9660.boot_images(iso)[EFI] * 2048
    assert start < sector * 2048 < start + esp.stat().st_size, "the BIOS's kernel is not inside of the EFI system partition"
    # Any second copy would hold this part of it somewhere.
    middle = kernel[len(kernel) // 2 : len(kernel) // 2 + 4096]
    assert iso.count(middle) == 1


def test_little_is_in_it_beside_the_kernel(iso, kernel):
    assert len(iso) - len(kernel) < 390_000  # the place for a document is 65,536


def test_mtools_reads_the_kernel_from_the_efi_partition(esp, kernel):
    done = subprocess.run(["mcopy", "-i", esp, "::/EFI/BOOT/BOOTX64.EFI", "-"], capture_output=True, check=True, timeout=60)
    assert done.stdout == kernel


def test_the_bios_loader_neither_asks_nor_waits(iso):
    sector, size = iso9660.root_files(iso)["ISOLINUX.CFG"]
    words = [line.split() for line in iso[sector * 2048 : sector * 2048 + size].decode().splitlines() if line.split()]
    settings = {line[0]: line[1:] for line in words}
    assert settings["PROMPT"] == ["0"] and settings["TIMEOUT"] == ["0"]
    assert settings["LINUX"] == ["/kernel"]


def program(size, machine=0x8664):
    """Something that begins like an EFI program for this machine."""
    return (b"MZ" + bytes(58) + struct.pack("<I4sH", 64, b"PE", machine) + bytes(range(256)) * (size // 256 + 1))[:size]


@pytest.mark.parametrize("media", ["bare", "disk"])
def test_make_esp_writes_a_clean_fat_for_any_size(tool, tmp_path, media):
    """Around the border of FAT12 and FAT16, and where the kernel fills its last cluster exactly."""
    for clusters in (1, 2, 340, 4081, 4082, 4083, 5000):
        for extra in (0, 1):
            content = program(clusters * 2048 + extra)
            (tmp_path / "kernel").write_bytes(content)
            command = [tool("make_esp")] + (["--disk"] if media == "disk" else []) + [tmp_path / "kernel", tmp_path / "esp"]
            subprocess.run(command, check=True, timeout=60)
            file_system = (tmp_path / "esp").read_bytes()[1024 * 1024 if media == "disk" else 0 :]
            (tmp_path / "fs").write_bytes(file_system)
            checked = subprocess.run(["/usr/sbin/fsck.fat", "-n", tmp_path / "fs"], capture_output=True, text=True, timeout=60)
            assert checked.returncode == 0, checked.stdout
            read = subprocess.run(["mcopy", "-i", tmp_path / "fs", "::/EFI/BOOT/BOOTX64.EFI", "-"], capture_output=True, timeout=60)
            assert read.stdout == content
            assert file_system.find(content[:64]) % 2048 == 0


def test_make_esp_names_the_program_as_its_machine_looks_for_it(tool, tmp_path):
    (tmp_path / "kernel").write_bytes(program(5000, 0xAA64))
    subprocess.run([tool("make_esp"), tmp_path / "kernel", tmp_path / "esp"], check=True, timeout=60)
    read = subprocess.run(["mcopy", "-i", tmp_path / "esp", "::/EFI/BOOT/BOOTAA64.EFI", "-"], capture_output=True, timeout=60)
    assert read.stdout == program(5000, 0xAA64)


@pytest.mark.parametrize(
    "content, complaint",
    [
        (b"\x7fELF" + bytes(5000), "not an EFI program (no MZ"),
        (b"MZ" + bytes(5000), "not an EFI program (no PE"),
        (b"MZ" + b"\xff" * 5000, "the image ends before offset"),
        (program(5000, 0x5064), "for another machine"),
    ],
)
def test_make_esp_refuses_what_it_cannot_name(tool, tmp_path, content, complaint):
    (tmp_path / "kernel").write_bytes(content)
    done = subprocess.run([tool("make_esp"), tmp_path / "kernel", tmp_path / "esp"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and complaint in done.stderr
    assert not (tmp_path / "esp").exists()


def spoil_chain(data):
    start = iso9660.boot_images(bytes(data))[EFI] * 2048
    reserved = int.from_bytes(data[start + 14 : start + 16], "little")
    data[start + reserved * 512 + 8] ^= 0x01


def spoil_name(data):
    at = data.find(b"BOOTX64 EFI")
    data[at : at + 3] = b"XXX"


def spoil_catalog(data):
    at = data.find(b"EL TORITO SPECIFICATION")
    data[at] = ord("X")


@pytest.mark.parametrize(
    "spoil, complaint",
    [
        (spoil_chain, "not one run of clusters"),
        (spoil_name, "no entry"),
        (spoil_catalog, "lacks a volume descriptor"),
        (lambda data: data.__delitem__(slice(16 * 2048 + 100, None)), "the image ends before"),
        (lambda data: data.__setitem__(slice(16 * 2048 + 1, 16 * 2048 + 6), b"XXXXX"), "not an ISO 9660 image"),
    ],
)
def test_iso_share_extent_says_what_is_wrong_and_changes_nothing(tool, iso, tmp_path, spoil, complaint):
    data = bytearray(iso)
    spoil(data)
    path = tmp_path / "spoilt.iso"
    path.write_bytes(data)
    done = subprocess.run([tool("iso_share_extent"), path, "KERNEL"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and complaint in done.stderr
    assert path.read_bytes() == bytes(data)


def test_iso_share_extent_names_a_file_that_is_not_there(tool, iso, tmp_path):
    path = tmp_path / "copy.iso"
    path.write_bytes(iso)
    done = subprocess.run([tool("iso_share_extent"), path, "NOTHERE"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "NOTHERE" in done.stderr
