# SPDX-License-Identifier: MIT
"""What is in the root file system: nothing but the golden manifest, and the programs that were built."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cpio  # noqa: E402


@pytest.fixture(scope="session")
def archive(built):
    return (built / "corekms.cpio").read_bytes()


@pytest.fixture(scope="session")
def entries(archive):
    return {entry.name.lstrip("/"): entry for entry in cpio.read(archive)}


def test_the_manifest_is_the_golden_one(archive):
    golden = (pathlib.Path(__file__).parent / "rootfs.golden").read_text().splitlines()
    assert [entry.line() for entry in cpio.read(archive)] == golden


def test_init_is_the_program_that_was_built(entries, repository):
    assert entries["init"].data == (repository / "build/target/corekms").read_bytes()


def test_every_entry_has_the_moment_of_the_commit(entries, repository):
    made_of = ["CMakeLists.txt", "cmake", "image", "src", "toolchain"]
    moment = subprocess.run(["git", "-C", repository, "log", "-1", "--format=%ct", "--", *made_of], check=True, capture_output=True, text=True).stdout
    assert {entry.mtime for entry in entries.values()} == {int(moment)}


def test_the_users_are_those_that_the_programs_run_as(entries):
    users = {line.split(":")[0]: line.split(":")[2:4] for line in entries["etc/passwd"].data.decode().splitlines()}
    expected = {"netd": ["101", "101"], "gatewayd": ["102", "102"], "console": ["103", "5"], "service": ["104", "104"]}
    assert {name: users[name] for name in expected} == expected


def test_the_kernel_holds_this_root_file_system_and_no_other(archive, out):
    vmlinux = (out / "corekms.vmlinux").read_bytes()
    assert vmlinux.count(archive) == 1
    assert vmlinux.count(b"070701" + archive[6:110]) == 1
