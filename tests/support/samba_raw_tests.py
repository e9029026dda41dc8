# SPDX-License-Identifier: MIT
"""Runs Samba's tests of raw DCE/RPC, or those of them that are named, against the server of the environment (SERVER, SMB_CONF_PATH),
and prints as JSON what became of each: {name: [outcome, reason]}, outcome being "pass", "fail" or "skip". It runs where Samba seems to
be installed (rpc_peers.py), never here.

Tests that need an account of the domain, or a named pipe in place of TCP, are skipped as soon as they ask for it. Several run at a time,
since they spend their time in waiting for what must not come.
"""

import json
import multiprocessing
import os
import sys
import unittest

AT_A_TIME = 8


def skipping(reason):
    def skip(*_arguments, **_options):
        raise unittest.SkipTest(reason)

    return skip


def load():
    from samba.tests.dcerpc import raw_protocol, raw_testcase

    raw_testcase.RawDCERPCTest.get_user_creds = skipping("it needs an account")
    raw_testcase.RawDCERPCTest._connect_smb = skipping("it needs a named pipe")
    suites = unittest.defaultTestLoader.loadTestsFromModule(raw_protocol)
    return {test.id().rsplit(".", 1)[1]: test for suite in suites for test in suite}


def run(name):
    test, result = load()[name], unittest.TestResult()
    test.run(result)
    if result.skipped:
        return name, ["skip", result.skipped[0][1]]
    wrong = result.failures + result.errors
    if wrong:
        return name, ["fail", wrong[0][1].strip().splitlines()[-1]]
    return name, ["pass", ""]


def quiet():
    """The tests print what they send and receive."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


def main(names):
    with multiprocessing.Pool(AT_A_TIME, initializer=quiet) as pool:
        outcomes = dict(pool.imap_unordered(run, sorted(names or load()), chunksize=1))
    json.dump(outcomes, sys.stdout, indent=1, sort_keys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
