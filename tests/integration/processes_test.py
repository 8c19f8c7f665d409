#!/usr/bin/env python3
"""The three real processes under `mdrlctl up`: to the end, and through every way of dying.

Usage: processes_test.py BIN_DIR. A run is the sort example made small. What is compared is the
hash chain of the last step: equal chains mean equal batches and equal weights at every step.
"""
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import unittest

BIN = sys.argv.pop(1)
ROUNDS = 8
SETTINGS = [
    f"run.stop.rounds={ROUNDS}",
    "schedule.groups_per_round=8",
    "sft=[{make: {task: sort, count: 640, seed: 1}, steps: 20, batch: 32, warmup_steps: 5}]",
    "submit=[{make: {count: 64, seed: 1, split: train}, task: sort, name: train},"
    " {make: {count: 16, seed: 0, split: test}, task: sort, name: test, held_out: true}]",
    "checkpoint.every_rounds=3",
    "evaluation.every_rounds=4",
    # A killed worker's leases come back after this long.
    "timeouts.lease=4s",
    "learner.threads=1",
]


class Up:
    """`mdrlctl up` with its standard output read line by line; wait_for_step follows steps.jsonl."""

    def __init__(self, run_dir, *arguments, settings=()):
        self.run_dir = run_dir
        command = [f"{BIN}/mdrlctl", "up", "examples/sort/run.yaml", "--run-dir", run_dir,
                   "--seed", "5", *arguments]
        for setting in (*SETTINGS, *settings):
            command += ["--set", setting]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)

    def children(self):
        pids = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                with open(f"/proc/{pid}/cmdline") as file:
                    program = os.path.basename(file.read().split("\0")[0])
            except OSError:
                continue
            if int(fields[1]) == self.process.pid:
                pids[program] = int(pid)
        return pids

    def wait_for_step(self, step, seconds=120):
        """Blocks until the ledger's own log shows `step`; woken by the output of `up`."""
        deadline = seconds * 20
        while deadline > 0:
            if len(steps(self.run_dir)) > step:
                return
            if self.process.poll() is not None:
                raise AssertionError(f"up ended with {self.process.returncode}:\n" + self.output())
            # Waits for the process, not for the clock: 50 ms is how often the log is looked at.
            select.select([], [], [], 0.05)
            deadline -= 1
        raise AssertionError(f"step {step} did not come")

    def output(self):
        return self.process.stdout.read()

    def end(self, expected=0, seconds=180):
        out, _ = self.process.communicate(timeout=seconds)
        assert self.process.returncode == expected, f"{self.process.returncode}:\n{out}"
        return out


def steps(run_dir):
    try:
        with open(f"{run_dir}/steps.jsonl") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def chain(run_dir):
    return steps(run_dir)[-1]["chain"]


