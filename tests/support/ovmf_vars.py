# SPDX-License-Identifier: MIT
"""Keys of Secure Boot in a fresh variable store of EDK2, as its setup would have put them there (UEFI 2.10, 8.2; the layout is that of
EDK II's MdeModulePkg/Include/Guid/VariableFormat.h)."""

import struct
import uuid

from qemu import OVMF_VARS

_GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c")
_DATABASE = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f")
_STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")
_ADDED = 0x3F  # the state of a variable that holds
_ATTRIBUTES = 0x27  # non-volatile, at boot, at run time, changed only by a signed update
_TIME = struct.pack("<HBBBBBBIhBB", 2026, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)


def _variable(name, vendor, data):
    encoded = name.encode("utf-16-le") + b"\0\0"
    head = struct.pack("<HBBIQ", 0x55AA, _ADDED, 0, _ATTRIBUTES, 0) + _TIME + struct.pack("<III", 0, len(encoded), len(data)) + vendor.bytes_le
    record = head + encoded + data
    return record + b"\xff" * (-len(record) % 4)


def enrol(path, keys, delivered=OVMF_VARS):
    """Writes a variable store to `path` with the signature lists PK.esl, KEK.esl and db.esl of the folder `keys` and nothing else.
    `delivered`: one that comes with the firmware; what it holds is left out."""
    with open(delivered, "rb") as file:
        store = bytearray(file.read())
    start = store.index(_STORE.bytes_le)
    at, end = start + 28, start + struct.unpack_from("<I", store, start + 16)[0]
    store[at:end] = b"\xff" * (end - at)
    for name, vendor in (("db", _DATABASE), ("KEK", _GLOBAL), ("PK", _GLOBAL)):
        with open(f"{keys}/{name}.esl", "rb") as file:
            record = _variable(name, vendor, file.read())
        store[at : at + len(record)] = record
        at += len(record)
    with open(path, "wb") as file:
        file.write(store)
