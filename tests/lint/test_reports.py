# SPDX-License-Identifier: MIT
"""What a repeated test changes in a report, and what it does not."""

import subprocess

CASE = '<testcase classname="netns.test_a" name="test_{}">{}</testcase>'
FAILURE = '<failure message="late">...</failure>'


def reports(*arguments):
    done = subprocess.run(["../scripts/reports.py", *arguments], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def write(path, *cases):
    path.write_text(f"<testsuites><testsuite>{''.join(CASE.format(*case) for case in cases)}</testsuite></testsuites>")
    return str(path)


def test_only_what_passed_when_repeated_is_mended(tmp_path):
    first = write(tmp_path / "first.xml", ("a", ""), ("b[x, y]", FAILURE), ("c", FAILURE), ("d", "<error>...</error>"), ("e", "<skipped/>"))
    assert reports("count", first) == ["1 3 1"]
    assert reports("failed", first) == [f"netns/test_a.py::test_{name}" for name in ("b[x, y]", "c", "d")]
    repeated = write(tmp_path / "repeated.xml", ("b[x, y]", ""), ("c", FAILURE), ("d", "<skipped/>"))
    assert reports("mend", first, repeated) == ["netns/test_a.py::test_b[x, y]"]
    assert reports("count", first) == ["2 2 1"]
    assert reports("failed", first) == [f"netns/test_a.py::test_{name}" for name in ("c", "d")]
