# SPDX-License-Identifier: MIT
"""./ck update moves pins to what the archive has, on a copy of the tree."""

import re
import shutil
import subprocess

import pytest


@pytest.fixture
def tree(repository, tmp_path):
    for part in ("scripts", "toolchain", "image/kernel"):
        shutil.copytree(repository / part, tmp_path / part, symlinks=True)
    shutil.copy(repository / "ck", tmp_path / "ck")
    return tmp_path


def release() -> str:
    text = open("/etc/os-release", encoding="utf-8").read()
    return re.search(r'^VERSION_ID="?(\d+)', text, re.M).group(1)


def pins(path) -> dict[tuple[str, str], str]:
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {(package, of): version for package, of, version in lines}


def update(tree, *arguments):
    return subprocess.run([tree / "ck", "update", *arguments], capture_output=True, text=True, timeout=300)


def pin(path, package: str, version: str) -> None:
    text, count = re.subn(rf"^({re.escape(package)} +{release()}) .*$", rf"\1 {version}", path.read_text(), flags=re.M)
    assert count == 1
    path.write_text(text)


def test_an_old_pin_is_moved_and_nothing_else(tree):
    versions, kernel = tree / "toolchain/versions", tree / "image/kernel/version"
    assert update(tree, "--pins-only").returncode == 0
    newest, newest_kernel = pins(versions), pins(kernel)
    comments = [line for line in versions.read_text().splitlines() if line.startswith("#")]
    pin(versions, "musl", "1.2.0-1")
    pin(kernel, "linux-source-6.12", "6.12.1-1")
    done = update(tree, "--pins-only")
    assert done.returncode == 0, done.stderr
    assert (pins(versions), pins(kernel)) == (newest, newest_kernel)
    assert [line for line in versions.read_text().splitlines() if line.startswith("#")] == comments
    moved = [line.split() for line in done.stdout.splitlines() if "->" in line]
    assert moved == [["musl", "1.2.0-1", "->", newest["musl", release()]],
                     ["linux-source-6.12", "6.12.1-1", "->", newest_kernel["linux-source-6.12", release()]]]
    assert "2 pins moved" in done.stdout


def test_a_pin_that_is_newer_than_the_archive_is_told_and_stays(tree):
    versions = tree / "toolchain/versions"
    pin(versions, "zlib", "9:1")
    done = update(tree, "--pins-only")
    assert done.returncode == 0
    assert "zlib 9:1, which is pinned, is gone from the archive" in done.stderr
    assert pins(versions)["zlib", release()] == "9:1"


def test_a_word_that_it_does_not_know_is_refused(tree):
    done = update(tree, "--pin-only")
    assert done.returncode == 1 and "update does not know '--pin-only'" in done.stderr
