# SPDX-License-Identifier: MIT
"""OVMF with Secure Boot and the keys of ./ck keys new: what ./ck sign signed starts; what it did not sign, or what changed since, does not."""

import hashlib
import json
import os
import shutil
import subprocess

import ovmf_vars
import pytest

from conftest import shows
from qemu import Nic
from qemu_net import scaled


@pytest.fixture(scope="module")
def keys(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    subprocess.run([repository / "ck", "keys", "new", folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def signed(repository, keys, tmp_path_factory):
    """A folder like out/ with everything signed."""
    folder = tmp_path_factory.mktemp("signed")
    for name in ("corekms.efi", "corekms.iso", "corekms.vmlinux"):
        shutil.copy(repository / "out" / name, folder)
    shutil.copy(repository / "build" / "image" / "kernel.config", folder)
    environment = {**os.environ, "CK_IMAGE_BUILD": str(folder)}
    command = [repository / "ck", "sign", "--key", keys / "db.key", "--cert", keys / "db.crt"]
    for _ in range(2):  # a second time takes the place of the first
        subprocess.run(command, check=True, capture_output=True, env=environment)
    return folder


def start(bench, keys, image, boot, form="raw"):
    os.makedirs(bench.folder, exist_ok=True)
    ovmf_vars.enrol(f"{bench.folder}/ovmf-vars.fd", keys)
    nic = Nic("virtio-net-pci")
    vm = bench.vm(boot, image=image, form=form, machine="q35,smm=on", firmware="ovmf-secure", memory=160, nics=[nic])
    return vm, nic


@pytest.mark.parametrize("name, boot, form", [("corekms.iso", "iso-cd", "raw"), ("corekms.img", "disk", "raw"), ("corekms-gen2.vhdx", "disk", "vhdx")])
def test_what_is_signed_starts(bench, keys, signed, name, boot, form):
    lab = bench.network()
    vm, nic = start(bench, keys, shutil.copy(signed / name, f"{bench.folder}/{name}"), boot, form)
    bench.relay(lab.wait_lease(nic.mac, 90))
    vm.wait_screen(shows(r"SERVING"), 10)


def test_the_papers_are_of_what_is_signed(signed, repository):
    statement = json.loads((signed / "corekms.provenance.json").read_text())
    sums = {each["name"]: each["digest"]["sha256"] for each in statement["subject"]}
    assert sums["corekms.efi"] == hashlib.sha256((signed / "corekms.efi").read_bytes()).hexdigest()
    assert sums["corekms.efi"] != hashlib.sha256((repository / "out" / "corekms.efi").read_bytes()).hexdigest()
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=signed, check=True)


def tampered(path):
    """One bit of the kernel's payload."""
    with open(path, "r+b") as file:
        content = file.read()
        at = content.rindex(b"MZ", 0, len(content) // 2) + 1_000_000
        file.seek(at)
        file.write(bytes([content[at] ^ 1]))
    return path


@pytest.mark.parametrize("kind", ["unsigned", "tampered"])
def test_what_is_not_signed_or_changed_does_not(bench, keys, signed, repository, kind):
    lab = bench.network()
    image = shutil.copy((signed if kind == "tampered" else repository / "out") / "corekms.iso", f"{bench.folder}/corekms.iso")
    if kind == "tampered":
        tampered(image)
    vm, nic = start(bench, keys, image, "iso-cd")
    vm.wait_screen(shows(r"Access Denied|Security Violation"), 60)
    with pytest.raises(AssertionError):
        lab.wait_lease(nic.mac, scaled(5))


def test_the_signature_is_of_this_key_alone(signed, keys, repository):
    verified = subprocess.run(["sbverify", "--cert", keys / "db.crt", signed / "corekms.efi"], capture_output=True, text=True, check=False)
    assert verified.returncode == 0 and "Signature verification OK" in verified.stdout
    listed = subprocess.run(["sbverify", "--list", signed / "corekms.efi"], capture_output=True, text=True, check=True).stdout
    assert [line for line in listed.splitlines() if line.startswith("signature ")] == ["signature 1"]
    assert subprocess.run(["sbverify", "--cert", keys / "PK.crt", signed / "corekms.efi"], capture_output=True, check=False).returncode != 0
    assert (keys / "db.key").stat().st_mode & 0o077 == 0
    again = subprocess.run([repository / "ck", "keys", "new", keys], capture_output=True, text=True, check=False)
    assert again.returncode == 1 and "not replaced" in again.stderr
