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
