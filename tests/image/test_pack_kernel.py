# SPDX-License-Identifier: MIT
"""pack_kernel: a kernel's branches and relocations in a form that compresses better, from which the boot stub gets the kernel back.
What it wrote is read here by a second reader, written from the description in image/tools/unpack_code.h; the stub's is shown by the boot tests."""

import random
import struct
import subprocess

import pytest

LINKED = 0xFFFFFFFF80000000
BASE = 0x200000
SOURCE = """
    .text
    .globl _start
_start:
    call target
    mov $message, %rdi
    call target
    jne far_away
    mov count(%rip), %eax
    .fill 300, 1, 0x90
    call target
    mov count(%rip), %eax
far_away: jmp _start
    .long 0x80200001
    mov $message, %rsi
target: ret
    .data
    .quad message, 5, 0xffffffff80200010, target
    .byte 1
    .quad message
message: .asciz "text"
    .bss
count: .skip 64
"""
SCRIPT = f"""
ENTRY(_start)
SECTIONS {{
  . = {LINKED + BASE:#x};
  .text : AT(ADDR(.text) - {LINKED:#x}) {{ *(.text) }}
  . = ALIGN(4096);
  .data : AT(ADDR(.data) - {LINKED:#x}) {{ *(.data) }}
  .bss : AT(ADDR(.bss) - {LINKED:#x}) {{ *(.bss) }}
  /DISCARD/ : {{ *(.note.*) }}
}}
"""


