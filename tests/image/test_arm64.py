# SPDX-License-Identifier: MIT
"""The files for 64-bit ARM: under their limit, of the right kind, and of the kernel that was asked for."""

import re
import shutil
import subprocess

import pytest
from iso9660 import SECTOR, boot_images, root_files

ARM64 = {"CK_ARCH": "aarch64"}
MIB = 1024 * 1024
EFI = 0xEF
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
DOCUMENT = '[system]\nhostname = "put"\n'


@pytest.fixture(scope="module")
def files(run, out):
    """The suffix of each file, and where it is."""
    done = run("image/formats.sh", environment=ARM64)
    assert done.returncode == 0, done.stderr
    return {kind: out / f"corekms-aarch64.{kind}" for kind in ("efi", "iso", "img")}


def mtype(image, name):
    return subprocess.run(["mcopy", "-i", image, name, "-"], capture_output=True, check=True, timeout=60).stdout


def test_it_is_under_its_limit_and_an_efi_program_for_arm64(files):
    image = files["efi"].read_bytes()
    assert len(image) < 4_500_000
    header = int.from_bytes(image[0x3C:0x40], "little")
    assert image[:2] == b"MZ" and image[header : header + 4] == b"PE\0\0"
    assert int.from_bytes(image[header + 4 : header + 6], "little") == 0xAA64
    assert int.from_bytes(image[header + 92 : header + 94], "little") == 10  # an EFI application
    assert image[4:8] == b"zimg" and image[24:28] == b"zstd"


def test_the_iso_boots_by_efi_as_a_cd_and_as_a_disk(files, tmp_path):
    iso = files["iso"].read_bytes()
    assert set(boot_images(iso)) == {EFI}
    start = boot_images(iso)[EFI] * SECTOR
    (tmp_path / "esp").write_bytes(iso[start:])
    assert mtype(tmp_path / "esp", "::/EFI/BOOT/BOOTAA64.EFI") == files["efi"].read_bytes()
    assert len(iso) < 2 * MIB + len(files["efi"].read_bytes())  # one copy of the kernel
    # Before and behind it xorriso has partitions of its own, of what is left.
    partitions = [subprocess.run(["sgdisk", "-i", number, files["iso"]], capture_output=True, text=True, check=True, timeout=60).stdout for number in "123"]
    [esp] = [text for text in partitions if ESP in text]
    assert int(re.search(r"First sector: (\d+)", esp).group(1)) * 512 == start


def test_the_disk_holds_the_kernel_where_firmware_looks(files):
    image = files["img"]
    assert ESP in subprocess.run(["sgdisk", "-i", "1", image], capture_output=True, text=True, check=True, timeout=60).stdout
    assert mtype(f"{image}@@{MIB}", "::/EFI/BOOT/BOOTAA64.EFI") == files["efi"].read_bytes()
    assert b"SYSLINUX" not in image.read_bytes()[:MIB]


def test_the_kernel_is_what_is_required_and_asked_for(run, repository, files):
    built = repository / "build" / "image-aarch64"
    for arguments in ([], [built / "kernel.request"]):
        done = run("image/kernel/kernel.sh", "check", *arguments, built / "kernel.config", environment=ARM64)
        assert done.returncode == 0, done.stdout + done.stderr
    line = re.search(r'^CONFIG_CMDLINE="(.*)"$', (built / "kernel.config").read_text(), re.M).group(1).split()
    assert "quiet" in line
    assert [word for word in line if word.startswith("console=")] == ["console=hvc0", "console=ttyAMA0", "console=tty0"]


def put(repository, tmp_path, image):
    copy = shutil.copy(image, tmp_path / image.name)
    (tmp_path / "document.toml").write_text(DOCUMENT)
    return copy, subprocess.run([repository / "ck", "config", "put", copy, tmp_path / "document.toml"], capture_output=True, text=True, check=False)


def test_a_document_goes_into_the_iso_and_the_disk(repository, files, tmp_path):
    iso, done = put(repository, tmp_path, files["iso"])
    assert done.returncode == 0, done.stderr
    content = iso.read_bytes()
    [(first, size)] = [extent for name, extent in root_files(content).items() if name.startswith("COREKMS.TOM")]
    assert content[first * SECTOR :][:size].decode().split("\n", 1)[1].rstrip("\n") + "\n" == DOCUMENT
    disk, done = put(repository, tmp_path, files["img"])
    assert done.returncode == 0, done.stderr
    assert mtype(f"{disk}@@{MIB}", "::/corekms.toml") == DOCUMENT.encode()


def test_a_document_does_not_go_into_the_efi_file(repository, files, tmp_path):
    copy, done = put(repository, tmp_path, files["efi"])
    assert done.returncode == 1 and "goes into its .iso or .img" in done.stderr
    assert copy.read_bytes() == files["efi"].read_bytes()
