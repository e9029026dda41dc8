# SPDX-License-Identifier: MIT
"""`./ck bench gateway` in its smallest form, with gatewayd alone: every number that it is to print is there. None is judged."""

import os
import re
import subprocess

import pytest

LITTLE = {"PROGRAMS": "gatewayd", "ROUNDS": "1", "EXCHANGES": "200", "RATE": "100", "ARRIVALS": "40", "HELD": "50", "HOLDS": "1", "STORM": "300", "COUNTED": "0"}


@pytest.fixture
def bench(repository):
    """Runs it with these settings."""

    def run(environment=(), **settings):
        named = {f"COREKMS_GATEWAY_{name}": value for name, value in {**LITTLE, **settings}.items()}
        return subprocess.run(["/usr/bin/python3", repository / "bench" / "bench.py", "gateway"], env={**os.environ, **named, **dict(environment)},
                              capture_output=True, text=True, check=False)

    return run


def rows(text, first):
    """The cells behind the first of each row that begins with `first`."""
    return [[cell.strip() for cell in line.strip("| \n").split("|")][1:] for line in text.splitlines() if line.startswith(f"| {first} |")]


def number(cell):
    return float(re.match(r"-?[\d,.]+", cell).group().replace(",", ""))


def test_every_number_is_there(bench):
    done = bench()
    assert done.returncode == 0, done.stdout + done.stderr
    [direct] = rows(done.stdout, "direct")
    measured, storm = rows(done.stdout, "gatewayd")
    assert number(direct[0]) > 0
    rate, _, _, cpu, _, idle, held_memory, _, held, failed, size = measured
    assert number(rate) > 0 and number(cpu) >= 0 and number(size) > 100
    assert 0 < number(idle) < number(held_memory)
    assert held == "50" and failed == "0"
    assert storm[0] == "300" and number(storm[7]) > 0
    assert rows(done.stdout, "clients held") == [["50", "of 50", "1.00", "all", "all"]]


def test_a_relay_that_relays_nothing_is_an_error(bench):
    done = bench({"COREKMS_PROGRAM": "/bin/false"}, PATIENCE="2")
    assert done.returncode != 0 and "gatewayd relays nothing" in done.stderr
    assert rows(done.stdout, "gatewayd") == []