class Kernel:
    """A small kernel: vmlinux.bin, and what Linux's tool would list of its relocations."""

    def __init__(self, folder, source):
        script, linked, self.image, self.list = (folder / name for name in ("lds", "vmlinux", "vmlinux.bin", "vmlinux.relocs"))
        script.write_text(SCRIPT)
        subprocess.run(["as", "--64", "-o", folder / "o", "-"], input=source.encode(), check=True, timeout=60)
        subprocess.run(["ld", "-m", "elf_x86_64", "--emit-relocs", "-z", "max-page-size=4096", "--no-warn-rwx-segments", "-T", script,
                        "-o", linked, folder / "o"], check=True, timeout=60)  # fmt: skip
        subprocess.run(["objcopy", "-S", linked, self.image], check=True, timeout=60)
        rows = subprocess.run(["readelf", "-rW", linked], capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
        found = [(int(row.split()[0], 16), row.split()[2]) for row in rows if " R_X86_64_" in row]
        self.fields64 = sorted(address for address, kind in found if kind == "R_X86_64_64")
        self.fields32 = sorted(address for address, kind in found if kind in ("R_X86_64_32", "R_X86_64_32S"))
        self.write_list(self.fields64, [], self.fields32)

    def write_list(self, *lists):
        self.list.write_bytes(b"".join(struct.pack(f"<{len(each) + 1}I", 0, *(address & 0xFFFFFFFF for address in each)) for each in lists))

    def loaded(self, image):
        """(physical address, byte) of all segments."""
        at, _, _, _, _, count = struct.unpack_from("<QQIHHH", image, 32)
        memory = {}
        for i in range(count):
            kind, _, offset, _, physical, size = struct.unpack_from("<IIQQQQ", image, at + 56 * i)
            if kind == 1:
                memory.update((physical + k, image[offset + k]) for k in range(size))
        return memory


@pytest.fixture
def pack(tool, tmp_path):
    def call(kernel):
        out = tmp_path / "packed"
        out.unlink(missing_ok=True)
        done = subprocess.run([tool("pack_kernel"), kernel.image, kernel.list, out], capture_output=True, text=True, timeout=60)
        return done, out.read_bytes() if out.exists() else None

    return call


@pytest.fixture
def kernel(tmp_path):
    return Kernel(tmp_path, SOURCE)


class Packed:
    """Reads what pack_kernel wrote."""

    NAMES = ("branches", "left", "code", "data", "only_look", "more32", "less32", "more64", "passed", "low", "span", "image")
    MODRM = bytes.fromhex("0103090b10112123282931333839 3a3b63696b6f7f80818384858889 8a8b8daf b6b7bebf c6c7 f6f7ff".replace(" ", ""))

    def __init__(self, packed):
        counts = dict(zip(self.NAMES, struct.unpack("<12I", packed[-48:])))
        self.low, self.span = counts["low"], counts["span"]
        self.image = packed[: counts["image"]]
        at = counts["image"]

        def take(count):
            nonlocal at
            numbers = struct.unpack_from(f"<{count}I", packed, at)
            at += 4 * count
            return numbers

        def ranges(count):
            return [take(2) for _ in range(count)]

        self.branches = ranges(counts["branches"])
        self.left = take(counts["left"])
        self.code, self.data = (ranges(counts[name]) for name in ("code", "data"))
        self.only_look, self.more32, self.less32, self.more64 = (take(counts[name]) for name in ("only_look", "more32", "less32", "more64"))
        self.passed = packed[at : at + counts["passed"]]
        assert at + (counts["passed"] + 3) // 4 * 4 + 48 == len(packed)

    def fields(self):
        """Where packed fields are, while `image` is unpacked from its begin to its end."""
        for begin, end in self.branches:
            at = begin
            while at + 6 <= end:
                first, second = self.image[at], self.image[at + 1]
                skip = 0
                if first in (0xE8, 0xE9):
                    skip = 1
                elif first == 0x0F:
                    skip = 2 if second >> 4 == 8 else 0
                elif second & 0xC7 == 5 and first in self.MODRM:
                    skip = 2
                if not skip or self.image[at + skip + 3] not in (0, 255):
                    at += 1
                    continue
                if at not in self.left:
                    yield at + skip
                at += skip + 4

    def unpacked(self):
        self.image = bytearray(self.image)
        reach = 1 << 24
        for at in self.fields():
            value = int.from_bytes(self.image[at : at + 3], "big") - (reach if self.image[at + 3] else 0)
            if value >= 0:
                value -= at + 4
            elif value >= -(at + 4):
                value += reach
            self.image[at : at + 4] = value.to_bytes(4, "little", signed=True)
        return bytes(self.image)

    def relocated(self):
        """The fields of 32 and of 64 bits that are displaced forward."""
        memory = self.memory
        counts = []
        carried = 0
        for byte in self.passed:
            carried += byte
            if byte < 255:
                counts.append(carried)
                carried = 0
        found32 = []
        for begin, end in self.code:
            at = begin
            while at + 4 <= end:
                step = 1
                if (int.from_bytes(bytes(memory[at + k] for k in range(4)), "little") - self.low) % (1 << 32) < self.span:
                    if counts[0] == 0:
                        counts.pop(0)
                        found32.append(at)
                        step = 4
                    else:
                        counts[0] -= 1
                at += step
        found64 = []
        for begin, end in self.data:
            for at in range((begin + 7) // 8 * 8, end - 7, 8):
                value = int.from_bytes(bytes(memory[at + k] for k in range(8)), "little")
                if value >> 32 == 0xFFFFFFFF and 0 <= (value & 0xFFFFFFFF) - self.low < self.span and at not in self.only_look:
                    found64.append(at)
        return sorted([*found32, *self.more32]), sorted([*found64, *self.more64])


def read(kernel, packed):
    reader = Packed(packed)
    image = reader.unpacked()
    assert image[: kernel.image.stat().st_size] == kernel.image.read_bytes()
    reader.memory = kernel.loaded(image)
    fields32, fields64 = reader.relocated()
    assert fields32 == [address - LINKED for address in kernel.fields32]
    assert fields64 == [address - LINKED for address in kernel.fields64]
    return reader


def test_a_second_reader_gets_the_kernel_back(kernel, pack):
    assert len(kernel.fields32) == 2 and len(kernel.fields64) == 3
    done, packed = pack(kernel)
    assert done.returncode == 0, done.stderr
    reader = read(kernel, packed)
    # All but the field that is not aligned are found by their value, and what only looks like one is told apart.
    assert not reader.more32 and len(reader.more64) == 1 and len(reader.only_look) == 1


def test_branches_to_one_place_become_the_same_bytes(kernel, pack):
    _, packed = pack(kernel)
    reader = Packed(packed)
    start = reader.branches[0][0]
    before = kernel.image.read_bytes()
    calls = [at for at in reader.fields() if reader.image[at - 1] == 0xE8]
    loads = [at for at in reader.fields() if reader.image[at - 2 : at] == b"\x8b\x05"]
    assert len(calls) == 3 and len(loads) == 2 and min(calls) == start + 1
    for sites in (calls, loads):
        assert len({before[at : at + 4] for at in sites}) == len(sites)
        assert len({reader.image[at : at + 4] for at in sites}) == 1


def test_whatever_looks_like_a_branch_or_an_address_comes_back(pack, tmp_path):
    chance = random.Random(1)
    pieces = [b"\xe8", b"\xe9", b"\x0f", b"\x8b", b"\x05", b"\x85", b"\0\0", b"\xff\xff", b"\x80", b"\x20\x80", b"\x00\x20\x80", b"\x10"]
    code = b"".join(chance.choice(pieces) for _ in range(20000))
    kernel = Kernel(tmp_path, ".text\n.globl _start\n_start:\n.byte " + ",".join(map(str, code)) + "\nmov $_start, %rdi\n.data\n.quad _start\n")
    done, packed = pack(kernel)
    assert done.returncode == 0, done.stderr
    reader = read(kernel, packed)
    assert len(reader.passed) > 2  # more than 255 places were passed over
    assert sum(1 for _ in reader.fields()) > 1000 and len(reader.left) > 10


def test_a_program_that_holds_a_program_is_packed_once(pack, tmp_path):
    inside = None
    for name in ("inner", "outer", "kernel"):
        folder = tmp_path / name
        folder.mkdir()
        held = f'.balign 4\n.incbin "{inside}"\n' if inside else ""
        kernel = Kernel(folder, f".text\n.globl _start\n_start: call target\n.fill 300, 1, 0x90\ntarget: ret\n{held}.data\n.quad _start\n")
        inside = kernel.image
    done, packed = pack(kernel)
    assert done.returncode == 0, done.stderr
    ranges = sorted(read(kernel, packed).branches)
    assert all(end <= begin for (_, end), (begin, _) in zip(ranges, ranges[1:]))


@pytest.mark.parametrize("displaced", ["more64", "less32", "more32"])
def test_fields_that_no_search_finds_are_listed(kernel, pack, displaced):
    lists = {"more64": [*kernel.fields64], "less32": [], "more32": [*kernel.fields32]}
    odd = LINKED + BASE + 40  # in the middle of padding
    lists[displaced] = sorted([*lists[displaced], odd])
    kernel.write_list(*lists.values())
    done, packed = pack(kernel)
    assert done.returncode == 0, done.stderr
    assert odd - LINKED in getattr(Packed(packed), displaced)


def spoil(kernel, case):
    image = kernel.image.read_bytes()
    if case == "no ELF":
        kernel.image.write_bytes(b"MZ" + image)
    elif case == "cut":
        kernel.image.write_bytes(image[:0x1010])
    elif case == "outside":
        kernel.write_list([LINKED + BASE + 0x100000], [], [])
    elif case == "two lists":
        kernel.write_list([LINKED + BASE], [])
    elif case == "low":
        kernel.write_list([0x1000], [], [])


@pytest.mark.parametrize(
    "case, said",
    [
        ("no ELF", "not an executable of x86-64"),
        ("cut", "the image ends inside of a segment"),
        ("outside", "a relocation outside of the kernel"),
        ("two lists", "not the three lists of relocations"),
        ("low", "not a list of relocations of x86-64"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(kernel, pack, case, said):
    spoil(kernel, case)
    done, packed = pack(kernel)
    assert done.returncode == 1 and said in done.stderr and packed is None
