# SPDX-License-Identifier: MIT
"""An upstream and a client that speak just enough connection-oriented DCE/RPC to prove a relay.

Neither side knows what is carried: stubs are opaque random bytes. The upstream answers a bind with a bind_ack and a request
with a response whose stub it draws at random (or that `answer(stub)` gives); it keeps every byte that it received and sent for
each connection, so that a test compares what left one end with what reached the other.

    with Upstream() as upstream:
        upstream.start("192.0.2.1", 1688)
        exchange = rpc_exchange(("192.0.2.2", 1688), b"nonce")
        session = upstream.sessions[-1]
        assert exchange.sent == session.received and exchange.received == session.sent

Both take netns="name": their sockets are then made in that network namespace (as `ip netns add` named it).
"""

from __future__ import annotations

import argparse
import ctypes
import os
import socket
import struct
import threading
import time
import uuid

HEADER = 16
REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK = 0, 2, 3, 11, 12, 13
INTERFACE = (uuid.UUID("51c82175-844e-4750-b0d8-ec255555bc06"), 1)
NDR = (uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860"), 2)
CLONE_NEWNET = 0x40000000


def socket_in(netns: str | None, family: int, kind: int) -> socket.socket:
    """A socket of the named network namespace; it stays there whichever thread uses it."""
    if netns is None:
        return socket.socket(family, kind)
    result: list = []

    def make() -> None:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/var/run/netns/{netns}", "rb") as space:
                if libc.setns(space.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"setns {netns}")
            result.append(socket.socket(family, kind))
        except OSError as error:
            result.append(error)

    thread = threading.Thread(target=make)  # setns is per thread: this one ends with its namespace
    thread.start()
    thread.join()
    if isinstance(result[0], OSError):
        raise result[0]
    return result[0]


def family_of(host: str) -> int:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


# ---- PDUs -------------------------------------------------------------------------------------------------------------


def pdu(kind: int, call_id: int, body: bytes, order: str = "<", flags: int = 3, auth: int = 0) -> bytes:
    drep = b"\x10\0\0\0" if order == "<" else b"\0\0\0\0"
    header = struct.pack("BBBB", 5, 0, kind, flags) + drep
    return header + struct.pack(order + "HHI", HEADER + len(body), auth, call_id) + body


def syntax(identifier: tuple[uuid.UUID, int], order: str) -> bytes:
    name, version = identifier
    return (name.bytes_le if order == "<" else name.bytes) + struct.pack(order + "I", version)


def bind(call_id: int = 1, order: str = "<", interface: tuple[uuid.UUID, int] = INTERFACE) -> bytes:
    context = struct.pack(order + "HBB", 0, 1, 0) + syntax(interface, order) + syntax(NDR, order)
    return pdu(BIND, call_id, struct.pack(order + "HHIBBH", 5840, 5840, 0, 1, 0, 0) + context, order)


def bind_ack(call_id: int, order: str, secondary: bytes = b"1688\0") -> bytes:
    body = struct.pack(order + "HHI", 5840, 5840, 0x5A5A) + struct.pack(order + "H", len(secondary)) + secondary
    body += bytes(-(HEADER + len(body)) % 4)
    body += struct.pack("BBBB", 1, 0, 0, 0) + struct.pack(order + "HH", 0, 0) + syntax(NDR, order)
    return pdu(BIND_ACK, call_id, body, order)


def request(call_id: int, stub: bytes, order: str = "<") -> bytes:
    return pdu(REQUEST, call_id, struct.pack(order + "IHH", len(stub), 0, 0) + stub, order)


def response(call_id: int, stub: bytes, order: str = "<") -> bytes:
    return pdu(RESPONSE, call_id, struct.pack(order + "IHBB", len(stub), 0, 0, 0) + stub, order)


def byte_order(header: bytes) -> str:
    return "<" if header[4] & 0x10 else ">"


def read_exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError(f"closed after {len(data)} of {count} bytes")
        data += part
    return data


def read_pdu(connection: socket.socket) -> bytes:
    header = read_exactly(connection, HEADER)
    (length,) = struct.unpack_from(byte_order(header) + "H", header, 8)
    return header + read_exactly(connection, length - HEADER)


# ---- the upstream --------------------------------------------------------------------------------------------------------


class Session:
    """What one connection to the upstream carried."""

    def __init__(self, peer: tuple) -> None:
        self.peer = peer
        self.received = b""
        self.sent = b""


class Upstream:
    """behave: "answer", or a fault to play: "silent" (accepts and says nothing), "reset" (closes once the bind came),
    "garbage" (answers the bind with bytes that are no PDU), "half" (closes in the middle of the bind_ack)."""

    def __init__(self, behave: str = "answer", netns: str | None = None, answer=None, reply_size: int = 260) -> None:
        self.behave = behave
        self.netns = netns
        self.answer = answer or (lambda _stub: os.urandom(reply_size))
        self.sessions: list[Session] = []
        self.address: tuple[str, int] | None = None
        self._listeners: list[socket.socket] = []
        self._connections: list[socket.socket] = []
        self._lock = threading.Lock()

    def __enter__(self) -> "Upstream":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, host: str = "::", port: int = 1688) -> tuple[str, int]:
        """Listens on one more address ("::" takes both families) and returns it; port 0 takes a free one."""
        listener = socket_in(self.netns, family_of(host), socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family_of(host) == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        listener.bind((host, port))
        listener.listen(128)
        self._listeners.append(listener)
        self.address = (host, listener.getsockname()[1])
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return self.address

    def stop(self) -> None:
        """Closes everything at once; a client sees a reset or an end."""
        for listener in self._listeners:
            try:
                listener.shutdown(socket.SHUT_RDWR)  # wakes the accept in the other thread
            except OSError:
                pass
            listener.close()
        self._listeners = []
        with self._lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self._connections = []

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            session = Session(peer)
            with self._lock:
                self.sessions.append(session)
                self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection, session), daemon=True).start()

    def _send(self, connection: socket.socket, session: Session, data: bytes) -> None:
        session.sent += data
        connection.sendall(data)

    def _serve(self, connection: socket.socket, session: Session) -> None:
        try:
            while True:
                unit = read_pdu(connection)
                session.received += unit
                order = byte_order(unit)
                (call_id,) = struct.unpack_from(order + "I", unit, 12)
                if self.behave == "silent":
                    continue
                if self.behave == "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                if self.behave == "garbage":
                    self._send(connection, session, b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    return
                if self.behave == "half":
                    self._send(connection, session, bind_ack(call_id, order)[:20])
                    return
                if unit[2] == BIND:
                    self._send(connection, session, bind_ack(call_id, order))
                elif unit[2] == REQUEST:
                    self._send(connection, session, response(call_id, self.answer(unit[24:]), order))
        except (OSError, ConnectionError):
            pass
        finally:
            connection.close()
            with self._lock:
                if connection in self._connections:
                    self._connections.remove(connection)


# ---- the client -----------------------------------------------------------------------------------------------------------


class Exchange:
    """Every byte that the client sent and received, and the stub of the response."""

    def __init__(self) -> None:
        self.sent = b""
        self.received = b""
        self.stub = b""
        self.seconds = 0.0


def rpc_exchange(
    address: tuple[str, int], nonce: bytes, timeout: float = 10.0, order: str = "<", netns: str | None = None
) -> Exchange:
    """bind, bind_ack, request with a stub that holds the nonce, response. ConnectionError or OSError when it fails."""
    exchange = Exchange()
    begin = time.monotonic()
    with socket_in(netns, family_of(address[0]), socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(address)
        for unit in (bind(1, order), request(2, nonce + os.urandom(200), order)):
            connection.sendall(unit)
            exchange.sent += unit
            answer = read_pdu(connection)
            exchange.received += answer
        if answer[2] != RESPONSE:
            raise ConnectionError(f"PDU type {answer[2]} in place of a response")
        exchange.stub = answer[24:]
    exchange.seconds = time.monotonic() - begin
    return exchange


def rpc_exchange_until(address: tuple[str, int], nonce: bytes, patience: float, **options: object) -> Exchange:
    """rpc_exchange, tried again until it succeeds or `patience` seconds are over; then its last error."""
    end = time.monotonic() + patience
    while True:
        try:
            return rpc_exchange(address, nonce, **options)  # type: ignore[arg-type]
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description="An upstream that answers opaque bytes, until it is stopped.")
    parser.add_argument("--host", default="::")
    parser.add_argument("--port", type=int, default=1688)
    options = parser.parse_args()
    upstream = Upstream()
    print("listening on", upstream.start(options.host, options.port), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
