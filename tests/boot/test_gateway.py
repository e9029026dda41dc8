# SPDX-License-Identifier: MIT
"""The gateway in the booted image: an upstream fails over while clients run, and comes back."""

import threading

from conftest import UPSTREAM4, UPSTREAM6, shows
from qemu import Nic
from qemu_net import scaled, wait_until
from upstream import Upstream, rpc_exchange, rpc_exchange_until


class Clients(threading.Thread):
    """Exchanges one after the other at one of the machine's addresses, each tried again until it succeeds, as a client does."""

    def __init__(self, lab, address):
        super().__init__(daemon=True)
        self._lab, self._address, self._end = lab, address, threading.Event()
        self.served, self.lost = 0, []

    def run(self):
        while not self._end.is_set():
            try:
                rpc_exchange_until((self._address, 1688), b"nonce", scaled(10), netns=self._lab.name, timeout=scaled(10))
                self.served += 1
            except OSError as error:
                self.lost.append(str(error))
            self._end.wait(0.3)

    def stop(self):
        self._end.set()
        self.join()


def stubs(upstream):
    return sum(len(session.received) > 96 for session in list(upstream.sessions))  # what is less is a health check


def test_an_upstream_fails_over_while_clients_run(bench):
    lab = bench.network()
    bench.upstream.stop()
    first, second = Upstream(netns=lab.name), Upstream(netns=lab.name)
    first.start(UPSTREAM4, 1700)
    second.start(UPSTREAM6, 1701)
    again = None
    try:
        nic = Nic("virtio-net-pci")
        vm = bench.vm("kernel", nics=[nic], cmdline=f"corekms.upstream={UPSTREAM4}:1700,[{UPSTREAM6}]:1701")
        addresses = lab.wait_lease(nic.mac, 60), lab.wait_global6(nic.mac, 20)
        clients = [Clients(lab, address) for address in addresses]
        for each in clients:
            each.start()
        wait_until("both families to be served", lambda: all(each.served >= 3 for each in clients), 40)
        assert stubs(second) == 0, "the first host serves alone while it can"
        first.stop()
        before = [each.served for each in clients]
        wait_until("the second host to serve both", lambda: all(each.served >= n + 3 for each, n in zip(clients, before)), 40)
        assert stubs(second) >= 4
        vm.wait_screen(shows(rf"{UPSTREAM4}:1700\s+failing", rf"\[{UPSTREAM6}\]:1701\s+healthy"), 10)
        again = Upstream(netns=lab.name)
        again.start(UPSTREAM4, 1700)
        wait_until("the first host to be gone back to", lambda: stubs(again) >= 2, 60)
        vm.wait_screen(shows(rf"{UPSTREAM4}:1700\s+healthy"), 10)
        for each in clients:
            each.stop()
        assert [each.lost for each in clients] == [[], []], "nothing is lost that asking again would not mend"
        rpc_exchange((addresses[0], 1688), b"nonce", netns=lab.name)
        assert vm.press_power_button() == ("guest-shutdown", 0)
    finally:
        for one in (first, second, again):
            if one:
                one.stop()
