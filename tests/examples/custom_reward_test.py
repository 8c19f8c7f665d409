#!/usr/bin/env python3
"""The example of a reward service of one's own, end to end.

Usage: custom_reward_test.py BIN_DIR. The service runs under Debian's interpreter, for which grpcio is
packaged; a few rounds of the quick start's model, and a file of answers, are scored by it.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

BIN = sys.argv.pop(1)
PYTHON = "/usr/bin/python3"
ROUNDS = 6


class CustomRewardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mdrl-test-")
        cls.service = subprocess.Popen(
            [PYTHON, "examples/custom_reward/reward_service.py", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, text=True)
        cls.address = json.loads(cls.service.stdout.readline())["ready"]["rpc"]

    @classmethod
    def tearDownClass(cls):
        cls.service.kill()
        cls.service.communicate()
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def mdrlctl(self, *arguments, expected=0):
        result = subprocess.run([f"{BIN}/mdrlctl", *arguments], capture_output=True, text=True,
                                timeout=300)
        self.assertEqual(result.returncode, expected, result.stdout + result.stderr)
        return result.stdout + result.stderr

    def up(self, name, *settings, expected=0):
        arguments = ["up", "examples/custom_reward/run.yaml", "--run-dir", self.path(name),
                     "--set", f"rollout.peers.reward=['{self.address}']"]
        for setting in settings:
            arguments += ["--set", setting]
        return self.mdrlctl(*arguments, expected=expected)

    def test_a_run_is_trained_on_its_rule(self):
        self.up("units", f"run.stop.rounds={ROUNDS}", "evaluation.at_start=false",
                "evaluation.at_end=false")
        with open(self.path("units/steps.jsonl")) as file:
            steps = [json.loads(line) for line in file]
        self.assertEqual(steps[-1]["round"], ROUNDS - 1)
        for step in steps:
            # Shares of twelve units, averaged over a round's completions.
            mean = step["reward"]["units"]["mean"]
            self.assertGreater(mean, 0.1)
            self.assertLess(mean, 1.0)
        self.assertFalse(os.path.exists(self.path("units/logs/reward-0.log")))

    def test_a_file_is_scored_by_it(self):
        puzzle = {"puzzle": "0310200404001043"}
        with open(self.path("in.jsonl"), "w") as file:
            for text in ("4312213434211243", "1111111111111111", ""):
                file.write(json.dumps({"text": text, "truth": puzzle}) + "\n")
        told = self.mdrlctl("score", "--task", "units", "--in", self.path("in.jsonl"), "--out",
                            self.path("out.jsonl"), "--reward", self.address)
        self.assertIn("3 scored  1 correct", told)
        with open(self.path("out.jsonl")) as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual([line["reward"] for line in lines], [1.0, 0.0, 0.0])
        self.assertEqual(lines[0]["components"], {"units": 1.0, "kept": 8.0})
        self.assertEqual(lines[2]["outcome"], "unparsable")

    def test_names_that_it_does_not_list_are_refused_before_a_run_begins(self):
        told = self.up("rubric", "tasks.units.rubric=best", expected=78)
        self.assertIn("tasks.units.rubric", told)
        self.assertIn("it has rules", told)
        told = self.up("task", "tasks.chess.rubric=rules", expected=78)
        self.assertIn("no task chess; it has units", told)
        told = self.up("weight", "tasks.units.weights={unit: 1}", expected=78)
        self.assertIn("it has units, kept", told)
        self.assertFalse(os.path.exists(self.path("rubric")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
