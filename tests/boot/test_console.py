# SPDX-License-Identifier: MIT
"""The consoles: the serial line, a virtio console, the display; their keys, and the question before the end of the machine."""

import re
import time

import pytest

import qemu_display
from conftest import UPSTREAM4, enlarge, shows
from qemu import Nic
from qemu_net import scaled, wait_until

KEYS = r"^ Enter refresh"
THOUGHT = 0.6  # seconds; an answer within 300 ms of the question is none


def serving(bench, **options):
    """(vm, its address, its card) of a machine that relays."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = bench.vm(options.pop("boot", "kernel"), nics=[nic], **options)
    address = lab.wait_lease(nic.mac, 60)
    bench.relay(address, 40)
    vm.wait_screen(shows(r"Service\s+gateway\s+SERVING", KEYS), 20)
    return vm, address, nic


def ask(vm, key, question, line=None):
    (line or vm).type(key)
    vm.wait_screen(shows(rf"^ {re.escape(question)} y/n"), 10, line=line)
    time.sleep(scaled(THOUGHT))


def test_no_does_nothing_and_yes_powers_off_in_order(bench):
    vm, address, nic = serving(bench)
    vm.type("?")
    vm.wait_screen(shows(r"^ p, r\s+power off, restart"), 10)
    for key, question in (("p", "Power off?"), ("r", "Restart?")):
        ask(vm, key, question)
        vm.type("n")
        vm.wait_screen(shows(KEYS), 10)
    vm.type("py")  # faster than anyone reads
    vm.wait_screen(shows(KEYS), 10)
    ask(vm, "p", "Power off?")
    vm.wait_screen(shows(KEYS), 20)  # ten seconds without an answer
    bench.relay(address)
    ask(vm, "p", "Power off?")
    mark = vm.qmp.mark()
    vm.type("y")
    assert vm.ended(mark, 20) == ("guest-shutdown", 0)
    bench.lab.dhcp_log.wait(rf"DHCPRELEASE\(br0\) {re.escape(address)} {nic.mac}")


def test_restart_by_a_key_of_the_display(bench):
    vm, address, nic = serving(bench)
    mark = vm.qmp.mark()
    vm.qmp.command("send-key", keys=[{"type": "qcode", "data": "r"}])
    time.sleep(scaled(2))
    vm.qmp.command("send-key", keys=[{"type": "qcode", "data": "y"}])
    assert vm.ended(mark, 20) == ("guest-reset", 0)
    bench.lab.dhcp_log.wait(rf"DHCPRELEASE\(br0\) {re.escape(address)} {nic.mac}")


def test_disabled_says_so(bench):
    vm, address, _ = serving(bench, cmdline=f"corekms.system.power-keys=false corekms.upstream={UPSTREAM4}")
    for key in ("p", "r"):
        vm.type(key)
        vm.wait_screen(shows(r"^ Power off and restart are disabled on the consoles \(system\.power-keys\)"), 10)
        time.sleep(scaled(THOUGHT))
        vm.type("y")
        vm.wait_screen(shows(KEYS), 10)
    bench.relay(address)
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_which_consoles_in_which_zone_and_how_much_is_logged(bench):
    """Only the serial line shows the screen; it tells the time of its zone, and nothing but warnings is logged."""
    words = "system.consoles=ttyS0 system.timezone=-05:30 system.log-level=warning upstream=" + UPSTREAM4
    vm, _, _ = serving(bench, cmdline=" ".join(f"corekms.{word}" for word in words.split()))
    vm.wait_screen(shows(r"Clock  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d -05:30", r"since \d\d:\d\d:\d\d -05:30"), 10)
    vm.type("l")
    # The newest line is the first: down to that one is all that our programs have said.
    vm.wait_screen(shows(r"^ times are -05:30 here, and UTC where the log is sent", r"^ \d\d:\d\d:\d\d kernel: Run /init"), 10)
    ours = re.search(r"^ \d\d:\d\d:\d\d (init|config|netd|logd): ", vm.screen(), re.MULTILINE)
    assert not ours, "all that they have to say is information:\n" + vm.screen()
    # Nobody reads the keys of the display.
    vm.qmp.command("send-key", keys=[{"type": "qcode", "data": "r"}])
    time.sleep(scaled(2))
    vm.qmp.command("send-key", keys=[{"type": "qcode", "data": "y"}])
    vm.type("1")
    vm.wait_screen(shows(r"Service\s+gateway\s+SERVING"), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_a_wide_terminal_and_a_dumb_one(bench):
    """The serial line's terminal has 132 columns and says so when it is asked; then it is dumb and gets plain lines."""
    vm, address, _ = serving(bench)
    enlarge(vm, 132, 40)
    assert vm.terminal.scrolls == 0 and not vm.terminal.unknown
    begin = vm.raw_size()
    vm.type("d")
    vm.wait_screen(lambda text: vm.raw(begin).endswith(b"? help\r\n"), 10)
    plain = vm.raw(begin)
    plain = plain[plain.index(b"\r\n CoreKMS") :]  # the screen may have followed the clock once more before
    assert b"\x1b" not in plain and f"inet {address}/24".encode() in plain
    assert all(0x20 <= byte <= 0x7E or byte in b"\r\n" for byte in plain), plain
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_a_virtio_console_has_a_screen_and_keys_of_its_own(bench):
    vm, address, _ = serving(bench, virtio=True)
    vm.wait_screen(shows(r"Service\s+gateway\s+SERVING", rf"inet {re.escape(address)}/24", KEYS), 10, line=vm.virtio)
    asked, begin = vm.virtio.terminal.questions, vm.virtio.raw_size()
    vm.virtio.type("\r")
    vm.wait_screen(lambda text: vm.virtio.terminal.questions > asked, 10, "the question for the size", line=vm.virtio)
    vm.wait_screen(lambda text: b"Enter refresh" in vm.virtio.raw(begin), 10, "all of it anew", line=vm.virtio)
    assert vm.terminal.questions == 0
    vm.virtio.type("4")
    vm.wait_screen(shows(r"^ netd\s+running", r"^ webd\s+running"), 10, line=vm.virtio)
    vm.wait_screen(shows(r"Service\s+gateway\s+SERVING"), 5)
    assert vm.virtio.terminal.scrolls == 0 and not vm.virtio.terminal.unknown
    ask(vm, "p", "Power off?", vm.virtio)
    mark = vm.qmp.mark()
    vm.virtio.type("y")
    assert vm.ended(mark, 20) == ("guest-shutdown", 0)


