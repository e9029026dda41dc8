# SPDX-License-Identifier: MIT
"""`./ck bench flood`: gatewayd under load while another program floods the log with LINES lines a second. gatewayd has one CPU; clients,
upstream, logd (as nice as init makes it) and the flood share the other. Turns with and without the flood change places at random within a
round. Clients come at a fixed rate; then 32 of them begin anew as soon as they are served, which fills the CPU that they share with the flood: there
the rate tells of the clients, and the CPU time that gatewayd takes for an exchange of what it could serve."""

import json
import os
import random
import statistics
import subprocess
import time

import gateway

LINES = int(os.environ.get("COREKMS_FLOOD_LINES", "100000"))  # a second
ROUNDS = int(os.environ.get("COREKMS_FLOOD_ROUNDS", "12"))
EXCHANGES = 8_000  # of 32 clients, a turn: the better part of a second
RATE = 5_000  # clients a second in the other part of a turn, which lasts a second


class Flood:
    def __init__(self, run):
        command = [gateway.load_program(), "flood", f"{run.folder}/run/logd/log", str(LINES)]
        self._process = run.start_beside(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def end(self):
        """Lines a second that were sent, taken or not."""
        report = json.loads(self._process.communicate(b"x")[0])
        return (report["taken"] + report["refused"]) / report["seconds"], report["refused"]


def turn(run):
    """(exchanges a second of clients at a fixed rate, of 32 clients, CPU time of gatewayd for each of the latter in us)"""
    steady = run.load("open", count=RATE, rate=RATE)
    before = run.cpu_seconds()
    closed = run.load("closed", count=EXCHANGES, parallel=32)
    return steady["served"] / steady["seconds"], closed["served"] / closed["seconds"], (run.cpu_seconds() - before) * 1e6 / EXCHANGES


def flood(verdict):
    """`verdict(what, value, must)` notes a value over its must and returns the mark for it."""
    quiet, flooded, lines, refused = [], [], [], 0
    with gateway.Run("gatewayd") as run:
        os.makedirs(f"{run.folder}/run/logd")
        run.start_beside(["nice", "-n", "5", gateway.gatewayd(), "logd"])  # as init starts it
        end = time.monotonic() + 10
        while not os.path.exists(f"{run.folder}/run/logd/log"):
            if time.monotonic() > end:
                raise SystemExit("bench: logd does not start")
            time.sleep(0.02)
        for _ in range(ROUNDS):
            for with_flood in random.sample([False, True], 2):
                if not with_flood:
                    quiet.append(turn(run))
                    continue
                one = Flood(run)
                time.sleep(0.1)
                flooded.append(turn(run))
                sent, lost = one.end()
                lines.append(sent)
                refused += lost
    print("| what | without | with the flood | ratio | must |\n|---|---|---|---|---|")
    quiet_steady, quiet_rate, quiet_cost = zip(*quiet, strict=True)
    flooded_steady, flooded_rate, flooded_cost = zip(*flooded, strict=True)
    ratio = statistics.median(b / a for a, b in zip(quiet_steady, flooded_steady, strict=True))
    mark = verdict("exchanges a second that a flood of the log costs (%)", round(100 * (1 - ratio), 1), 10)
    print(f"| exchanges a second, {RATE:,} clients a second | {gateway.middle(quiet_steady)} | {gateway.middle(flooded_steady)} | {ratio:.2f}{mark} | 0.90 or more |")
    ratio = statistics.median(b / a for a, b in zip(quiet_rate, flooded_rate, strict=True))
    print(f"| exchanges a second, 32 clients, their CPU shared with the flood | {gateway.middle(quiet_rate)} | {gateway.middle(flooded_rate)} | {ratio:.2f} | |")
    ratio = statistics.median(a / b for a, b in zip(quiet_cost, flooded_cost, strict=True))
    mark = verdict("what a flood of the log takes of the exchanges that gatewayd's CPU serves (%)", round(100 * (1 - ratio), 1), 10)
    print(f"| CPU time of gatewayd an exchange (us) | {gateway.middle(quiet_cost, 1)} | {gateway.middle(flooded_cost, 1)} | {ratio:.2f}{mark} | 0.90 or more |")
    print(f"| lines a second to the log | 0 | {gateway.middle(lines)} ({refused:,} in all found the log's queue full) | | {LINES:,} |", flush=True)
