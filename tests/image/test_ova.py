# SPDX-License-Identifier: MIT
"""The appliances: by the rules of OVF, and by virt-v2v, which reads them as VMware's.

No package that was found of Debian or npm has DMTF's XML schema. Who has it (dsp8023_1.1.1.xsd beside the files that it imports) names it in
COREKMS_OVF_SCHEMA, and xmllint judges by it as well."""

import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import ovf_rules  # noqa: E402

VARIANTS = [("corekms", "uefi"), ("corekms-bios", "bios")]
MEMORY = {"uefi": 128, "bios": 64}  # MB
SCHEMA = os.environ.get("COREKMS_OVF_SCHEMA")


def faults_by_schema(text) -> list[str]:
    done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", SCHEMA, "-"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr  # valid, or not; not: no schema
    return done.stderr.splitlines() if done.returncode else []


JUDGES = {"rules": ovf_rules.faults, **({"schema": faults_by_schema} if SCHEMA else {})}


@pytest.fixture(scope="module")
def appliances(run, out):
    done = run("image/formats.sh", "ova", "ova-bios")
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def virt_v2v(run):
    """A function from an .ova to what virt-v2v says of it."""
    done = run("scripts/peers.sh", "readers")
    assert done.returncode == 0, done.stderr
    peers = pathlib.Path(done.stdout.strip())
    if (peers / "missing").read_text().strip():
        pytest.skip("this release of Debian has no virt-v2v")
    libraries = ":".join(str(path) for path in (peers / "usr/lib").glob("*-linux-gnu"))
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "LC_ALL": "C"}
    command = [peers / "usr/bin/virt-v2v", "-i", "ova", "-o", "null", "--print-source"]
    return lambda path: subprocess.run([*command, path], env=environment, capture_output=True, text=True, timeout=120, check=False)


def description(path):
    with tarfile.open(path) as archive:
        return archive.extractfile(archive.getmembers()[0]).read().decode()


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("name, _", VARIANTS)
def test_it_is_well_described(appliances, name, _, judge):
    assert JUDGES[judge](description(appliances / f"{name}.ova")) == []


def broken(appliances, old, new) -> str:
    text = description(appliances / "corekms.ova")
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(
    "old, new, told, element",
    [
        ("<Info>Virtual disks</Info>", "", "DiskSection: its children", "Disk"),
        ("<Name>CoreKMS</Name>", "<Title>CoreKMS</Title>", "VirtualSystem: its children", "Title"),
        ('ovf:diskId="disk1"', "", "diskId is missing", "Disk"),
        ("<rasd:Address>0</rasd:Address>", "<rasd:ZAddress>0</rasd:ZAddress>", "alphabetical order", "ZAddress"),
    ],
)
def test_broken_grammar_is_refused(appliances, judge, old, new, told, element):
    said = "\n".join(JUDGES[judge](broken(appliances, old, new)))
    assert (told if judge == "rules" else f"element {element}: Schemas validity error") in said


@pytest.mark.parametrize(
    "old, new, told",
    [
        ('ovf:fileRef="file1"', 'ovf:fileRef="file2"', "the file file2 is nowhere"),
        ('ovf:size="', 'ovf:length="', "length is unknown"),
        ("ovf:/disk/disk1", "ovf:/disk/disk2", "ovf:/disk/disk2 is nowhere"),
        ("<rasd:Parent>3<", "<rasd:Parent>9<", "its parent 9 is nowhere"),
        ("<rasd:InstanceID>5<", "<rasd:InstanceID>4<", "stands there twice"),
        ("<rasd:Connection>VM Network<", "<rasd:Connection>Net<", "the network Net is nowhere"),
        ("<rasd:ResourceType>20</rasd:ResourceType>", "", "ResourceType is missing"),
        ('ovf:id="101"', 'ovf:id="1"', "not Linux"),
        ('ovf:type="string"', 'ovf:type="text"', "the type text is none"),
        ("guestinfo.corekms.config.encoding", "guestinfo.corekms.config", "stands there twice"),
    ],
)
def test_a_broken_meaning_is_refused(appliances, old, new, told):
    assert told in "\n".join(ovf_rules.faults(broken(appliances, old, new)))


@pytest.mark.parametrize("name, firmware", VARIANTS)
def test_virt_v2v_sees_the_machine_that_is_meant(appliances, virt_v2v, name, firmware):
    done = virt_v2v(appliances / f"{name}.ova")
    assert done.returncode == 0, done.stderr
    said = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in done.stdout.splitlines())}
    assert (said["source name"], said["hypervisor type"], said["memory"], said["nr vCPUs"]) == ("CoreKMS", "vmware", f"{MEMORY[firmware] << 20} (bytes)", "1")
    assert said["firmware"] == firmware
    assert "0 [sata]" in done.stdout and 'Bridge "VM Network" [vmxnet3]' in done.stdout


@pytest.mark.parametrize("member", [0, 2])
def test_virt_v2v_refuses_what_its_manifest_does_not_match(appliances, virt_v2v, tmp_path, member):
    with tarfile.open(appliances / "corekms.ova") as archive:
        archive.extractall(tmp_path / "parts")
        names = archive.getnames()
    with open(tmp_path / "parts" / names[member], "r+b") as file:
        content = file.read()
        file.seek(0)
        file.write(content.replace(b"CoreKMS</Name>", b"CoreKMZ</Name>") if member == 0 else content[:-1] + b"\1")
    with tarfile.open(tmp_path / "broken.ova", "w", format=tarfile.USTAR_FORMAT) as archive:
        for name in names:
            archive.add(tmp_path / "parts" / name, name)
    shutil.rmtree(tmp_path / "parts")
    done = virt_v2v(tmp_path / "broken.ova")
    assert done.returncode != 0 and "does not match manifest" in done.stderr
