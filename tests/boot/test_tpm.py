# SPDX-License-Identifier: MIT
"""The document in a machine with a TPM 2.0 (swtpm): measured into PCR 12 by every bank, and what is shown of that."""

import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
from types import SimpleNamespace

import pytest
import yaml

from conftest import get, get_bytes, shows
from qemu import Nic
from qemu_net import UPSTREAM4
from tpm import BANKS, Swtpm

PCR = 12
# Longer than one command to a TPM carries.
DOCUMENT = f'[system]\nhostname = "measured"\n[gateway]\nupstreams = ["{UPSTREAM4}"]\n' + "# A comment is a part of the document.\n" * 60


@pytest.fixture
def tpm(bench):
    tpm = Swtpm(f"{bench.folder}/tpm")
    yield tpm
    tpm.close()


def extended(bank, text):
    """A PCR of zeros after the measurement of this text (TPM 2.0 Library, part 1, 17.2)."""
    def digest(data):
        return hashlib.new(bank, data).digest()

    return digest(bytes(len(digest(b""))) + digest(text))


def started(bench, tpm, device, document, **options):
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    extra = tpm.arguments(device)
    if document:
        encoded = base64.b64encode(document.encode()).decode()
        extra += ("-smbios", f"type=11,value=io.systemd.credential.binary:corekms.toml={encoded}")
    vm = bench.vm(nics=[nic], extra=extra, **options)
    address = lab.wait_lease(nic.mac, 90)
    bench.relay(address)
    vm.wait_screen(shows(r"SERVING"), 10)
    vm.type("4")
    status, body = get(lab, address, "/status.json")
    assert status == 200
    return SimpleNamespace(vm=vm, lab=lab, address=address, state=json.loads(body))


def arm64(bench, repository):
    image = shutil.copy(repository / "out" / "corekms-aarch64.iso", bench.folder)
    return {"boot": "iso-cd", "image": image, "machine": "virt", "memory": 160}


MACHINES = {
    "tis": ("tpm-tis", lambda *_: {"boot": "kernel"}),
    "crb": ("tpm-crb", lambda *_: {"boot": "iso-cd", "firmware": "ovmf", "memory": 160}),
    "arm64": ("tpm-tis-device", arm64),
}


def replayed(log, folder) -> dict[str, dict[int, str]]:
    """The PCRs of each bank that an event log leads to, by tpm2-tools."""
    (folder / "event-log").write_bytes(log)
    printed = subprocess.run(["tpm2_eventlog", folder / "event-log"], check=True, capture_output=True, text=True).stdout
    return yaml.safe_load(printed)["pcrs"]


@pytest.mark.parametrize("name", MACHINES)
def test_the_document_is_in_the_pcr_of_every_bank(bench, tpm, repository, name):
    device, options = MACHINES[name]
    machine = started(bench, tpm, device, DOCUMENT, **options(bench, repository))
    told = {each["bank"]: (each["pcr"], each["digest"]) for each in machine.state["measurements"]}
    assert told == {bank: (PCR, hashlib.new(bank, DOCUMENT.encode()).hexdigest()) for bank in BANKS}
    assert told["sha256"][1] == machine.state["configuration"]["sha256"]
    machine.vm.wait_screen(shows(r"TPM\s+measured into PCR 12: " + ", ".join(BANKS)), 10)
    status, log = get_bytes(machine.lab, machine.address, "/tpm-event-log")
    assert status == 200
    machine.vm.pull_the_plug()
    banks = replayed(log, pathlib.Path(bench.folder))
    assert {bank: {pcr: f"0x{tpm.pcr(bank, pcr).hex()}" for pcr in banks[bank]} for bank in BANKS} == {
        bank: {pcr: f"0x{value:0{2 * hashlib.new(bank).digest_size}x}" for pcr, value in banks[bank].items()} for bank in BANKS
    }
    assert PCR in banks["sha256"] and (name == "arm64" or 4 in banks["sha256"]), "the firmware's events are in it, too"
    assert {bank: tpm.pcr(bank, PCR) for bank in BANKS} == {bank: extended(bank, DOCUMENT.encode()) for bank in BANKS}


def test_that_there_was_none_is_measured_too(bench, tpm):
    machine = started(bench, tpm, "tpm-tis", None, boot="kernel")
    assert machine.state["configuration"]["standing"] == "standard"
    assert get_bytes(machine.lab, machine.address, "/tpm-event-log")[0] == 200
    machine.vm.pull_the_plug()
    assert tpm.pcr("sha256", PCR) == extended("sha256", b"")
