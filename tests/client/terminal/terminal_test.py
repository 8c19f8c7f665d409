#!/usr/bin/env python3
"""`mdrlctl up` and `mdrlctl watch` on a real pseudo-terminal. Usage: terminal_test.py BIN_DIR."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402

BIN = os.path.abspath(sys.argv.pop(1))
SMALL = ["schedule.groups_per_round=4", "submit[1].make.count=8"]


def up(run_dir, rounds, *more):
    command = [f"{BIN}/mdrlctl", "up", "examples/quickstart/run.yaml", "--run-dir", run_dir]
    return command + [f"--set={s}" for s in (*SMALL, f"run.stop.rounds={rounds}", *more)]


class TerminalTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mdrl-terminal-")
        self.run_dir = os.path.join(self.folder.name, "run")
        self.addCleanup(self.folder.cleanup)

    def check_given_back(self, terminal):
        self.assertTrue(terminal.screen.cursor_visible)
        self.assertFalse(terminal.screen.second)

    def test_up_draws_a_page_and_leaves_the_table(self):
        with Terminal(up(self.run_dir, 40)) as terminal:
            terminal.wait_for(r"^reward +sudoku4 .*mean .*[▁▂▃▄▅▆▇█]{3}")
            self.assertTrue(terminal.screen.second)
            self.assertFalse(terminal.screen.cursor_visible)
            terminal.wait_for(r"^workers +slot 0  rollout-0  READY")
            terminal.wait_for(r"^waits ")
            self.assertEqual(terminal.end(), 0)
            self.assertLessEqual(terminal.screen.widest, 80)
            self.check_given_back(terminal)
            # What stays: the starts above, the last page, and the table.
            self.assertRegex(terminal.text(), r"learner  \S+ ready")
            self.assertRegex(terminal.text(), r"(?m)^reward +sudoku4")
            self.assertIn("before     after", terminal.text())
            # Only the first page and none after it clears the screen.
            self.assertEqual(terminal.bytes.count(b"\x1b[2J"), 1)

    def test_a_page_follows_the_size_of_its_terminal(self):
        with Terminal(up(self.run_dir, 100000)) as terminal:
            terminal.wait_for(r"^reward ")
            terminal.set_size(60, 10)
            seen = len(terminal.bytes)
            while terminal.bytes[seen:].count(b"\x1b[2J") < 1:
                self.assertTrue(terminal.read(5))
            terminal.screen.widest = 0
            terminal.wait_for(r"^reward ")
            self.assertLessEqual(len(terminal.text().split("\n")), 10)
            terminal.type(b"\x03")
            self.assertEqual(terminal.end(), 130)
            self.assertLessEqual(terminal.screen.widest, 60)
            self.check_given_back(terminal)
            self.assertIn("--resume", terminal.text())

    def test_watch_ends_with_ctrl_c_and_without_a_trace(self):
        run = subprocess.Popen(up(self.run_dir, 100000), stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.stdout.close)
        self.addCleanup(run.wait, 60)
        self.addCleanup(run.terminate)
        for line in run.stdout:
            if match := re.match(r"learner +(\S+) ready", line):
                address = match.group(1)
            if line.startswith("round"):
                break
            # Not on a terminal there is nothing but text.
            self.assertNotIn("\x1b", line)
        watch = [f"{BIN}/mdrlctl", "watch", "--learner", address]
        with Terminal(watch, environment={"LC_ALL": "C"}) as terminal:
            # History comes with the page; the curve is in ASCII.
            terminal.wait_for(r"^reward +sudoku4 .*mean .*[_.:=+*#-]{3}")
            self.assertNotRegex(terminal.text(), "[▁▂▃▄▅▆▇█]")
            terminal.type(b"\x03")
            self.assertEqual(terminal.end(), 130)
            self.check_given_back(terminal)
        with Terminal(watch, environment={"NO_COLOR": "1"}) as terminal:
            terminal.wait_for(r"^reward ")
            self.assertNotRegex(terminal.bytes, rb"\x1b\[[0-9;]*m")
        with Terminal(watch, environment={"TERM": "dumb"}) as terminal:
            terminal.wait_for(r"step   ")
            self.assertNotIn(b"\x1b", terminal.bytes)


if __name__ == "__main__":
    unittest.main(verbosity=2)
