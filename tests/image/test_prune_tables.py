# SPDX-License-Identifier: MIT
"""prune_tables: entries of dead functions leave a kernel's tables, so that the linker drops the functions; nothing else changes."""

import subprocess

import pytest

# start, which is kept, calls live; dead_a and dead_b call each other and stand in the tables only. fixup is what live's entry needs.
SOURCE = """
    .section .head.text,"ax"
    .globl start
start: call live
    .section .text.live,"ax"
live: nop
1:  ret
    .section .text.fixup,"ax"
fixup: call needed
    .section .text.needed,"ax"
needed: ret
    .section .text.dead_a,"ax"
dead_a: call dead_b
2:  lea dead_text(%rip), %rax
    .section .text.dead_b,"ax"
dead_b: call dead_a
    .section .rodata.dead_text,"a"
dead_text: .asciz "nobody reads this"
    .section .text.retained,"axR"
retained: call shown
    .section .text.shown,"ax"
shown: ret
    .section .export_symbol,"a"
    .quad dead_b
    .section __ex_table,"a"
    .long 2b - .
    .long fixup - .
    .long 0x11
    .long 1b - .
    .long fixup - .
    .long 0x22
    .section .retpoline_sites,"a"
    .long dead_a - .
    .long 1b - .
    .long dead_b - .
"""
SCRIPT = """
ENTRY(start)
SECTIONS {
  .text 0x100000 : { KEEP(*(.head.text)) *(.text.*) }
  .rodata : { *(.rodata.*) }
  __ex_table : { KEEP(*(__ex_table)) }
  .retpoline_sites : { KEEP(*(.retpoline_sites)) }
  /DISCARD/ : { *(.export_symbol) *(.note.*) }
}
"""


@pytest.fixture
def assemble(tmp_path):
    def call(source):
        path = tmp_path / "vmlinux.o"
        subprocess.run(["as", "--64", "-o", path, "-"], input=source.encode(), check=True, timeout=60)
        return path

    return call


@pytest.fixture
def prune(tool, tmp_path):
    def call(path):
        dead = tmp_path / "dead"
        done = subprocess.run([tool("prune_tables"), path, dead], capture_output=True, text=True, timeout=60)
        return done, dead.read_text(errors="replace").splitlines() if dead.exists() else None

    return call


def link(path):
    script = path.with_suffix(".lds")
    script.write_text(SCRIPT)
    command = ["ld", "-m", "elf_x86_64", "--gc-sections", "--print-gc-sections", "--no-warn-rwx-segments", "-T", script, "-o", path.with_suffix(""), path]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    path.with_suffix(".dropped").write_text(done.stderr)
    return path.with_suffix("")


def symbols(program):
    done = subprocess.run(["nm", program], capture_output=True, text=True, check=True, timeout=60)
    return {name: int(address, 16) for address, _, name in (line.split() for line in done.stdout.splitlines())}


def section(program, name, tmp_path):
    """(address, bytes) of a section."""
    out = tmp_path / "section"
    subprocess.run(["objcopy", "-O", "binary", "-j", name, program, out], check=True, timeout=60)
    headers = subprocess.run(["readelf", "-SW", program], capture_output=True, text=True, check=True, timeout=60).stdout
    row = next(line.split("]", 1)[1].split() for line in headers.splitlines() if f" {name} " in line)
    return int(row[2], 16), out.read_bytes()


def test_without_it_the_tables_keep_every_function(assemble):
    assert {"dead_a", "dead_b", "fixup", "live"} <= set(symbols(link(assemble(SOURCE))))


def test_dead_functions_go_and_what_lives_keeps_its_entries(assemble, prune, tmp_path):
    path = assemble(SOURCE)
    done, dead = prune(path)
    assert done.returncode == 0, done.stderr
    assert sorted(dead) == [".rodata.dead_text", ".text.dead_a", ".text.dead_b"]
    program = link(path)
    where = symbols(program)
    assert {"live", "fixup", "needed", "retained", "shown"} <= set(where) and not {"dead_a", "dead_b", "dead_text"} & set(where)
    table, entries = section(program, "__ex_table", tmp_path)
    assert len(entries) == 12
    assert table + int.from_bytes(entries[:4], "little", signed=True) == where["live"] + 1
    assert table + 4 + int.from_bytes(entries[4:8], "little", signed=True) == where["fixup"]
    assert entries[8:] == (0x22).to_bytes(4, "little")
    sites, entries = section(program, ".retpoline_sites", tmp_path)
    assert sites + int.from_bytes(entries, "little", signed=True) == where["live"] + 1


def test_the_build_compares_what_is_dead_with_what_was_dropped(assemble, prune, run, tmp_path):
    path = assemble(SOURCE)
    _, dead = prune(path)
    link(path)
    names, dropped = tmp_path / "dead", path.with_suffix(".dropped")
    assert run("image/kernel/kernel.sh", "dropped", names, dropped).returncode == 0
    names.write_text("\n".join([*dead, ".text.live"]) + "\n")
    done = run("image/kernel/kernel.sh", "dropped", names, dropped)
    assert done.returncode != 0 and done.stdout.splitlines() == [".text.live: has no entries in the tables, but was not dropped"]
    names.write_text("\n".join(dead) + "\n")
    dropped.write_text(dropped.read_text() + "ld: removing unused section '.apicdrivers' in file 'vmlinux.o'\n")
    done = run("image/kernel/kernel.sh", "dropped", names, dropped)
    assert done.returncode != 0 and done.stdout.splitlines() == [".apicdrivers: was dropped"]


@pytest.mark.parametrize(
    "more, complaint",
    [
        (".section __ex_table\n.long 1b - .\n", "__ex_table: not a table of entries of 12 bytes"),
        (".section __bug_table\n.long 1b - .\n.long 2\n.long 3\n", "__bug_table: not a table of entries of 8 bytes"),
        (".section .retpoline_sites\n.globl middle\nmiddle: .long 1b - .\n", ".retpoline_sites: a symbol stands in the middle of it"),
        (".section .smp_locks\n.long elsewhere - .\n", ".smp_locks: an entry of code that is not in this file"),
    ],
)
def test_a_table_of_another_form_is_refused_and_left_alone(assemble, prune, more, complaint):
    path = assemble(SOURCE + ".section .text.live\n1: ret\n" + more)
    before = path.read_bytes()
    done, dead = prune(path)
    assert done.returncode != 0 and done.stderr.strip() == complaint
    assert path.read_bytes() == before and dead is None


def test_what_is_no_object_of_x86_is_refused(prune, tmp_path):
    path = tmp_path / "text"
    path.write_text("no object " * 20)
    done, _ = prune(path)
    assert done.returncode != 0 and done.stderr.strip() == "not a relocatable object of x86-64"


def test_a_damaged_object_is_an_error_and_never_a_crash(assemble, prune, tmp_path):
    whole = assemble(SOURCE).read_bytes()
    path = tmp_path / "damaged.o"
    failed = 0
    for position in range(64, len(whole), 23):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        done, _ = prune(path)
        assert done.returncode in (0, 1), f"{position}: {done.returncode} {done.stderr}"
        failed += done.returncode
    for length in range(0, len(whole), 211):
        path.write_bytes(whole[:length])
        assert prune(path)[0].returncode == 1, length
    assert failed
