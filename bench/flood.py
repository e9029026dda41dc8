# SPDX-License-Identifier: MIT
"""`./ck bench flood`: gatewayd under load while another program floods the log with LINES lines a second. gatewayd has one CPU; clients,
upstream, logd and the flood share the other. Turns with and without the flood change places at random within a round. Where that other CPU is
full, the rate tells of the clients; so the CPU time that gatewayd takes for an exchange is measured beside it: its reciprocal is the rate that
gatewayd's CPU could serve."""

import json
import os
import random
import statistics
import subprocess
import sys
import time

import gateway

LINES = int(os.environ.get("COREKMS_FLOOD_LINES", "100000"))  # a second
ROUNDS = int(os.environ.get("COREKMS_FLOOD_ROUNDS", "12"))
EXCHANGES = 8_000  # a turn: the better part of a second
_BURSTS = 200  # a second

# Sends datagrams of syslog's form until its standard input ends, and says how many were taken and how many were not, in how long.
_FLOOD = """
import json, socket, sys, time, select
path, lines, bursts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
one.connect(path)
message, taken, refused = b"<14>chatty[7]: a line of the length that programs write when they have much to say", 0, 0
began = next_burst = time.monotonic()
while not select.select([sys.stdin], [], [], max(0, next_burst - time.monotonic()))[0]:
    for _ in range(lines // bursts):
        try:
            one.send(message)
            taken += 1
        except BlockingIOError:
            refused += 1
    next_burst = max(next_burst + 1 / bursts, time.monotonic() - 0.1)
print(json.dumps({"taken": taken, "refused": refused, "seconds": time.monotonic() - began}))
"""


class Flood:
    def __init__(self, run):
        command = [sys.executable, "-c", _FLOOD, f"{run.folder}/run/logd/log", str(LINES), str(_BURSTS)]
        self._process = run.start_beside(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def end(self):
        """Lines a second that were sent, taken or not."""
        report = json.loads(self._process.communicate(b"x")[0])
        return (report["taken"] + report["refused"]) / report["seconds"], report["refused"]


def turn(run):
    """(exchanges a second, CPU time of gatewayd an exchange in us)"""
    before = run.cpu_seconds()
    closed = run.load("closed", count=EXCHANGES, parallel=32)
    return closed["served"] / closed["seconds"], (run.cpu_seconds() - before) * 1e6 / EXCHANGES


def flood(verdict):
    """`verdict(what, value, must)` notes a value over its must and returns the mark for it."""
    quiet, flooded, lines, refused = [], [], [], 0
    with gateway.Run("gatewayd") as run:
        os.makedirs(f"{run.folder}/run/logd")
        run.start_beside([gateway.gatewayd(), "logd"])
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
    (quiet_rate, quiet_cost), (flooded_rate, flooded_cost) = zip(*quiet, strict=True), zip(*flooded, strict=True)
    ratio = statistics.median(b / a for a, b in zip(quiet_rate, flooded_rate, strict=True))
    print(f"| exchanges a second, 32 clients, their CPU shared with the flood | {gateway.middle(quiet_rate)} | {gateway.middle(flooded_rate)} | {ratio:.2f} | |")
    ratio = statistics.median(a / b for a, b in zip(quiet_cost, flooded_cost, strict=True))
    mark = verdict("what a flood of the log takes of the exchanges that gatewayd's CPU serves (%)", round(100 * (1 - ratio), 1), 10)
    print(f"| CPU time of gatewayd an exchange (us) | {gateway.middle(quiet_cost, 1)} | {gateway.middle(flooded_cost, 1)} | {ratio:.2f}{mark} | 0.90 or more |")
    print(f"| lines a second to the log | 0 | {gateway.middle(lines)} ({refused:,} in all found the log's queue full) | | {LINES:,} |", flush=True)
