# SPDX-License-Identifier: MIT
"""QEMU's machine protocol over a connected socket: commands are answered in order, events are kept with the time they came."""

import json
import threading
import time


class QmpError(Exception):
    pass


class Qmp:
    def __init__(self, sock, log):
        self._sock, self._log = sock, log
        self._changed = threading.Condition()
        self._replies, self.events, self._closed = {}, [], False
        self._next = 0
        self._greeted = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        pending = b""
        while True:
            try:
                data = self._sock.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            pending += data
            *lines, pending = pending.split(b"\n")
            for line in lines:
                if line.strip():
                    self._take(json.loads(line))
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _take(self, message):
        self._log.write(f"{time.time():.3f} < {json.dumps(message)}\n")
        self._log.flush()
        with self._changed:
            if "QMP" in message:
                self._greeted = True
            elif "event" in message:
                message["at"] = time.monotonic()
                self.events.append(message)
            elif "id" in message:
                self._replies[message["id"]] = message
            self._changed.notify_all()

    def negotiate(self, timeout):
        with self._changed:
            if not self._changed.wait_for(lambda: self._greeted or self._closed, timeout) or self._closed:
                raise QmpError("QEMU did not greet")
        self.command("qmp_capabilities", timeout=timeout)

    def command(self, name, /, timeout=20, **arguments):
        with self._changed:
            self._next += 1
            number = self._next
        message = {"execute": name, "id": number}
        if arguments:
            message["arguments"] = {key.replace("_", "-"): value for key, value in arguments.items()}
        text = json.dumps(message)
        self._log.write(f"{time.time():.3f} > {text}\n")
        try:
            self._sock.sendall(text.encode() + b"\n")
        except OSError as error:
            raise QmpError(f"{name}: {error}") from error
        with self._changed:
            self._changed.wait_for(lambda: number in self._replies or self._closed, timeout)
            reply = self._replies.pop(number, None)
        if reply is None:
            raise QmpError(f"{name}: no reply")
        if "error" in reply:
            raise QmpError(f"{name}: {reply['error']['desc']}")
        return reply["return"]

    def monitor(self, line):
        """One command of the human monitor."""
        return self.command("human-monitor-command", **{"command-line": line})

    def mark(self):
        with self._changed:
            return len(self.events)

    def wait_event(self, name, timeout, since=0, **match):
        """The first event of this name after mark `since` whose data hold `match`."""

        def find():
            for event in self.events[since:]:
                data = event.get("data", {})
                if event["event"] == name and all(data.get(key) == value for key, value in match.items()):
                    return event
            return None

        with self._changed:
            self._changed.wait_for(lambda: find() or self._closed, timeout)
            found = find()
        if not found:
            raise QmpError(f"no event {name} {match or ''} within {timeout:.0f} s")
        return found
