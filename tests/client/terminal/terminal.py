"""A program on a terminal of a given size, and what one would see there.

    with Terminal(["mdrlctl", "watch"], columns=80, rows=24) as terminal:
        terminal.wait_for("RUNNING")
        print(terminal.text())

Run as a program it prints what a command showed, for docs/terminal.md:

    terminal.py [--at SECONDS] [--size 80x24] COMMAND...
"""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time


class Screen:
    """The few sequences that our programs write; anything else is an error."""

    SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cursor_visible, self.second, self.widest = True, False, 0
        self.main, self.lines, self.row, self.column, self.left_over = [], [""], 0, 0, ""

    def feed(self, text):
        text = self.left_over + text
        self.left_over = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                match = self.SEQUENCE.match(text, at)
                if not match:
                    assert len(text) - at < 12, f"unknown sequence {text[at:at + 12]!r}"
                    self.left_over = text[at:]
                    return
                self.sequence(*match.groups())
                at = match.end()
                continue
            self.put(text[at])
            at += 1

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
            if self.second:
                assert self.row < self.rows, "the page is longer than the screen"
            while len(self.lines) <= self.row:
                self.lines.append("")
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[:self.column] + character + line[self.column + 1:]
            self.column += 1
            if self.second:
                self.widest = max(self.widest, self.column)

    def sequence(self, private, numbers, letter):
        if private:
            on = letter == "h"
            if numbers == "25":
                self.cursor_visible = on
            elif numbers == "1049" and on:
                self.main, self.second = (self.lines, self.row), True
                self.lines, self.row, self.column = [""], 0, 0
            elif numbers == "1049":
                (self.lines, self.row), self.second, self.column = self.main, False, 0
            else:
                assert numbers in ("7", "2026"), numbers
        elif letter == "H" and not numbers:
            self.row = self.column = 0
        elif letter == "J":
            if numbers == "2":
                self.lines = [""]
                self.row = self.column = 0
            else:
                self.lines[self.row] = self.lines[self.row][:self.column]
                del self.lines[self.row + 1:]
        elif letter == "K":
            self.lines[self.row] = self.lines[self.row][:self.column]
        else:
            assert letter == "m", f"{numbers}{letter}"

    def text(self):
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n")


class Terminal:
    def __init__(self, command, columns=80, rows=24, environment=None):
        self.screen = Screen(columns, rows)
        self.bytes = b""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.master, slave = pty.openpty()
        self.set_size(columns, rows)
        environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(environment or {})}
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.end(60)
        os.close(self.master)

    def set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.columns, self.screen.rows, self.screen.widest = columns, rows, 0

    def read(self, seconds):
        """Takes in what comes within `seconds`; False at the end of the output."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the last process has closed its end
            return False
        self.bytes += data
        self.screen.feed(self.decoder.decode(data))
        return bool(data)

    def wait_for(self, pattern, seconds=120):
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.text(), re.M):
            if not self.read(0.5) or time.monotonic() > deadline:
                raise AssertionError(f"{pattern!r} did not appear in\n{self.text()}")

    def type(self, keys):
        os.write(self.master, keys)

    def end(self, seconds=120):
        """Waits for the end; the exit code."""
        deadline = time.monotonic() + seconds
        while self.read(0.5):
            if self.process.poll() is not None and not select.select([self.master], [], [], 0.2)[0]:
                break
            assert time.monotonic() < deadline, f"it did not end:\n{self.text()}"
        return self.process.wait(timeout=10)

    def text(self):
        return self.screen.text()


def main():
    arguments = sys.argv[1:]
    at, size = None, "80x24"
    while arguments and arguments[0] in ("--at", "--size"):
        if arguments[0] == "--at":
            at = float(arguments[1])
        else:
            size = arguments[1]
        arguments = arguments[2:]
    columns, rows = map(int, size.split("x"))
    with Terminal(arguments, columns, rows) as terminal:
        if at is not None:
            until = time.monotonic() + at
            while time.monotonic() < until and terminal.read(0.2):
                pass
            print(terminal.text())
            print("=" * columns)
        if at is None or terminal.process.poll() is None:
            terminal.end(600)
        print(terminal.text())


if __name__ == "__main__":
    main()
