# SPDX-License-Identifier: MIT
"""Just enough of ISO 9660 (ECMA-119) and El Torito to see where things are; written apart from image/tools."""

import struct

SECTOR = 2048


def descriptors(iso):
    for sector in range(16, 32):
        block = iso[sector * SECTOR : (sector + 1) * SECTOR]
        assert block[1:6] == b"CD001"
        if block[0] == 255:
            return
        yield block


def root_files(iso):
    """name -> (first sector, length) of the root folder."""
    primary = next(block for block in descriptors(iso) if block[0] == 1)
    sector, size = struct.unpack_from("<I4xI", primary, 156 + 2)
    files, at, end = {}, sector * SECTOR, sector * SECTOR + size
    while at < end:
        length = iso[at]
        if length == 0:
            at = (at // SECTOR + 1) * SECTOR
            continue
        first, first_big, count, count_big = struct.unpack_from("<I", iso, at + 2) + struct.unpack_from(">I", iso, at + 6) + struct.unpack_from("<I", iso, at + 10) + struct.unpack_from(">I", iso, at + 14)
        assert (first, count) == (first_big, count_big)
        name = iso[at + 33 : at + 33 + iso[at + 32]].decode("latin-1").split(";")[0].rstrip(".")
        files[name] = (first, count)
        at += length
    return files


def boot_images(iso):
    """platform -> first sector of its boot image."""
    record = next(block for block in descriptors(iso) if block[0] == 0)
    catalog = struct.unpack_from("<I", record, 0x47)[0] * SECTOR
    images = {iso[catalog + 1]: struct.unpack_from("<I", iso, catalog + 32 + 8)[0]}
    at = catalog + 64
    while iso[at] in (0x90, 0x91):
        images[iso[at + 1]] = struct.unpack_from("<I", iso, at + 32 + 8)[0]
        at += 32 + 32 * struct.unpack_from("<H", iso, at + 2)[0]
    return images
