# SPDX-License-Identifier: MIT
"""The keys of a console: the question before the end of the machine, on the serial line and on the display; where it is disabled."""

import re
import time

from conftest import UPSTREAM4, shows
from qemu import Nic
from qemu_net import scaled

KEYS = r"^ Enter refresh"
THOUGHT = 0.6  # seconds; an answer within 300 ms of the question is none


def serving(bench, **options):
    """(vm, its address, its card) of a machine that relays."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", nics=[nic], **options)
    address = lab.wait_lease(nic.mac, 60)
    bench.relay(address, 40)
    vm.wait_screen(shows(r"Service\s+gateway\s+SERVING", KEYS), 20)
    return vm, address, nic


def ask(vm, key, question):
    vm.type(key)
    vm.wait_screen(shows(rf"^ {re.escape(question)} y/n"), 10)
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
    vm.terminal.resize(132, 40)
    vm.type("\r")
    vm.wait_screen(lambda text: vm.terminal.questions > 0, 10, "the question for the size")
    vm.type("\033[40;132R")
    vm.wait_screen(lambda text: text.splitlines()[-1].startswith(" Enter refresh") and len(text.splitlines()[1]) == 131, 10)
    assert vm.terminal.scrolls == 0 and not vm.terminal.unknown
    begin = vm.raw_size()
    vm.type("d")
    vm.wait_screen(lambda text: vm.raw(begin).endswith(b"? help\r\n"), 10)
    plain = vm.raw(begin)
    plain = plain[plain.index(b"\r\n CoreKMS") :]  # the screen may have followed the clock once more before
    assert b"\x1b" not in plain and f"inet {address}/24".encode() in plain
    assert all(0x20 <= byte <= 0x7E or byte in b"\r\n" for byte in plain), plain
    assert vm.press_power_button() == ("guest-shutdown", 0)
