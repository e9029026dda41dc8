# SPDX-License-Identifier: MIT
"""A terminal, of 80x24 characters unless it is resized, as much of one as a status screen may ask of any terminal.

It models the subset of ECMA-48 that vt100, the Linux console and every serial program agree on: cursor moves, erasing, attributes
(ignored), private modes (ignored). It is not lenient: whatever it does not know is kept in `unknown`, so that a test can insist that
the screen asked for nothing exotic, and a scroll is counted in `scrolls`, because a status screen must not scroll.
"""

import re
import threading

_FINAL = re.compile(rb"[\x40-\x7e]")


class Terminal:
    def __init__(self, columns=80, rows=24):
        self.columns, self.rows = columns, rows
        self.unknown, self.scrolls, self.clears, self.questions = [], 0, 0, 0
        self._pending = b""
        self._saved = (0, 0)
        self._lock = threading.Lock()
        self._erase_all()
        self.x = self.y = 0

    def _erase_all(self):
        self._cells = [[" "] * self.columns for _ in range(self.rows)]

    def resize(self, columns, rows):
        with self._lock:
            self.columns, self.rows = columns, rows
            self._erase_all()

    def text(self):
        """The screen as `rows` lines without trailing blanks."""
        with self._lock:
            return "\n".join("".join(row).rstrip() for row in self._cells)

    def feed(self, data):
        with self._lock:
            data = self._pending + data
            at = 0
            while at < len(data):
                used = self._one(data, at)
                if used == 0:
                    break
                at += used
            self._pending = data[at:]

    def _one(self, data, at):
        """Consumes one character or sequence at `at`; returns its length, 0 when it is not whole yet."""
        byte = data[at]
        if byte == 0x1B:
            return self._escape(data, at)
        if byte == 0x0D:
            self.x = 0
        elif byte in (0x0A, 0x0B, 0x0C):
            self._line_feed()
        elif byte == 0x08:
            self.x = max(0, self.x - 1)
        elif byte == 0x09:
            self.x = min(self.columns - 1, (self.x // 8 + 1) * 8)
        elif byte in (0x00, 0x07, 0x0E, 0x0F):
            pass
        elif byte < 0x20 or byte == 0x7F:
            self.unknown.append(bytes([byte]))
        else:
            self._put(chr(byte) if byte < 0x7F else "\ufffd")
        return 1

    def _put(self, character):
        if self.x >= self.columns:
            self.x = 0
            self._line_feed()
        self._cells[self.y][self.x] = character
        self.x += 1

    def _line_feed(self):
        if self.y < self.rows - 1:
            self.y += 1
            return
        self.scrolls += 1
        self._cells.pop(0)
        self._cells.append([" "] * self.columns)

    def _escape(self, data, at):
        if at + 1 >= len(data):
            return 0
        kind = data[at + 1 : at + 2]
        if kind == b"[":
            final = _FINAL.search(data, at + 2)
            if not final:
                return 0 if len(data) - at < 64 else 1
            body = data[at + 2 : final.start()]
            self._control(body, final.group().decode())
            return final.end() - at
        if kind in b"()#% ":
            return 3 if at + 2 < len(data) else 0
        if kind == b"]":  # An operating system command ends with BEL or ST; Linux's "]P" and "]R" are not used by anyone.
            end = re.compile(rb"\x07|\x1b\\").search(data, at + 2)
            return end.end() - at if end else 0
        if kind == b"c":
            self._erase_all()
            self.x = self.y = 0
        elif kind == b"7":
            self._saved = (self.x, self.y)
        elif kind == b"8":
            self.x, self.y = self._saved
        elif kind not in (b"=", b">"):
            self.unknown.append(data[at : at + 2])
        return 2

    def _control(self, body, final):
        private = body[:1] in (b"?", b"=", b">")
        if private or final in ("m", "h", "l", "q"):
            return
        try:
            numbers = [int(part) if part else 0 for part in body.decode().split(";")]
        except ValueError:
            self.unknown.append(b"\x1b[" + body + final.encode())
            return
        first = max(1, numbers[0])
        if final in "Hf":
            self.y = min(self.rows, first) - 1
            self.x = min(self.columns, max(1, numbers[1]) if len(numbers) > 1 else 1) - 1
        elif final == "A":
            self.y = max(0, self.y - first)
        elif final == "B":
            self.y = min(self.rows - 1, self.y + first)
        elif final == "C":
            self.x = min(self.columns - 1, self.x + first)
        elif final == "D":
            self.x = max(0, self.x - first)
        elif final == "G":
            self.x = min(self.columns, first) - 1
        elif final == "d":
            self.y = min(self.rows, first) - 1
        elif final == "J":
            self._erase_display(numbers[0])
        elif final == "K":
            row = self._cells[self.y]
            begin, end = {0: (self.x, self.columns), 1: (0, self.x + 1), 2: (0, self.columns)}.get(numbers[0], (0, 0))
            row[begin:end] = [" "] * (min(end, self.columns) - min(begin, self.columns))
        elif final == "X":
            end = min(self.columns, self.x + first)
            self._cells[self.y][self.x : end] = [" "] * (end - self.x)
        elif final == "n":
            self.questions += 1  # Whoever wants it answered types the answer.
        elif final not in ("r", "t", "c"):
            self.unknown.append(b"\x1b[" + body + final.encode())

    def _erase_display(self, what):
        if what in (2, 3):
            self.clears += 1
            self._erase_all()
        elif what == 0:
            self._cells[self.y][self.x :] = [" "] * (self.columns - self.x)
            for row in range(self.y + 1, self.rows):
                self._cells[row] = [" "] * self.columns
        elif what == 1:
            for row in range(self.y):
                self._cells[row] = [" "] * self.columns
            self._cells[self.y][: self.x + 1] = [" "] * (self.x + 1)
