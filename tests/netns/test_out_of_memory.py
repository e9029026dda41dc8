# SPDX-License-Identifier: MIT
"""What operator new does when memory is out (ARCHITECTURE.md, "Memory"), seen in the static program: every form ends the
program with status 71 and a word about it; as PID 1 (of a PID namespace) it waits and tries again for ever."""

import os
import pathlib
import resource
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROBE = ROOT / "build" / "target" / "out_of_memory"
SCALE = float(os.environ.get("COREKMS_TIMEOUT_SCALE", "1"))
LIMIT = 8 << 20
FORMS = ["plain", "array", "aligned", "nothrow"]


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))


@pytest.mark.parametrize("form", FORMS)
def test_a_program_says_so_and_exits_71(form):
    done = subprocess.run([PROBE, form], preexec_fn=limited, capture_output=True, text=True, timeout=30 * SCALE, check=False)
    assert (done.returncode, done.stderr) == (71, "<3>probe: out of memory\n")


@pytest.mark.parametrize("form", FORMS)
def test_pid_1_waits(form):
    # prlimit of util-linux, since unshare itself must not be limited.
    command = ["unshare", "--pid", "--fork", "--kill-child", "prlimit", f"--as={LIMIT}", PROBE, form]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            wait_until_full(process.pid)
            time.sleep(0.5 * SCALE)
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert process.stderr.read() == b""


def wait_until_full(parent):
    """Until the probe has taken nearly all that it may, as seen from outside."""
    deadline = time.monotonic() + 30 * SCALE
    while time.monotonic() < deadline:
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for child in children:
            status = pathlib.Path(f"/proc/{child}/status")
            if not status.exists():
                continue
            size = [int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmSize:")]
            if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == PROBE.name[:15] and size and size[0] * 1024 > LIMIT - (256 << 10):
                return
        time.sleep(0.02)
    pytest.fail("the probe never used up its memory")
