# SPDX-License-Identifier: MIT
"""Tests marked `slow` mostly wait. When others are run as well, they run beside them, each in a pytest of its own, two at a time;
the session then shows their results as its own, in its last places."""

import atexit
import os
import queue
import signal
import subprocess
import sys
import threading

import pytest

_CHILD = "COREKMS_BOOT_CHILD"
_AT_ONCE = 2
_results, _children = {}, []


class _Result:
    def __init__(self):
        self.done, self.status, self.output = threading.Event(), None, ""


def delegated(item):
    return item.nodeid in _results


def _run(root, waiting):
    environment = dict(os.environ, **{_CHILD: "1"})
    while True:
        try:
            identity = waiting.get_nowait()
        except queue.Empty:
            return
        command = [sys.executable, "-m", "pytest", "-q", "-s", identity]
        child = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        _children.append(child)
        result = _results[identity]
        result.output, _ = child.communicate()
        result.status = child.returncode
        result.done.set()


def _stop():
    for child in _children:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)  # pytest then takes its machines and networks down.
            child.wait()


def start(session):
    slow = [item.nodeid for item in session.items if item.get_closest_marker("slow")]
    if os.environ.get(_CHILD) or session.config.option.collectonly or not slow or len(slow) == len(session.items):
        return
    waiting = queue.SimpleQueue()
    for identity in slow:
        _results[identity] = _Result()
        waiting.put(identity)
    atexit.register(_stop)
    for _ in range(_AT_ONCE):
        threading.Thread(target=_run, args=(session.config.rootpath, waiting), daemon=True).start()


def call(item):
    """The result of a delegated test; None lets pytest run the test itself."""
    if not delegated(item):
        return None
    result = _results[item.nodeid]
    result.done.wait()
    print(result.output)
    if result.status != 0:
        pytest.fail(result.output[-4000:], pytrace=False)
    return True
