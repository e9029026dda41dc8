#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Captures the README's picture from a running machine: docs/screen.txt (the serial console) and docs/screen.png (the VGA console).

Run it after `./ck build`, as root. The machine serves, has relayed a few exchanges and is then photographed; nothing is retouched."""

import os
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from qemu import Nic, Vm  # noqa: E402
from qemu_net import UPSTREAM4, UPSTREAM6, Lab  # noqa: E402
from upstream import Upstream, rpc_exchange_until  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    with tempfile.TemporaryDirectory(prefix="corekms-picture-") as folder:
        lab = Lab(folder, domain="example.org", upstream_name="kms1")
        upstream, vm = Upstream(netns=lab.name), None
        nic = Nic("virtio-net-pci")
        nic.mac = "52:54:00:12:34:56"
        try:
            for host in (UPSTREAM4, UPSTREAM6):
                upstream.start(host, 1688)
            vm = Vm(lab, folder, image=f"{ROOT}/out/corekms.iso", boot="iso-cd", nics=[nic], memory=32)
            address, address6 = lab.wait_lease(nic.mac), lab.wait_global6(nic.mac)
            for _ in range(3):
                rpc_exchange_until((address, 1688), b"picture", 20, netns=lab.name)
            time.sleep(70)  # An uptime of more than a minute, the optimistic address past its detection.
            rpc_exchange_until((address6, 1688), b"picture", 20, netns=lab.name)
            vm.wait_screen(lambda text: re.search("SERVING", text) and address in text and address6 in text, 10)
            time.sleep(2)
            os.makedirs(f"{ROOT}/docs", exist_ok=True)
            with open(f"{ROOT}/docs/screen.txt", "w", encoding="utf-8") as file:
                file.write(vm.screen().rstrip() + "\n")
            vm.screendump(f"{ROOT}/docs/screen.png")
        finally:
            if vm:
                vm.close()
            upstream.stop()
            lab.close()


if __name__ == "__main__":
    main()
