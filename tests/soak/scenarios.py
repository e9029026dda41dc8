# SPDX-License-Identifier: MIT
"""What netd has to live with for long. Each scenario is a thread with its own namespaces and its own netd; result() yields what it measured
when the time is over, or raises what went wrong.
"""

import itertools
import os
import random
import threading
import time

from netns import Net, wait_until
from vitals import Vitals

SECONDS = float(os.environ.get("COREKMS_SOAK_SECONDS", "45"))
WARM_UP = 10.0  # by then everything has happened once


class Scenario:
    def __init__(self, folder):
        self._error, self.vitals, self._stopping = None, None, False
        self.net = Net(folder)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self.prepare()
            end = time.monotonic() + WARM_UP + SECONDS
            warm = time.monotonic() + WARM_UP
            for turn in itertools.count():
                if time.monotonic() > end or self._stopping:
                    break
                self.turn(turn)
                self.netd.check_alive()
                if self.vitals is not None:
                    self.vitals.sample()
                elif time.monotonic() > warm:
                    self.vitals = Vitals(self.netd.process.pid)
            self.recover()
        except Exception as error:  # noqa: BLE001  the test that waits raises it
            self._error = error

    def prepare(self):
        self.net.join()
        self.server = self.net.scripted(lease=600)
        self.netd = self.net.netd()

    def turn(self, number):
        """What happens again and again; takes a moment at least."""
        raise NotImplementedError

    def recover(self):
        """When all is well again, so is netd."""
        self.server.silent, self.server.refuses = False, False
        self.netd.wait_lease(timeout=70)

    def result(self):
        self._thread.join()
        if self._error:
            raise self._error
        return self.vitals

    def close(self):
        self._stopping = True
        self._thread.join()
        self.net.close()


class NoServer(Scenario):
    """Nobody answers."""

    def prepare(self):
        super().prepare()
        self.server.silent = True

    def turn(self, number):
        time.sleep(0.2)


class Refusals(Scenario):
    """A server that offers, and refuses what it offered, for ever."""

    def prepare(self):
        super().prepare()
        self.server.refuses = True

    def turn(self, number):
        time.sleep(0.2)


class Advertisements(Scenario):
    """Some 200 routers with a prefix and a DNS server each that come and go, a few hundred advertisements a second; and a lease."""

    ROUTERS = 200

    def prepare(self):
        super().prepare()
        self._frames = [self._frame(n, lifetime) for n in range(self.ROUTERS) for lifetime in (0, 1, 600)]
        self._random = random.Random(20261123)
        wait_until("the link to run", lambda: self.netd.records("address", source="link"), 5)

    @staticmethod
    def _frame(n, lifetime):
        from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS, IPv6
        from scapy.layers.l2 import Ether

        prefix = ICMPv6NDOptPrefixInfo(prefix=f"2001:db8:{n:x}::", prefixlen=64, validlifetime=lifetime, preferredlifetime=lifetime)
        options = prefix / ICMPv6NDOptRDNSS(dns=[f"2001:db8::{n:x}"], lifetime=lifetime)
        header = Ether(src="02:00:00:00:00:01", dst="33:33:00:00:00:01") / IPv6(src=f"fe80::{n:x}", dst="ff02::1", hlim=255)
        return bytes(header / ICMPv6ND_RA(routerlifetime=lifetime) / options)

    def turn(self, number):
        for frame in self._random.choices(self._frames, k=20):
            self.server.raw_send(frame)
        time.sleep(0.05)

    def recover(self):
        super().recover()
        assert len(self.netd.records("dns", source="ra")) <= 3


class Flapping(Scenario):
    """A cable that is pulled and plugged, for moments and for longer than an address is kept; and a second link that comes and goes."""

    def turn(self, number):
        self.net.carrier("v0", False)
        time.sleep(4 if number % 10 == 9 else 0.1)
        self.net.carrier("v0", True)
        time.sleep(0.3)
        if number % 3 == 0:
            self.net.join("v1", "198.51.100.1/24", None)
        elif number % 3 == 2:
            self.net.client.ip("link delete v1", check=False)


ALL = {"no-server": NoServer, "refusals": Refusals, "advertisements": Advertisements, "flapping": Flapping}
