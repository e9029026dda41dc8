# SPDX-License-Identifier: MIT
"""EDK2 with Secure Boot and the keys of ./ck keys new: what ./ck sign signed starts; what it did not sign, or what changed since, does not.
What an unsigned boot loader entry may say to the signed one: nothing that takes a defence away or brings a program in."""

import hashlib
import json
import os
import shutil
import subprocess

import ovmf_vars
import pytest
import qemu_agent

from conftest import get, shows
from qemu import AAVMF_VARS, OVMF_VARS, Nic
from qemu_net import scaled


@pytest.fixture(scope="module")
def keys(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    subprocess.run([repository / "ck", "keys", "new", folder], check=True, capture_output=True)
    return folder


def sign(repository, keys, folder, stem, kinds, build, *arguments):
    """Makes `folder` one like out/ with everything signed."""
    for kind in kinds:
        shutil.copy(repository / "out" / f"{stem}.{kind}", folder)
    shutil.copy(repository / "build" / build / "kernel.config", folder)
    environment = {**os.environ, "CK_IMAGE_BUILD": str(folder)}
    command = [repository / "ck", "sign", *arguments, "--key", keys / "db.key", "--cert", keys / "db.crt"]
    for _ in range(2):  # a second time takes the place of the first
        subprocess.run(command, check=True, capture_output=True, env=environment)


@pytest.fixture(scope="module")
def signed(repository, keys, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    sign(repository, keys, folder, "corekms", ("efi", "iso", "vmlinux"), "image")
    return folder


def start(bench, keys, image, boot, form="raw", **more):
    os.makedirs(bench.folder, exist_ok=True)
    ovmf_vars.enrol(f"{bench.folder}/edk2-vars.fd", keys)
    nic = Nic("virtio-net-pci")
    vm = bench.vm(boot, image=image, form=form, machine="q35,smm=on", firmware="edk2-secure", memory=160, nics=[nic], **more)
    return vm, nic


def trust(lab, address):
    status, body = get(lab, address, "/status.json")
    assert status == 200
    return json.loads(body)["trust"]


@pytest.mark.parametrize("name, boot, form", [("corekms.iso", "iso-cd", "raw"), ("corekms.img", "disk", "raw"), ("corekms-gen2.vhdx", "disk", "vhdx")])
def test_what_is_signed_starts(bench, keys, signed, name, boot, form):
    lab = bench.network()
    vm, nic = start(bench, keys, shutil.copy(signed / name, f"{bench.folder}/{name}"), boot, form)
    address = lab.wait_lease(nic.mac, 90)
    bench.relay(address)
    vm.wait_screen(shows(r"SERVING"), 10)
    assert trust(lab, address) == {"secure_boot": "on", "lockdown": "confidentiality", "ignored": ""}
    vm.type("4")
    vm.wait_screen(shows(r"boot\s+Secure Boot on, lockdown confidentiality"), 10)


# What would take a defence away, start another program, or mount another root file system.
WEAKENING = "lockdown=none lsm= mitigations=off nokaslr init_on_alloc=0 root=/dev/sda init=/evil sysctl.kernel.panic_on_oops=0"
LOADER = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi"


@pytest.fixture(scope="module")
def agent_archive(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("agent")
    return qemu_agent.archive(qemu_agent.build_programs(repository) / "agent", f"{folder}/agent.cpio")


@pytest.fixture
def entry(bench, keys, signed):
    """Makes a disk: systemd's boot loader and the kernel, both signed, and an entry, which cannot be."""

    def make(options, initrd):
        folder = bench.folder
        disk, loader = f"{folder}/disk.img", f"{folder}/loader.efi"
        subprocess.run(["sbsign", "--key", keys / "db.key", "--cert", keys / "db.crt", "--output", loader, LOADER], check=True, capture_output=True)
        text = f"title CoreKMS\nlinux /corekms.efi\ninitrd /initrd.cpio\noptions {options}\n"
        for name, content in (("loader.conf", "timeout 0\n"), ("entry.conf", text)):
            with open(f"{folder}/{name}", "w", encoding="ascii") as file:
                file.write(content)
        with open(disk, "wb") as file:
            file.truncate(16 * 1024 * 1024)
        subprocess.run(["mkfs.vfat", disk], check=True, capture_output=True)
        subprocess.run(["mmd", "-i", disk, "::/EFI", "::/EFI/BOOT", "::/loader", "::/loader/entries"], check=True)
        for source, target in (
            (loader, "EFI/BOOT/BOOTX64.EFI"),
            (signed / "corekms.efi", "corekms.efi"),
            (initrd, "initrd.cpio"),
            (f"{folder}/loader.conf", "loader/loader.conf"),
            (f"{folder}/entry.conf", "loader/entries/entry.conf"),
        ):
            subprocess.run(["mcopy", "-i", disk, source, f"::/{target}"], check=True)
        return disk

    return make


def test_the_command_line_weakens_nothing_and_an_initramfs_brings_no_program(bench, keys, entry, agent_archive):
    lab = bench.network()
    agent = qemu_agent.Agent()
    words = f"{qemu_agent.CMDLINE} {WEAKENING}"
    vm, nic = start(bench, keys, entry(f"{words} corekms.hostname=kept", agent_archive), "disk", agent=agent)
    address = lab.wait_lease(nic.mac, 60)
    bench.relay(address)
    vm.wait_screen(shows(r"SERVING", r"kept"), 10)
    told = trust(lab, address)
    assert (told["secure_boot"], told["lockdown"]) == ("on", "confidentiality")
    assert set(words.split()) <= set(told["ignored"].split())
    vm.type("4")
    vm.wait_screen(shows(r"not taken from the command line: "), 10)
    with pytest.raises(TimeoutError):
        agent.ask("ps", 3)


def test_a_document_in_an_initramfs_is_one_still(bench, keys, entry):
    lab = bench.network()
    files = {"config/corekms.toml": b"[system]\nhostname = 'from-outside'\n", "init": b"#!/nothing\n", "etc/passwd": b""}
    initrd = qemu_agent.pack(files, f"{bench.folder}/document.cpio", folders=["config"])
    vm, nic = start(bench, keys, entry("", initrd), "disk")
    bench.relay(lab.wait_lease(nic.mac, 60))
    vm.wait_screen(shows(r"SERVING", r"from-outside"), 10)


def test_without_secure_boot_the_command_line_counts_and_lockdown_holds(bench, entry, agent_archive):
    """The same initramfs as above: there it has to be able to do something. Lockdown is on all the same."""
    lab = bench.network()
    agent = qemu_agent.Agent()
    nic = Nic("virtio-net-pci")
    image = entry(f"{qemu_agent.CMDLINE} lockdown=none lsm= ignored.word", agent_archive)
    bench.vm("disk", image=image, firmware="ovmf", memory=160, nics=[nic], agent=agent)
    address = lab.wait_lease(nic.mac, 60)
    bench.relay(address)
    assert "netd" in agent.programs()
    assert "none integrity [confidentiality]" in agent.ask("cat /sys/kernel/security/lockdown")
    assert trust(lab, address) == {"secure_boot": "off", "lockdown": "confidentiality", "ignored": ""}


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


def secure_machine(bench, image, boot):
    nic = Nic("virtio-net-pci")
    vm = bench.vm(boot, image=image, machine="q35,smm=on", firmware="edk2-secure", memory=160, nics=[nic])
    return vm, nic


def in_setup_mode(bench, keys):
    """A machine without any key, started from a copy of enrol.img."""
    os.makedirs(bench.folder, exist_ok=True)
    shutil.copy(OVMF_VARS, f"{bench.folder}/edk2-vars.fd")
    return shutil.copy(keys / "enrol.img", f"{bench.folder}/enrol.img")


def test_enrol_img_enrols_the_keys_by_itself(bench, keys, signed, repository):
    """From setup mode, without a key pressed: what is signed then starts with Secure Boot on, what is not (enrol.img among it) does not."""
    lab = bench.network()
    image = in_setup_mode(bench, keys)
    vm, _ = secure_machine(bench, image, "disk")
    mark = vm.qmp.mark()
    vm.wait_screen(shows(r"Enrolling secure boot keys from directory: \\loader\\keys\\auto"), 60)
    assert vm.ended(mark, 60) == ("guest-reset", 0)
    for refused, boot in ((repository / "out" / "corekms.iso", "iso-cd"), (image, "disk")):
        vm, _ = secure_machine(bench, refused, boot)
        vm.wait_screen(shows(r"Access Denied|Security Violation"), 60)
        vm.close()
    vm, nic = secure_machine(bench, signed / "corekms.iso", "iso-cd")
    address = lab.wait_lease(nic.mac, 90)
    bench.relay(address)
    assert trust(lab, address) == {"secure_boot": "on", "lockdown": "confidentiality", "ignored": ""}


def test_a_platform_key_whose_signature_does_not_fit_is_not_enrolled(bench, keys, repository):
    lab = bench.network()
    image = in_setup_mode(bench, keys)
    update = bytearray((keys / "PK.auth").read_bytes())
    update[-1] ^= 1  # the certificate, which the signature in front of it is over
    with open(f"{bench.folder}/PK.auth", "wb") as file:
        file.write(update)
    subprocess.run(["mcopy", "-o", "-i", image, f"{bench.folder}/PK.auth", "::/loader/keys/auto/"], check=True)
    vm, _ = secure_machine(bench, image, "disk")
    vm.wait_screen(shows(r"Failed to write PK secure boot variable: "), 60)
    vm.close()
    _, nic = secure_machine(bench, repository / "out" / "corekms.iso", "iso-cd")
    address = lab.wait_lease(nic.mac, 90)
    assert trust(lab, address)["secure_boot"] == "off"


def test_64_bit_arm_starts_what_is_signed_alone(bench, keys, repository, tmp_path):
    sign(repository, keys, tmp_path, "corekms-aarch64", ("efi", "iso"), "image-aarch64", "--arch", "aarch64")
    lab = bench.network()
    for folder in (repository / "out", tmp_path):
        image = shutil.copy(folder / "corekms-aarch64.iso", f"{bench.folder}/corekms.iso")
        ovmf_vars.enrol(f"{bench.folder}/edk2-vars.fd", keys, AAVMF_VARS)
        nic = Nic("virtio-net-pci")
        vm = bench.vm("iso-cd", image=image, machine="virt", firmware="edk2-secure", memory=160, nics=[nic])
        if folder == tmp_path:
            break
        vm.wait_screen(shows(r"Access Denied|Security Violation"), 90)
        vm.close()
    address = lab.wait_lease(nic.mac, 90)
    bench.relay(address)
    assert trust(lab, address) == {"secure_boot": "on", "lockdown": "confidentiality", "ignored": ""}


def test_the_signature_is_of_this_key_alone(signed, keys, repository):
    verified = subprocess.run(["sbverify", "--cert", keys / "db.crt", signed / "corekms.efi"], capture_output=True, text=True, check=False)
    assert verified.returncode == 0 and "Signature verification OK" in verified.stdout
    listed = subprocess.run(["sbverify", "--list", signed / "corekms.efi"], capture_output=True, text=True, check=True).stdout
    assert [line for line in listed.splitlines() if line.startswith("signature ")] == ["signature 1"]
    assert subprocess.run(["sbverify", "--cert", keys / "PK.crt", signed / "corekms.efi"], capture_output=True, check=False).returncode != 0
    assert (keys / "db.key").stat().st_mode & 0o077 == 0
    again = subprocess.run([repository / "ck", "keys", "new", keys], capture_output=True, text=True, check=False)
    assert again.returncode == 1 and "not replaced" in again.stderr
