#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""JUnit reports, as GoogleTest, pytest and the fuzz runs write them (scripts/test.sh).

count FILE...         prints "passed failed skipped"
failed FILE           prints the pytest ids of what failed, a line each
mend FILE REPEATED    what failed in FILE and passed in REPEATED is passed, marked as repeated; prints the ids of these
"""

import sys
import xml.etree.ElementTree as tree


def has_failed(case):
    return case.find("failure") is not None or case.find("error") is not None


def test_id(case):
    return f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}"


def count(*paths):
    passed = failed = skipped = 0
    for case in (case for path in paths for case in tree.parse(path).iter("testcase")):
        if has_failed(case):
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    print(passed, failed, skipped)


def failed(path):
    for case in tree.parse(path).iter("testcase"):
        if has_failed(case):
            print(test_id(case))


def mend(path, repeated):
    good = {test_id(case) for case in tree.parse(repeated).iter("testcase") if not has_failed(case) and case.find("skipped") is None}
    report = tree.parse(path)
    for case in report.iter("testcase"):
        if not has_failed(case) or test_id(case) not in good:
            continue
        for trouble in case.findall("failure") + case.findall("error"):
            trouble.tag = "rerunFailure"  # as Maven's Surefire names what a later run did not confirm
        print(test_id(case))
    report.write(path)


if __name__ == "__main__":
    {"count": count, "failed": failed, "mend": mend}[sys.argv[1]](*sys.argv[2:])
