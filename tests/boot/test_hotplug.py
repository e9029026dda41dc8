# SPDX-License-Identifier: MIT
"""Network cards come and go, 20 times, two at once: leases within 3 s of guest time, nothing leaks, the first card never notices.

Without -icount the guest's clock is QEMU's virtual clock, which runs with the host's. Guest time is the time on the host between
device_add and the server's acknowledgement, less what the machine was ready to run and the host ran others instead."""

import re
import threading
import time

import pytest

from conftest import enlarge, links, memory_used, shows
from qemu import Nic
from qemu_net import scaled, wait_until

ROUNDS = 20
WITHIN = 3.0


class Pinger(threading.Thread):
    """Pings an address all the time; `lost` are the moments without an answer."""

    def __init__(self, lab, address):
        super().__init__(daemon=True)
        self._lab, self._address, self._end = lab, address, threading.Event()
        self.sent, self.lost = 0, []

    def run(self):
        while not self._end.wait(0.25):
            self.sent += 1
            if not self._lab.ping(self._address, 2):
                self.lost.append(time.monotonic())

    def stop(self):
        self._end.set()
        self.join()


def acknowledged(lab, nic, since):
    found = lab.dhcp_log.find(rf"DHCPACK\(br0\) \S+ {nic.mac}", since)
    return found[0][0] if found else None


def guest_times(lab, vm, plugged):
    """Seconds of guest time from each plugging (card, at, starved) to its acknowledgement, by model."""
    times = {}

    def all_acknowledged():
        for card, at, starved in plugged:
            acknowledgement = None if card.model in times else acknowledged(lab, card, at)
            if acknowledgement:
                times[card.model] = acknowledgement - at - (vm.starved() - starved)
        return len(times) == len(plugged)

    wait_until(f"leases of the plugged {[card.model for card, _, _ in plugged]}", all_acknowledged, 15)
    return times


WAYS = {
    # PCI Express native hot-plug: the port's own registers and interrupt, no ACPI in between.
    "q35-native": (
        "q35",
        ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]
        + ["-device", "pcie-root-port,id=slot1,chassis=1,slot=1", "-device", "pcie-root-port,id=slot2,chassis=2,slot=2"],
        ("slot1", "slot2"),
    ),
    # ACPI hot-plug on the conventional bus of `pc`.
    "pc-acpi": ("pc", [], ("pci.0", "pci.0")),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_cards_come_and_go(bench, way):
    machine, extra, buses = WAYS[way]
    lab = bench.network()
    first = Nic("virtio-net-pci")
    vm = bench.vm("kernel", machine=machine, extra=extra, nics=[first], memory=64)
    address = lab.wait_lease(first.mac)
    bench.relay(address)
    enlarge(vm, 80, 48)  # room for all three cards
    pinger = Pinger(lab, address)
    pinger.start()
    slowest, memory = {}, []
    began = time.monotonic()
    for _ in range(ROUNDS):
        cards = [Nic("virtio-net-pci", "hot-virtio"), Nic("e1000", "hot-e1000")]
        plugged = [(card, vm.plug(card, bus), vm.starved()) for card, bus in zip(cards, buses)]
        for model, took in guest_times(lab, vm, plugged).items():
            slowest[model] = max(slowest.get(model, 0), took)
        for card in cards:
            vm.wait_screen(shows(rf"link/ether {card.mac}\n +inet {re.escape(lab.wait_lease(card.mac))}/24"), 5, f"{card.model} on the screen")
        vm.unplug(*cards)
        vm.wait_screen(lambda text: len(links(text)) == 1, 5, "one link left")
        memory.append(memory_used(vm.screen()))
        for card in cards:
            lab.ip(f"link del {card.tap}")
    pinger.stop()
    print(f"{way}: slowest lease {', '.join(f'{model} {took:.2f} s' for model, took in slowest.items())}; memory used {memory}")
    assert all(took <= scaled(WITHIN) for took in slowest.values()), slowest
    assert memory[-1] - memory[2] <= 0.5, f"memory used grows: {memory}"
    assert pinger.sent > ROUNDS and not pinger.lost, f"the first card was silent {len(pinger.lost)} of {pinger.sent} times"
    again = [match.group(0) for _, match in lab.dhcp_log.find(rf"DHCP(DISCOVER|NAK|DECLINE|RELEASE).*{first.mac}", began)]
    assert not again, again
    bench.relay(address)
    assert vm.press_power_button() == ("guest-shutdown", 0)
