# SPDX-License-Identifier: MIT
"""./ck config put: the document is in the image afterwards, nothing else of it changed, and what cannot be done leaves the image alone."""

import os
import pathlib
import shutil
import subprocess

import pytest
from iso9660 import SECTOR, root_files

DOCUMENT = '[system]\nhostname = "put"\n'
OTHER = '[system]\nhostname = "put-again" # Zürich\n\n'


@pytest.fixture
def put(repository, tmp_path):
    def put(image, text, **more):
        document = tmp_path / "document.toml"
        document.write_text(text)
        return subprocess.run([repository / "ck", "config", "put", image, document], capture_output=True, text=True, check=False, **more)

    return put


def kept(out, tmp_path, name):
    return pathlib.Path(shutil.copy(out / name, tmp_path / name))


def test_iso(put, repository, tmp_path):
    image = kept(repository / "out", tmp_path, "corekms.iso")
    before = image.read_bytes()
    for text in (DOCUMENT, OTHER):
        done = put(image, text)
        assert done.returncode == 0, done.stderr
        after = image.read_bytes()
        [place] = [extent for name, extent in root_files(after).items() if name.startswith("COREKMS.TOM")]
        assert place[1] == 65536
        content = after[place[0] * SECTOR :][:65536]
        first, rest = content.split(b"\n", 1)
        assert first.startswith(b"#") and first.endswith(b" %d bytes:" % len(text.encode()))
        assert rest == text.encode().ljust(65536 - len(first) - 1, b"\n")
    assert len(after) == len(before)
    changed = [i for i in range(0, len(before), SECTOR) if before[i : i + SECTOR] != after[i : i + SECTOR]]
    assert len(changed) == 1


def document_of(disk):
    """What mtools reads from the first partition."""
    table = subprocess.run(["sfdisk", "--dump", disk], check=True, capture_output=True, text=True).stdout
    start = int(table.split("start=", 1)[1].split(",", 1)[0])
    return subprocess.run(["mtype", "-i", f"{disk}@@{start * 512}", "::/corekms.toml"], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("kind, form", [("img", "raw"), ("qcow2", "qcow2"), ("vhd", "vpc"), ("vhdx", "vhdx"), ("vmdk", "vmdk"), ("vdi", "vdi")])
def test_disk_images(put, repository, tmp_path, kind, form):
    raw, image = tmp_path / "raw", tmp_path / f"disk.{kind}"
    subprocess.run([repository / "image" / "build.sh", "esp", raw], check=True, capture_output=True)
    subprocess.run(["qemu-img", "convert", "-O", form, raw, image], check=True)
    for text in (DOCUMENT, OTHER):
        done = put(image, text)
        assert done.returncode == 0, done.stderr
        subprocess.run(["qemu-img", "convert", "-f", form, "-O", "raw", image, raw], check=True)
        assert document_of(raw) == text
    if form in ("qcow2", "vhdx", "vmdk", "vdi"):
        subprocess.run(["qemu-img", "check", "-f", form, image], check=True, capture_output=True)


def test_a_user_whose_path_has_no_sbin_puts_one_on_a_disk(put, repository, tmp_path):
    """As Debian sets it for all but root."""
    image = tmp_path / "disk.img"
    subprocess.run([repository / "image" / "build.sh", "esp", image], check=True, capture_output=True)
    done = put(image, DOCUMENT, env={**os.environ, "PATH": "/usr/local/bin:/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    assert document_of(image) == DOCUMENT


def test_the_vhd_of_generation_1_keeps_its_size_and_form(put, run, repository, tmp_path):
    done = run("image/formats.sh", "vhd")
    assert done.returncode == 0, done.stderr
    image = kept(repository / "out", tmp_path, "corekms-gen1.vhd")
    size = image.stat().st_size
    for text in (DOCUMENT, OTHER):
        done = put(image, text)
        assert done.returncode == 0, done.stderr
        content = image.read_bytes()
        assert len(content) == size and content.count(b"conectix") == 1 and content[-512:].startswith(b"conectix")
        (tmp_path / "raw").write_bytes(content[:-512])
        assert document_of(tmp_path / "raw") == text


def test_efi_carries_kernel_and_document(put, repository, tmp_path):
    image = kept(repository / "out", tmp_path, "corekms.efi")
    kernel = image.read_bytes()
    for text in (DOCUMENT, OTHER):
        done = put(image, text)
        assert done.returncode == 0, done.stderr
        content = image.read_bytes()
        assert kernel in content
        assert text.encode() in content
    assert DOCUMENT.encode() not in content
    assert len(content) < len(kernel) + 200_000


def test_of_an_efi_that_was_signed_it_is_said_that_it_no_longer_is(put, repository, tmp_path):
    image = kept(repository / "out", tmp_path, "corekms.efi")
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    subprocess.run(["openssl", "req", "-new", "-x509", "-nodes", "-subj", "/CN=put/", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    subprocess.run(["sbsign", "--key", key, "--cert", certificate, "--output", image, image], check=True, capture_output=True)
    for signed in (True, False):
        done = put(image, DOCUMENT)
        assert done.returncode == 0, done.stderr
        assert ("was signed and is no longer" in done.stdout) == signed


def test_of_a_file_of_out_it_is_said_that_the_next_build_replaces_it(put, repository, tmp_path):
    for folder, of_out in (("out", True), ("elsewhere", False)):
        (tmp_path / folder).mkdir()
        image = kept(repository / "out", tmp_path / folder, "corekms.iso")
        done = put(image, DOCUMENT, env={**os.environ, "COREKMS_OUT": str(tmp_path / "out")})
        assert done.returncode == 0, done.stderr
        assert (f"makes {image} anew, without it" in done.stdout) == of_out


@pytest.mark.parametrize(
    "name, text, said",
    [
        ("corekms.iso", '[system]\nhostnam = "x"\n', "broken"),
        ("corekms.iso", "#" * 65_600, "longer than 65536"),
        ("corekms.iso", "#" * 65_500, "holds 65536 bytes"),
        ("corekms.txt", DOCUMENT, "known are .iso"),
        ("other.iso", DOCUMENT, "keeps no place"),
        ("other.img", DOCUMENT, "no FAT partition"),
    ],
    ids=["broken", "too-long", "no-room", "unknown-kind", "another-iso", "another-disk"],
)
def test_what_cannot_be_done_leaves_the_image_alone(put, repository, tmp_path, name, text, said):
    image = tmp_path / name
    if name == "corekms.iso":
        shutil.copy(repository / "out" / name, image)
    else:
        image.write_bytes(b"\0" * 3_000_000)
    before = image.read_bytes()
    done = put(image, text)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert image.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["document.toml", name])