def ledger(run_dir, query):
    with sqlite3.connect(f"file:{run_dir}/ledger.db?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


class ProcessesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mdrl-test-")
        cls.undisturbed = cls.path("undisturbed")
        up = Up(cls.undisturbed)
        cls.output = up.end()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def check_complete(self, run_dir):
        """Versions advance, staleness is within its bound, every ticket is accounted for."""
        log = steps(run_dir)
        self.assertEqual([line["step"] for line in log], list(range(ROUNDS)))
        for line in log:
            self.assertEqual(list(line["staleness"]), ["0"])
        versions = ledger(run_dir, "SELECT version FROM policies ORDER BY version")
        self.assertEqual([v for (v,) in versions], list(range(ROUNDS + 1)))
        # Purpose 1 is training; state 5 is TRAINED.
        counts = dict(ledger(run_dir, "SELECT state, count(*) FROM tickets WHERE purpose = 1 "
                                      "GROUP BY state"))
        self.assertEqual(counts, {5: ROUNDS * 8})

    def test_a_run_reaches_its_end_and_says_so(self):
        self.check_complete(self.undisturbed)
        with open(f"{self.undisturbed}/summary.json") as file:
            summary = json.load(file)
        self.assertEqual(summary["task"], "sort")
        self.assertEqual(summary["rounds"], ROUNDS)
        self.assertEqual(summary["steps"], ROUNDS)
        self.assertEqual(summary["versions"], ROUNDS + 1)
        self.assertEqual([e["round"] for e in summary["evals"]], [0, 4, ROUNDS])
        self.assertGreater(summary["tokens_generated"], 0)
        self.assertIn("checkpoint", self.output)
        for name in ("config.resolved.yaml", "ledger.db", "steps.jsonl", "checkpoints/LATEST",
                     "logs/learner.log"):
            self.assertTrue(os.path.exists(f"{self.undisturbed}/{name}"), name)

    def test_two_workers_make_the_same_run(self):
        run_dir = self.path("two-workers")
        Up(run_dir, "--rollouts", "2").end()
        self.check_complete(run_dir)
        self.assertEqual(chain(run_dir), chain(self.undisturbed))

    def test_a_worker_killed_in_mid_run_costs_nothing_but_time(self):
        run_dir = self.path("worker-killed")
        up = Up(run_dir)
        up.wait_for_step(2)
        os.kill(up.children()["mdrl-rollout"], signal.SIGKILL)
        up.end()
        self.check_complete(run_dir)
        self.assertEqual(chain(run_dir), chain(self.undisturbed))

    def test_a_learner_killed_in_mid_run_resumes_to_the_same_weights(self):
        run_dir = self.path("learner-killed")
        up = Up(run_dir)
        up.wait_for_step(4)
        os.kill(up.children()["mdrl-learner"], signal.SIGKILL)
        up.process.communicate(timeout=60)
        self.assertNotEqual(up.process.returncode, 0)
        Up(run_dir, "--resume").end()
        self.check_complete(run_dir)
        self.assertEqual(chain(run_dir), chain(self.undisturbed))

    def test_sigterm_leaves_a_run_that_continues_and_no_process(self):
        run_dir = self.path("stopped")
        up = Up(run_dir)
        up.wait_for_step(3)
        children = up.children()
        self.assertEqual(len(children), 3, children)
        up.process.send_signal(signal.SIGTERM)
        up.end(expected=143)
        for name, pid in children.items():
            self.assertFalse(os.path.exists(f"/proc/{pid}"), name)
        Up(run_dir, "--resume").end()
        self.assertEqual(chain(run_dir), chain(self.undisturbed))

    def test_a_folder_with_a_run_is_refused(self):
        out = Up(self.undisturbed).end(expected=75)
        self.assertIn("--resume", out)

    def test_staleness_one_overlaps_and_stays_within_its_bound(self):
        run_dir = self.path("lag-one")
        Up(run_dir, settings=["schedule.max_staleness=1"]).end()
        lags = [list(line["staleness"]) for line in steps(run_dir)]
        self.assertEqual(lags, [["0"]] + [["1"]] * (ROUNDS - 1))

    def refused(self, expected, words, *settings, config="examples/sort/run.yaml"):
        run_dir = self.path("refused")
        command = [f"{BIN}/mdrlctl", "up", config, "--run-dir", run_dir]
        for setting in (*SETTINGS, *settings):
            command += ["--set", setting]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, expected, result.stdout + result.stderr)
        for word in words:
            self.assertIn(word, result.stdout + result.stderr)
        # As if nothing had been asked.
        self.assertFalse(os.path.exists(run_dir), os.listdir(self.folder.name))

    def test_bad_settings_are_refused_by_name(self):
        self.refused(78, ["optimizer.leraning_rate"], "optimizer.leraning_rate=1")
        self.refused(78, ["canvas_tokens"], "rollout.decode.canvas_tokens=5")
        self.refused(78, ["decode_steps"], "rollout.decode.block_tokens=1",
                     "rollout.decode.decode_steps=2")
        self.refused(77, ["0.0.0.0"], "run.listen=0.0.0.0:0")

    def test_a_missing_model_file_is_named(self):
        empty = self.path("no-model")
        os.makedirs(empty, exist_ok=True)
        self.refused(65, ["config.json"], f"model.path={empty}")

    def test_a_missing_prompt_file_is_named(self):
        self.refused(65, ["nowhere.jsonl"], "submit=[{file: nowhere.jsonl, task: sort, name: train}]")

    def test_a_port_in_use_is_said(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.refused(75, [str(taken.getsockname()[1])],
                         f"run.listen='127.0.0.1:{taken.getsockname()[1]}'")
            self.refused(75, ["metrics.listen", str(taken.getsockname()[1])],
                         f"metrics.listen='127.0.0.1:{taken.getsockname()[1]}'")


if __name__ == "__main__":
    unittest.main(verbosity=2)
