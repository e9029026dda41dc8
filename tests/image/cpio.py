# SPDX-License-Identifier: MIT
"""Reads a cpio archive in the "newc" form, as the kernel does (Documentation/driver-api/early-userspace/buffer-format.rst)."""

import dataclasses
import stat


@dataclasses.dataclass
class Entry:
    name: str
    mode: int
    uid: int
    gid: int
    mtime: int
    device: tuple
    data: bytes

    def line(self):
        """`drwxr-xr-x 0:0 /dev`, with a link's target or a node's numbers behind it."""
        text = f"{stat.filemode(self.mode)} {self.uid}:{self.gid} /{self.name.lstrip('/')}"
        if stat.S_ISLNK(self.mode):
            text += " -> " + self.data.rstrip(b"\0").decode()  # the kernel's generator counts the final zero in
        if stat.S_ISCHR(self.mode):
            text += " {}:{}".format(*self.device)
        return text


def read(data):
    entries, at = [], 0
    while True:
        assert data[at : at + 6] == b"070701", f"no header at {at}"
        fields = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        (_, mode, uid, gid, _, mtime, size, _, _, rmajor, rminor, namesize, _) = fields
        name = data[at + 110 : at + 110 + namesize - 1].decode()
        begin = (at + 110 + namesize + 3) & ~3
        if name == "TRAILER!!!":
            return entries
        entries.append(Entry(name, mode, uid, gid, mtime, (rmajor, rminor), data[begin : begin + size]))
        at = (begin + size + 3) & ~3
