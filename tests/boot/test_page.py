# SPDX-License-Identifier: MIT
"""Logs, clock and page in the booted image: the log at a server and in the page, the time from a server that DHCP names, what a browser and
a scraper get."""

import calendar
import json
import re
import socket
import struct
import threading
import time

from conftest import UPSTREAM4, get, shows
from qemu import Nic
from qemu_net import ROUTER4, scaled, wait_until

NTP_EPOCH = 2_208_988_800


class TimeServer(threading.Thread):
    """Answers SNTP on the router's address with a time of its own: so many seconds ahead of this machine's."""

    def __init__(self, lab, ahead):
        super().__init__(daemon=True)
        self._ahead, self.asked = ahead, 0
        self._socket = lab.inside(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ROUTER4, 123))

    def run(self):
        while True:
            try:
                question, peer = self._socket.recvfrom(512)
            except OSError:
                return
            self.asked += 1
            now = time.time() + self._ahead + NTP_EPOCH
            stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
            head = struct.pack("!BBbbII4s", 0x24, 2, 6, -20, 0, 0, socket.inet_aton("192.0.2.250"))
            self._socket.sendto(head + stamp + question[40:48] + stamp + stamp, peer)

    def close(self):
        self._socket.close()


def test_logs_clock_and_page(bench, repository):
    lab = bench.network(dhcp=False)
    lab.start_dhcp(options=(f"--dhcp-option=option:ntp-server,{ROUTER4}",))
    ahead = 5 * 3600
    clock = TimeServer(lab, ahead)
    clock.start()
    collector = lab.inside(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
    collector.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), 4 << 20)  # all that the boot has logged comes at once
    collector.bind((UPSTREAM4, 514))
    collector.settimeout(scaled(30))
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", nics=[nic], cmdline=f"corekms.upstream={UPSTREAM4} corekms.log.target.0.kind=udp corekms.log.target.0.address={UPSTREAM4}")
    address = lab.wait_lease(nic.mac, 60)
    bench.relay(address)

    # The access record of that exchange at the log server, in RFC 5424, by the time that the server gave.
    def record():
        message = collector.recv(4096).decode()
        return message if " gatewayd " in message and "verdict=answered" in message else None

    message = wait_until("the access record at the log server", record, 30)
    assert re.match(r"<\d+>1 \d{4}-\d\d-\d\dT", message), message

    assert get(lab, address, "/healthz")[0] == 200
    status, body = get(lab, address, "/status.json")
    assert status == 200
    # As it is in the file; build/image may be of another image that a test makes meanwhile.
    build = re.search(rb"etc/build-id\0+([0-9a-f]{32})\n", (repository / "out" / "corekms.vmlinux").read_bytes())[1].decode()
    assert json.loads(body)["system"]["build"] == build
    status, metrics = get(lab, address, "/metrics")
    assert status == 200 and "corekms_gateway_" in metrics
    status, page = get(lab, address, "/")
    assert status == 200 and address in page and build in page and len(page) < 30_000
    wait_until("the build in /logs", lambda: f"build {build}" in get(lab, address, "/logs?since=0")[1], 10)
    wait_until("the exchange among /logs", lambda: "verdict=answered" in get(lab, address, "/logs?since=0")[1], 10)

    def is_set():
        found = re.search(r"Clock\s+(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) UTC", vm.screen())
        if not found:
            return False
        shown = time.strptime(" ".join(found.groups()), "%Y %m %d %H %M %S")

        return abs(calendar.timegm(shown) - (time.time() + ahead)) < 120

    wait_until("the clock as the server has it", is_set, 30)
    assert clock.asked >= 1
    vm.type("4")
    vm.wait_screen(shows(rf"build\s+{build}"), 10)
    vm.wait_screen(shows(rf"clock\s+(set|synchronised) by {ROUTER4}"), 10)
    vm.type("l")
    vm.wait_screen(shows(rf"to {UPSTREAM4}:514 udp\s+ready", r"\d\d:\d\d:\d\d \w+: "), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)
    clock.close()
    collector.close()
