# SPDX-License-Identifier: MIT
"""Every way in: firmware, medium and network card. Each machine must be served by the real DHCP server and router, relay by both
families, show it all, and go off by its power button."""

import re

import pytest

from conftest import shows
from qemu import Nic

CASES = [
    # boot, machine, firmware, card, MiB
    ("iso-cd", "q35", "seabios", "virtio-net-pci", 64),
    ("iso-disk", "q35", "seabios", "vmxnet3", 64),
    ("iso-cd", "pc", "seabios", "e1000", 64),
    ("iso-disk", "pc", "seabios", "pcnet", 64),
    ("kernel", "q35", "seabios", "e1000e", 64),
    ("kernel", "pc", "seabios", "rtl8139", 64),
    ("iso-cd", "q35", "ovmf", "virtio-net-pci", 128),
    ("iso-disk", "q35", "ovmf", "e1000e", 128),
    ("esp", "q35", "ovmf", "virtio-net-pci", 128),
    ("pvh", "microvm,acpi=off", "seabios", "virtio-net-device", 64),
]


def name(case):
    return "-".join(str(word) for word in case[:4]).replace(",", "-").replace("=", "-")


def whole(bench, vm, nic, patience=60):
    """What every boot must show, with its host found by DNS; returns (IPv4 address, IPv6 address)."""
    lab = bench.lab
    address4 = lab.wait_lease(nic.mac, patience, vm.started)
    address6 = lab.wait_global6(nic.mac, 20, vm.started)
    bench.relay(address4)
    bench.relay(address6)
    lab.dhcp_log.wait(rf"(?i)query\[SRV\] _vlmcs\._tcp\.{lab.domain} ", since=vm.started)
    vm.wait_screen(
        shows(
            r"^ ?CoreKMS \d",
            r"Service\s+gateway\s+SERVING",
            rf"Upstream\s+{lab.upstream_name}\.",
            r"Memory\s+[\d.]+ of [\d.]+ MiB",
            rf"link/ether {nic.mac}",
            rf"inet {re.escape(address4)}/24 .*DHCP",
            rf"inet6 {address6}/64 .*SLAAC",
            r"gateway .*192\.0\.2\.1",
            r"DNS .*192\.0\.2\.1",
        ),
        10,
        "the state of a serving machine",
    )
    assert not vm.terminal.unknown, f"sequences that a plain terminal need not know: {vm.terminal.unknown[:5]}"
    return address4, address6


@pytest.mark.parametrize("case", CASES, ids=name)
def test_boots_and_serves(bench, case):
    boot, machine, firmware, model, memory = case
    bench.network()
    nic = Nic(model)
    vm = bench.vm(boot, machine=machine, firmware=firmware, nics=[nic], memory=memory)
    whole(bench, vm, nic)
    if machine == "microvm,acpi=off":
        # There is neither a power button nor a keyboard to press: the plug is this machine's only switch.
        vm.qmp.command("quit")
        assert vm.process.wait(20) == 0
        return
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_ctrl_alt_delete_restarts(bench):
    bench.network()
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", nics=[nic])
    whole(bench, vm, nic)
    reason, status = vm.press_ctrl_alt_del()
    assert (reason, status) == ("guest-reset", 0)


def test_a_machine_without_a_card_says_so(bench):
    bench.network()
    vm = bench.vm("kernel", nics=[])
    vm.wait_screen(shows(r"CoreKMS \d", r"Service\s+gateway"), 20)
    vm.wait_screen(lambda text: not re.search(r"^\s*\d+: eth", text, re.MULTILINE), 5)
    assert vm.press_power_button() == ("guest-shutdown", 0)
