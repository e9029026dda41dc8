# SPDX-License-Identifier: MIT
"""Sees by rtnetlink when a namespace has what a client is measured by, without a process being started meanwhile."""

import os
import select
import socket
import struct
import time

_NEWLINK, _NEWADDR, _NEWROUTE = 16, 20, 24
_GROUPS = 1 << 0 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10  # links; IPv4 addresses and routes; IPv6 addresses and routes
_IFF_LOWER_UP = 1 << 16
_TENTATIVE, _OPTIMISTIC, _DADFAILED = 0x40, 0x04, 0x08


def _attributes(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        if size < 4:
            return
        yield kind & 0x3FFF, data[4:size]
        data = data[(size + 3) & ~3 :]


class Watch:
    """`seen` maps link, address4, route4 and address6 to the monotonic time at which the link ran, or had it."""

    def __init__(self, namespace):
        self.seen = {}
        self._socket = namespace.inside(self._open)

    @staticmethod
    def _open():
        events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        events.bind((0, _GROUPS))
        return events

    def wait(self, wanted, patience):
        """Until all of `wanted` have been seen; returns the time of the last of them, or None after `patience` seconds."""
        end = time.monotonic() + patience
        while not all(name in self.seen for name in wanted):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                return None
            data = self._socket.recv(65536)
            self._read(data, time.monotonic())
        return max(self.seen[name] for name in wanted)

    def _read(self, data, now):
        while len(data) >= 16:
            size, kind = struct.unpack_from("=IH", data)
            for name in self._names(kind, data[16:size]):
                self.seen.setdefault(name, now)
            data = data[(size + 3) & ~3 :]

    @staticmethod
    def _names(kind, body):
        if kind == _NEWLINK:
            if struct.unpack_from("=I", body, 8)[0] & _IFF_LOWER_UP and b"v0\0" in body:
                yield "link"
        elif kind == _NEWADDR:
            family, _, flags, scope = struct.unpack_from("=BBBB", body)
            flags = next((struct.unpack("=I", value)[0] for name, value in _attributes(body[8:]) if name == 8), flags)
            usable = not flags & _DADFAILED and (not flags & _TENTATIVE or flags & _OPTIMISTIC)
            if usable and scope == 0:
                if family == socket.AF_INET:
                    yield "address4"
                elif family == socket.AF_INET6:
                    yield "address6"
        elif kind == _NEWROUTE:
            family, length, _, _, table = struct.unpack_from("=BBBBB", body)
            if length == 0 and table == 254:
                yield "route4" if family == socket.AF_INET else "route6"

    def close(self):
        self._socket.close()


def processes(namespace):
    """The processes of a network namespace, as (pid, RSS, PSS) in bytes."""
    inode = os.stat(f"/run/netns/{namespace.name}").st_ino
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{pid}/ns/net").st_ino != inode:
                continue
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                sizes = {line.split()[0]: int(line.split()[1]) * 1024 for line in file.readlines()[1:]}
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if sizes:
            found.append((int(pid), sizes["Rss:"], sizes["Pss:"]))
    return found
