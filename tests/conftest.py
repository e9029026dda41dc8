# SPDX-License-Identifier: MIT
"""What every pytest suite shares: where the repository, the built files and the transcripts are."""

import os
import pathlib
import re
import shutil

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


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
