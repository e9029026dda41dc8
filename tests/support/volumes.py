# SPDX-License-Identifier: MIT
"""Volumes for machines: FAT file systems (bare, or in a partition) and ISO 9660, made of a mapping from paths to contents."""

import os
import subprocess
import tempfile

_MIB = 1024 * 1024
_PARTITION = _MIB  # where the only partition begins, in bytes


def _run(*command, **more):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)


def fat(path, label, files, *, megabytes=4, table=None, bits=None):
    """`table`: None for a file system without partitions, or a label type of sfdisk (dos, gpt); `bits`: 12, 16, 32."""
    offset = _PARTITION if table else 0
    with open(path, "wb") as image:
        image.truncate(offset + megabytes * _MIB + (_MIB if table else 0))
    if table:
        kind = {"dos": "c", "gpt": "uefi"}[table]
        _run("sfdisk", "--quiet", path, input=f"label: {table}\nstart=2048, size={megabytes * 2048}, type={kind}\n".encode())
    width = ("-F", str(bits)) if bits else ()
    _run("mkfs.vfat", "-n", label, *width, "--offset", str(offset // 512), path, str(megabytes * 1024))
    at = f"{path}@@{offset}"
    for name, content in files.items():
        folder = os.path.dirname(name)
        for depth in range(1, len(folder.split("/")) + 1 if folder else 1):
            subprocess.run(["mmd", "-D", "s", "-i", at, "::/" + "/".join(folder.split("/")[:depth])], capture_output=True, check=False)
        _run("mcopy", "-i", at, "-", f"::/{name}", input=content.encode())
    return path


def iso(path, label, files, *options):
    """With Rock Ridge and Joliet names, as every tool for such volumes writes them; `options` are mkisofs'."""
    with tempfile.TemporaryDirectory() as tree:
        for name, content in files.items():
            os.makedirs(os.path.dirname(f"{tree}/{name}"), exist_ok=True)
            with open(f"{tree}/{name}", "w", encoding="utf-8") as file:
                file.write(content)
        _run("xorriso", "-as", "mkisofs", "-quiet", "-o", path, "-V", label, *(options or ("-J", "-r")), tree)
    return path


def _first_partition(disk):
    """As mtools names it."""
    table = subprocess.run(["sfdisk", "--dump", disk], check=True, capture_output=True, text=True).stdout
    return f"{disk}@@{int(table.split('start=', 1)[1].split(',', 1)[0]) * 512}"


def add(disk, name, content):
    """One more file for the FAT file system in the first partition of a disk."""
    _run("mcopy", "-o", "-i", _first_partition(disk), "-", f"::/{name}", input=content.encode())


def relabel(disk, label):
    _run("mlabel", "-i", _first_partition(disk), f"::{label}")
