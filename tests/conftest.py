# SPDX-License-Identifier: MIT
"""What every pytest suite shares: where the repository, the built files and the transcripts are."""

import os
import pathlib
import re
import shutil

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.hookimpl(trylast=True)  # what is deselected is gone by then
def pytest_collection_modifyitems(config, items):
    """Of several workers each begins with a slow test: xdist gives every one of them a run of consecutive tests to start with."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    chunk = max(len(items) // workers // 4, 2)
    slow = [item for item in items if item.get_closest_marker("slow")]
    rest = [item for item in items if not item.get_closest_marker("slow")]
    for turn, item in enumerate(slow):
        rest.insert(min(turn % workers * chunk + turn // workers, len(rest)), item)
    items[:] = rest


@pytest.fixture(scope="session")
def repository():
    return ROOT


@pytest.fixture
def transcripts(request):
    """An empty folder for what this test leaves behind: build/test/<suite>/<module>/<test>."""
    module = pathlib.Path(str(request.node.fspath))
    folder = ROOT / "build" / "test" / module.parent.name / module.stem / re.sub(r"[^A-Za-z0-9_.-]+", "_", request.node.name).strip("_")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return str(folder)
