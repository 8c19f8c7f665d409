#!/usr/bin/env python3
"""Stalls injected into the real processes: each is named within 30 seconds, and goes away with its cause.

Usage: stalls_test.py BIN_DIR. One small sort run without an end; the test starts, freezes and kills its
processes one by one and asks for the status what the run waits for.
"""
import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

BIN = sys.argv.pop(1)
NAMED_WITHIN = 30.0  # seconds, of a stall

CONFIG = """
run: {name: stalls, seed: 3, listen: "127.0.0.1:0", stop: {rounds: 100000}}
model: {path: examples/sort/model, init: random}
lora: {enabled: false}
tasks: {sort: {rubric: bare}}
learner: {threads: 1}
rollout:
  threads: 1
  decode: {canvas_tokens: 4, block_tokens: 4, decode_steps: 4, temperature: 1.0, stop_at_eos: false}
algorithm: {name: spg, samples: 1, corruption: {kind: block_random, mask_prompt: 0.0}}
optimizer: {lr: 1.0e-4}
schedule: {order: fixed_lag, group_size: 2, groups_per_round: 4, max_staleness: 0, iterations: 1}
evaluation: {at_start: false, at_end: false, every_rounds: 0}
timeouts: {lease: 6s, score_attempt: 2s, score_attempts: 2, score_total: 8s}
reward: {listen: "127.0.0.1:0"}
metrics: {listen: "127.0.0.1:0"}
security: {insecure: true}
"""


# Nobody comes, and every time limit above the alarm's is short.
ALARMED = CONFIG.replace("timeouts: {", """watchdog: {explain_after: 1s, alarm_after: 5s, on_alarm: exit}
timeouts: {chunk: 0.1s, collective: 0.2s, fetch: 0.3s, policy_wait: 0.4s, group_deadline: 2s,
  submit_total: 0.5s, """).replace(
      "score_attempt: 2s, score_attempts: 2, score_total: 8s",
      "score_attempt: 0.1s, score_attempts: 2, score_total: 1s")


class Service:
    """One process, started with the run's configuration and changes to it."""

    def __init__(self, folder, program, *arguments, **environment):
        self.log = open(f"{folder}/{program}.log", "a")
        self.process = subprocess.Popen(
            [f"{BIN}/{program}", "--config", f"{folder}/run.yaml", *arguments],
            stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, **environment})
        self.address = None

    def ready(self, seconds=60):
        select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline()
        self.address = json.loads(line)["ready"]["rpc"]
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


class StallsTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="mdrl-stalls-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def start_learner(self, config):
        with open(f"{self.folder}/run.yaml", "w") as file:
            file.write(config)
        self.learner = self.start("mdrl-learner", "--run-dir", f"{self.folder}/run").ready()

    def start(self, program, *arguments, **environment):
        service = Service(self.folder, program, *arguments, **environment)
        self.addCleanup(service.end)
        return service

    def start_reward(self, address="127.0.0.1:0"):
        return self.start("mdrl-reward", MDRL_REWARD__LISTEN=f'"{address}"').ready()

    def start_worker(self, name):
        return self.start("mdrl-rollout", "--name", name,
                          MDRL_ROLLOUT__PEERS__LEARNER=f'"{self.learner.address}"',
                          MDRL_ROLLOUT__PEERS__REWARD=f'["{self.reward.address}"]')

    def mdrlctl(self, *arguments):
        # A machine that compiles beside the test may take its time to connect.
        result = subprocess.run([f"{BIN}/mdrlctl", *arguments, "--learner", self.learner.address,
                                 "--timeout", "25s"],
                                capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def submit_prompts(self):
        path = f"{self.folder}/prompts.jsonl"
        subprocess.run([f"{BIN}/mdrlctl", "prompts", "make", "sort", "--count", "64", "--seed", "1",
                        "-o", path], check=True, capture_output=True, timeout=30)
        self.mdrlctl("submit", path, "--task", "sort", "--name", "train")

    def waits(self):
        status = json.loads(self.mdrlctl("status", "--json"))
        return status["waits_for"], status["waits_text"]

    def assert_waits_for(self, reason, *words):
        """The status, which Explain answers, names `reason` soon; its sentence holds the words."""
        begin = time.monotonic()
        while True:
            named, text = self.waits()
            if named == "REASON_" + reason and all(word in text for word in words):
                return
            self.assertLess(time.monotonic() - begin, NAMED_WITHIN,
                            f"{reason} is not named, but {named}: {text}")
            # Waits for the learner, not for the clock.
            select.select([], [], [], 0.2)

    def steps(self):
        try:
            with open(f"{self.folder}/run/steps.jsonl") as file:
                return sum(1 for _ in file)
        except FileNotFoundError:
            return 0

    def assert_goes_on(self):
        before, begin = self.steps(), time.monotonic()
        while self.steps() < before + 2:
            self.assertLess(time.monotonic() - begin, 2 * NAMED_WITHIN, self.waits())
            select.select([], [], [], 0.1)

    def test_each_stall_is_named_and_ends_with_its_cause(self):
        self.start_learner(CONFIG)
        self.assert_waits_for("NO_PROMPTS", "no prompt set was submitted")

        self.submit_prompts()
        self.assert_waits_for("NO_WORKER", "no rollout worker")

        self.reward = self.start_reward()
        worker = self.start_worker("w0")
        self.assert_goes_on()

        worker.signal(signal.SIGSTOP)
        self.assert_waits_for("WORKER_LOST", "w0", "last heard")
        worker.signal(signal.SIGCONT)
        self.assert_goes_on()

        address = self.reward.address
        self.reward.end()
        self.assert_waits_for("SCORER_ERROR", "reward service")
        self.reward = self.start_reward(address)
        self.assert_goes_on()

    def test_an_alarm_ends_the_run_with_80_and_leaves_its_cause_in_the_ledger(self):
        self.start_learner(ALARMED)
        self.submit_prompts()
        self.assertEqual(self.learner.process.wait(timeout=200), 80)
        with sqlite3.connect(f"file:{self.folder}/run/ledger.db?mode=ro", uri=True) as ledger:
            events = dict(ledger.execute(
                "SELECT kind, body FROM events WHERE kind IN ('explained', 'alarm')").fetchall())
        for kind in ("explained", "alarm"):
            self.assertEqual(json.loads(events[kind])["reason"], "NO_WORKER")
            self.assertIn("no rollout worker", json.loads(events[kind])["text"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
