# SPDX-License-Identifier: MIT
"""A VLAN of the configuration document: its address answers there, and nowhere else."""

import socket
import struct
import time

from qemu import Nic
from qemu_net import scaled

VLAN = 7
GUEST, ASKER = "198.51.100.5", "198.51.100.1"
DOCUMENT = f"""\
[[link]]
name = "office"
parent = "eth0"
vlan = {VLAN}
dhcp4 = false
dhcp6 = false
ra = false
addresses = "{GUEST}/24"
"""

_ARP = struct.pack("!HHBB", 1, 0x0800, 6, 4)
_MAC = bytes.fromhex("020000000007")
_PACKET_AUXDATA = 8  # linux/if_packet.h: the kernel takes the tag off a frame and tells of it here


class Port:
    """The machine's port on the switch: asks by ARP, with a tag or without, and hears the answers with theirs."""

    def __init__(self, lab, tap):
        self._packets = lab.inside(self._open, tap)

    @staticmethod
    def _open(tap):
        packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        packets.setsockopt(263, _PACKET_AUXDATA, 1)
        packets.bind((tap, 3))
        packets.settimeout(0.2)
        return packets

    def ask(self, tag):
        request = _ARP + struct.pack("!H", 1) + _MAC + socket.inet_aton(ASKER) + bytes(6) + socket.inet_aton(GUEST)
        self._packets.send(b"\xff" * 6 + _MAC + (struct.pack("!HH", 0x8100, tag) if tag else b"") + b"\x08\x06" + request)

    def answers_within(self, tag, seconds):
        """The tags (0: none) of the answers that came to questions with this one, asked until the first comes."""
        end = time.monotonic() + scaled(seconds)
        while time.monotonic() < end:
            self.ask(tag)
            pause, heard = time.monotonic() + 0.5, set()
            while time.monotonic() < pause:
                try:
                    frame, extra, _, _ = self._packets.recvmsg(2048, 128)
                except TimeoutError:
                    continue
                reply = _ARP + struct.pack("!H", 2)
                if frame[:6] != _MAC or frame[12:14] != b"\x08\x06" or frame[14:22] != reply or frame[28:32] != socket.inet_aton(GUEST):
                    continue
                [auxiliary] = [data for level, kind, data in extra if (level, kind) == (263, _PACKET_AUXDATA)]
                heard.add(struct.unpack_from("=IIIHHHH", auxiliary)[5] & 0xFFF)
            if heard:
                return heard
        return set()

    def close(self):
        self._packets.close()


def test_an_address_on_a_vlan_is_there_alone(bench):
    lab = bench.network(dhcp=False, router=False)
    nic = Nic("virtio-net-pci")
    with open(f"{bench.folder}/corekms.toml", "w", encoding="utf-8") as file:
        file.write(DOCUMENT)
    bench.vm("kernel", nics=[nic], extra=("-fw_cfg", f"name=opt/corekms/config,file={bench.folder}/corekms.toml"))
    port = Port(lab, nic.tap)
    assert port.answers_within(VLAN, 40) == {VLAN}
    assert port.answers_within(VLAN + 1, 2) == set(), "in another VLAN it is not to answer"
    assert port.answers_within(0, 2) == set(), "nor without a tag: the parent is silent about it"
    port.close()
