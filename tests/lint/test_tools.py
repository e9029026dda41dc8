# SPDX-License-Identifier: MIT
"""clang-format and shellcheck as tests, each shown to fail on a bad file."""

import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rules  # noqa: E402


def clang_format(*names):
    return subprocess.run(["clang-format-19", f"--style=file:{rules.ROOT}/.clang-format", "--dry-run", "--Werror", *names],
                          cwd=rules.ROOT, capture_output=True, text=True)


def shellcheck(*names):
    return subprocess.run(["shellcheck", "-x", "-S", "warning", *names], cwd=rules.ROOT, capture_output=True, text=True)


def shell_scripts():
    return [name for name in rules.tracked(".") if name.endswith(".sh") or rules.read(name)[:30].startswith(("#!/bin/bash", "#!/usr/bin/env bash", "#!/bin/sh"))]


def test_sources_are_formatted():
    names = rules.tracked("*.h", "*.cc")
    assert len(names) > 20
    result = clang_format(*names)
    assert result.returncode == 0, "./ck fmt mends:\n" + "\n".join(line for line in result.stderr.splitlines() if "error:" in line)


def test_format_can_fail(tmp_path):
    bad = tmp_path / "bad.cc"
    bad.write_text("int  main( ){return 0 ;}\n")
    assert clang_format(str(bad)).returncode != 0


def test_shell_scripts():
    names = shell_scripts()
    assert "ck" in names and len(names) >= 5
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        told = [result.stdout for result in pool.map(shellcheck, names) if result.returncode != 0]
    assert not told, "".join(told)


def test_shellcheck_can_fail(tmp_path):
    bad = tmp_path / "bad.sh"
    bad.write_text("#!/bin/bash\ncd $1\nfor f in $(ls); do rm $f/*; done\n")
    assert shellcheck(str(bad)).returncode != 0
