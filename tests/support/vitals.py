# SPDX-License-Identifier: MIT
"""What a process holds: memory and descriptors, and whether they stay as they are."""

import os
import time

# Code that runs for the first time is read in from the file; what grows with each event grows past this.
SLACK_BYTES = 64 * 1024


def resident(pid):
    """Its RSS in bytes."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Rss:"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Vitals:
    """Begin when the process has done everything once."""

    def __init__(self, pid):
        self._pid = pid
        self._resident, self._descriptors = resident(pid), descriptors(pid)
        self.samples = [(self._resident, self._descriptors)]

    def sample(self):
        self.samples.append((resident(self._pid), descriptors(self._pid)))

    def watch(self, seconds, pause=0.25):
        """Samples all that time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.sample()
            time.sleep(pause)

    def check(self, passing=0):
        self.sample()
        assert self.samples[-1][0] <= self._resident + SLACK_BYTES, self.samples
        self.check_samples(passing=passing)

    def check_samples(self, descriptors_more=4, passing=0):
        """Flat: no sample is above the first by more than the slack and the `passing` bytes that the program takes for a moment and gives
        back; a few descriptors come and go with what it does."""
        most = max(size for size, _ in self.samples), max(count for _, count in self.samples)
        assert most[0] <= self._resident + SLACK_BYTES + passing, self.samples
        assert most[1] <= self._descriptors + descriptors_more, self.samples