DISPLAYS = {  # the firmware, MiB of memory, columns and rows
    "VGA text": ("seabios", 64, 80, 25),
    "EFI frame buffer": ("ovmf", 128, 160, 50),
}
PAGES = {"1": r"^ Service +gateway", "4": r"^ netd +running", "l": r"^ \d\d:\d\d:\d\d \w+: "}


@pytest.mark.parametrize("display", DISPLAYS)
def test_the_display_shows_the_pages_that_its_keyboard_asks_for(bench, display):
    """It shows what the serial line does, once that has a terminal as large."""
    firmware, memory, columns, rows = DISPLAYS[display]
    vm, _, _ = serving(bench, boot="iso-cd", firmware=firmware, memory=memory)
    assert qemu_display.size(vm) == (columns, rows)
    enlarge(vm, min(columns, 132), rows)
    shown = []
    for key in ("1", "4", "l", "1"):
        vm.type(key)
        vm.wait_screen(shows(PAGES[key]), 10)
        vm.qmp.command("send-key", keys=[{"type": "qcode", "data": key}])
        wait_until(f"page {key} on the display", lambda: qemu_display.ink(vm) == qemu_display.ink_of(vm.screen()), 10, step=0.3)
        shown.append(qemu_display.ink(vm))
    assert sum(len(row) > 2 for row in shown[0]) >= 12 and all(before != after for before, after in zip(shown, shown[1:]))
    assert vm.press_power_button() == ("guest-shutdown", 0)
