# SPDX-License-Identifier: MIT
"""./ck keys new: all that belongs to the keys, or nothing."""

import os
import subprocess

MADE = {f"{name}.{form}" for name in ("PK", "KEK", "db") for form in ("key", "crt", "cer", "esl", "auth")} | {"enrol.img"}


def keys_new(repository, folder, path=""):
    environment = {**os.environ, "PATH": path + os.environ["PATH"]}
    return subprocess.run([repository / "ck", "keys", "new", folder], capture_output=True, text=True, timeout=300, env=environment, check=False)


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_a_step_that_fails_leaves_no_keys_and_the_next_attempt_makes_them(repository, tmp_path):
    broken = tmp_path / "bin" / "mcopy"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    folder = tmp_path / "my keys"
    done = keys_new(repository, folder, f"{broken.parent}:")
    assert done.returncode == 1 and "FAILED" in done.stderr
    assert names(folder) == set()
    done = keys_new(repository, folder)
    assert done.returncode == 0, done.stderr
    assert names(folder) == MADE
    assert all((folder / name).stat().st_mode & 0o077 == 0 for name in MADE)
    before = {name: (folder / name).read_bytes() for name in MADE}
    done = keys_new(repository, folder)
    assert done.returncode == 1 and "they are not replaced" in done.stderr
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before
