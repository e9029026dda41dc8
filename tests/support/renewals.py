# SPDX-License-Identifier: MIT
"""A lease that is renewed every second by a scripted server, with a TCP connection over its address, for the test and the measurement
of how well an address is held."""

import socket
import threading

from netns import ROUTER4, Net, wait_until

PORT = 5000


class Renewals:
    def __init__(self, folder):
        self._net = Net(folder)
        try:
            self._net.join()
            self._server = self._net.scripted(lease=60, t1=1, t2=30)
            self._monitor = self._net.watch_addresses()
            self._netd = self._net.netd()
            address = self._netd.wait_lease("192.0.2.107").split("/")[0]
            listener = self._net.server.inside(socket.create_server, (ROUTER4, PORT))
            threading.Thread(target=self._echo, args=(listener,), daemon=True).start()
            self._connection = self._net.client.inside(socket.create_connection, (ROUTER4, PORT), 5, (address, 0))
        except BaseException:
            self._net.close()
            raise

    @staticmethod
    def _echo(listener):
        with listener, listener.accept()[0] as peer:
            while data := peer.recv(4096):
                peer.sendall(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def count(self):
        """The renewals that were asked for by unicast to the server, after the request of the first lease."""
        return sum(request["IP"].dst == ROUTER4 for request in self._server.requests())

    def wait(self, count):
        """Until so many were asked for; the connection is used all the while."""
        while (done := self.count()) < count:
            wait_until("one more renewal", lambda: self.count() > done, 5)  # noqa: B023
            self.use_connection()
            self._netd.check_alive()

    def use_connection(self):
        """A few bytes to the server and back by the connection that was made at first."""
        self._connection.sendall(b"still here")
        assert self._connection.recv(100) == b"still here"

    def removals(self):
        """The addresses that went away, as `ip monitor` prints them."""
        return [line for _, line in self._monitor.lines() if line.startswith("Deleted")]

    def discoveries(self):
        return sum(self._server.kind_of(packet) == 1 for packet in list(self._server.seen))

    def close(self):
        self._connection.close()
        self._net.close()
