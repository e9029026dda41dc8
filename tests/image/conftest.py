# SPDX-License-Identifier: MIT
"""Where the built files are, and how to run the image's drivers from a test."""

import os
import subprocess

import pytest


@pytest.fixture(scope="session")
def out(repository):
    return repository / "out"


@pytest.fixture(scope="session")
def built(repository):
    return repository / "build" / "image"


@pytest.fixture(scope="session")
def run(repository):
    """Runs a program of the repository; returns what subprocess.run returns, with text output."""

    def call(program, *arguments, environment=None):
        return subprocess.run(
            [repository / program, *arguments],
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=1200,
        )

    return call


@pytest.fixture(scope="session")
def tool(run):
    """The path of a compiled image tool."""

    def path(name):
        done = run("image/build.sh", "tool", name)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return path
