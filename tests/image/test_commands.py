# SPDX-License-Identifier: MIT
"""./ck itself: what it leaves, and what it refuses before any work is done. On a copy of the tree in which nothing can be built."""

import os
import shutil
import subprocess

import pytest


@pytest.fixture
def tree(repository, tmp_path):
    for part in ("scripts", "image"):
        shutil.copytree(repository / part, tmp_path / "tree" / part, symlinks=True)
    for part in ("ck", "CMakeLists.txt"):
        shutil.copy(repository / part, tmp_path / "tree" / part)
    return tmp_path / "tree"


@pytest.fixture
def ck(tree):
    def call(*arguments, **environment):
        environment = {**os.environ, **environment}
        return subprocess.run([tree / "ck", *arguments], capture_output=True, text=True, timeout=300, env=environment, check=False)

    return call


@pytest.fixture
def lacking(tmp_path):
    """A PATH by which this package is not installed on this machine, and cannot be."""

    def path(package):
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, text in {"dpkg-query": f'/usr/bin/dpkg-query "$@" | grep -v "^{package} "', "apt-get": "exit 1"}.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        return f"{folder}:{os.environ['PATH']}"

    return path


# --- clean ---------------------------------------------------------------------------------------------------------


def test_clean_leaves_keys_and_sources_and_says_so(ck, tree):
    for name in ("out/keys/PK.key", "out/sources/README", "out/sources-aarch64/README", "out/corekms.efi", "out/licenses/OFFER", "build/log/steps"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).touch()
    done = ck("clean")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tree / "out").iterdir()) == ["keys", "sources", "sources-aarch64"]
    assert (tree / "out/keys/PK.key").exists() and (tree / "out/sources/README").exists()
    assert done.stdout.splitlines() == [f"left: {tree}/out/{name}" for name in ("keys", "sources", "sources-aarch64")]
    assert not (tree / "build").exists()
    shutil.rmtree(tree / "out")
    (tree / "out/licenses").mkdir(parents=True)
    done = ck("clean")
    assert (done.returncode, done.stdout) == (0, "")
    assert not (tree / "out").exists()


def test_clean_removes_nothing_for_a_word_that_it_does_not_know(ck, tree):
    (tree / "build").mkdir()
    done = ck("clean", "--all")
    assert done.returncode == 1 and "clean knows" in done.stderr
    assert (tree / "build").exists()


# --- what goes into the image --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["build", "image", "run"])
@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--service="], "--service needs the path of a static program"),
        (["--service", ""], "--service needs the path of a static program"),
        (["--service"], "--service needs a value"),
        (["--service", "/bin/true", "--service-files="], "--service-files needs the path of a folder"),
        (["--config="], "--config needs the path of a document"),
        (["--service-files=/etc"], "--service-files is for the program that --service names"),
        (["--service-args=-v"], "--service-args is for the program that --service names"),
        (["--service-args", "-v"], "--service-args is for the program that --service names"),
    ],
)
def test_an_option_with_nothing_behind_it_is_refused(ck, command, arguments, told):
    """An unset variable of a script would else make the plain gateway."""
    done = ck(command, *arguments)
    assert done.returncode == 1
    assert told in done.stderr and done.stderr.count("\n") == 1


def test_run_refuses_what_would_change_nothing_before_it_installs_anything(ck, lacking):
    done = ck("run", "--no-build", "--config", "document.toml", PATH=lacking("qemu-system-x86"))
    assert done.returncode == 1 and "--config changes nothing there" in done.stderr
    assert done.stderr.count("\n") == 1


# --- image ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, known", [([], "ova-bios vdi ipxe sbom"), (["--arch", "aarch64"], "efi iso img sbom"), (["--profile=metal"], "efi iso img sbom")])
def test_a_format_that_is_unknown_is_told_before_anything_is_built(ck, arguments, known):
    for format in ("floppy", "v.di", "--all", *(["ova"] if arguments else [])):
        done = ck("image", *arguments, "img", format)
        assert done.returncode == 1
        assert f"does not know '{format}'; it knows " in done.stderr and known in done.stderr and done.stderr.count("\n") == 1


def test_what_the_other_architecture_needs_is_asked_for_first(ck, lacking):
    path = lacking("gcc-aarch64-linux-gnu")
    done = ck("image", PATH=path)
    assert done.returncode == 1 and done.stderr.startswith("Missing on this machine:\n  gcc-aarch64-linux-gnu")
    done = ck("image", "img", PATH=path)
    assert "gcc-aarch64-linux-gnu" not in done.stderr and "toolchain" in done.stderr
