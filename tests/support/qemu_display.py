# SPDX-License-Identifier: MIT
"""What stands on the machine's display, as far as can be told without its font: which places of its grid of characters are empty.

The Linux console's glyphs are 8 by 16, those of VGA's text mode 9 by 16; all that the status screen writes leaves some ink, but a blank."""

import os

_VGA_TEXT = (720, 400)


def _picture(vm):
    """(width, height, bytes of RGB) of the display."""
    path = f"{vm.folder}/display.ppm"
    vm.qmp.command("screendump", filename=path)
    with open(path, "rb") as file:
        kind, size, _, pixels = file.read().split(b"\n", 3)
    os.unlink(path)
    assert kind == b"P6", kind
    width, height = (int(number) for number in size.split())
    return width, height, pixels


def _glyph_width(width, height):
    return 9 if (width, height) == _VGA_TEXT else 8


def size(vm):
    """(columns, rows)"""
    width, height, _ = _picture(vm)
    return width // _glyph_width(width, height), height // 16


def ink(vm):
    """The rows of the display, "#" for each place with ink in it, without trailing blanks."""
    width, height, pixels = _picture(vm)
    glyph, blank = _glyph_width(width, height), bytes(3 * width)
    rows = []
    for top in range(0, height // 16 * 16, 16):
        lines = [pixels[3 * y * width : 3 * (y + 1) * width] for y in range(top, top + 16)]
        lines = [line for line in lines if line != blank]
        places = (range(at, at + 3 * glyph) for at in range(0, width // glyph * glyph * 3, 3 * glyph))
        rows.append("".join("#" if any(line[place.start : place.stop].strip(b"\0") for line in lines) else " " for place in places).rstrip())
    return rows


def ink_of(text):
    """The same of a terminal's text."""
    return ["".join(" " if character == " " else "#" for character in line) for line in text.splitlines()]
