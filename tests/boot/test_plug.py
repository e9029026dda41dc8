# SPDX-License-Identifier: MIT
"""Pulling the plug is the shutdown: killed at 20 random moments, each next boot is served and serves, and the image file never changed.

The file is given to the machine as a disk that it may write to."""

import os
import random
import time

import pytest

from conftest import sha256
from qemu import Nic
from qemu_net import scaled
from test_matrix import whole

PULLS = 20


@pytest.mark.slow
def test_the_plug_is_the_shutdown(bench):
    seed = int(os.environ.get("COREKMS_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    print(f"COREKMS_SEED={seed}")
    draw = random.Random(seed)
    bench.network()
    image, _ = bench.images.of("iso-disk", bench.folder)
    before = sha256(image)
    nic = Nic("virtio-net-pci")
    for pull in range(PULLS):
        # A boot that is cut off anywhere between power-on and serving ...
        vm = bench.vm("iso-disk", image=image, folder=f"{bench.folder}/{pull}-cut", nics=[nic])
        time.sleep(draw.uniform(0.05, scaled(4)))
        vm.pull_the_plug()
        # ... and one that must be whole after it, which is cut off while it serves.
        vm = bench.vm("iso-disk", image=image, folder=f"{bench.folder}/{pull}-whole", nics=[nic])
        if pull < PULLS - 1:
            bench.relay(bench.lab.wait_lease(nic.mac, since=vm.started), patience=30)
        else:
            whole(bench, vm, nic)
        time.sleep(draw.uniform(0, 0.3))
        vm.pull_the_plug()
        assert sha256(image) == before, f"the image changed at pull {pull} (seed {seed})"
