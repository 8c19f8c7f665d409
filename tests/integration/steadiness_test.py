#!/usr/bin/env python3
"""A long run whose two workers are killed and started at random, beside one that nobody disturbs.

Usage: steadiness_test.py BIN_DIR [--minutes 30] [--seed 1]

Both runs are the sort example made small, with one configuration. The disturbed one goes on for the time given: at
random moments a random worker gets SIGKILL and is started again by `mdrlctl up`; then it is drained. The undisturbed
one runs until it has as many steps and is drained too. What must hold:

  - the hash chain is the same at every step both have: the same batches and weights, bit for bit;
  - memory of no process has a slope: the proportional set size of learner, reward service and `mdrlctl`, a straight
    line through the last two thirds of the time, rises by less than 5 % of its mean over that time;
  - nothing is left behind.
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

SETTINGS = [
    "run.stop.rounds=1000000",
    "schedule.groups_per_round=16",
    "sft=[{make: {task: sort, count: 640, seed: 1}, steps: 20, batch: 32, warmup_steps: 5}]",
    "submit=[{make: {count: 1024, seed: 1, split: train}, task: sort, name: train}]",
    "evaluation.every_rounds=0", "evaluation.at_start=false", "evaluation.at_end=false",
    "checkpoint.every_rounds=200",
    # A killed worker's leases come back after this long.
    "timeouts.lease=4s",
    "learner.threads=1",
]
MEASURED = ("mdrlctl", "mdrl-learner", "mdrl-reward")


class Run:
    """One `mdrlctl up`."""

    def __init__(self, binaries, folder):
        self.binaries, self.folder = binaries, folder
        command = [f"{binaries}/mdrlctl", "up", "examples/sort/run.yaml", "--run-dir", folder, "--seed", "5",
                   "--rollouts", "2"]
        for setting in SETTINGS:
            command += ["--set", setting]
        self.log = open(f"{folder}.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        self.learner = None

    def wait(self, seconds):
        """True once `up` has ended; waits for that at most `seconds`."""
        try:
            self.process.wait(timeout=seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def children(self):
        """(program, pid) of everything `up` started."""
        found = [("mdrlctl", self.process.pid)]
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
                with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                    program = os.path.basename(file.read().split("\0")[0])
            except OSError:
                continue
            if parent == self.process.pid:
                found.append((program, int(pid)))
        return found

    def steps(self):
        try:
            with open(f"{self.folder}/steps.jsonl", encoding="utf-8") as file:
                return [json.loads(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def drain(self):
        with open(f"{self.folder}.log", encoding="utf-8") as file:
            line = next(line for line in file if line.startswith("learner "))
        subprocess.run([f"{self.binaries}/mdrlctl", "drain", "--learner", line.split()[1]], check=True,
                       stdout=subprocess.DEVNULL)
        if not self.wait(120):
            sys.exit("the drained run did not end within 120 s")
        if self.process.returncode != 0:
            with open(f"{self.folder}.log", encoding="utf-8") as file:
                sys.exit(f"the drained run ended with {self.process.returncode}:\n{file.read()[-2000:]}")


def pss_kib(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return None


def slope(points):
    """Of the straight line with the least squares, and the mean height."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread, mean_y


def disturb(run, seconds, seed):
    """Kills workers until the time is over; returns memory by program and the number of kills."""
    rng = random.Random(seed)
    memory = {program: [] for program in MEASURED}
    started, kills = time.monotonic(), 0
    next_kill = 5.0
    while (now := time.monotonic() - started) < seconds:
        if run.wait(min(1.0, seconds - now)):
            with open(f"{run.folder}.log", encoding="utf-8") as file:
                sys.exit(f"the disturbed run ended with {run.process.returncode}:\n{file.read()[-2000:]}")
        children = run.children()
        for program, pid in children:
            if program in memory and (kib := pss_kib(pid)) is not None:
                memory[program].append((now, kib / 1024))
        if now >= next_kill:
            workers = [pid for program, pid in children if program == "mdrl-rollout"]
            if workers:
                os.kill(rng.choice(workers), signal.SIGKILL)
                kills += 1
            next_kill = now + rng.uniform(2.0, 20.0)
    return memory, kills


def check_memory(memory, seconds):
    steady = True
    for program, points in memory.items():
        late = [point for point in points if point[0] > seconds / 3]
        rise, mean = slope(late)
        growth = rise * seconds * 2 / 3
        print(f"{program:13} {mean:7.1f} MiB, {growth:+.2f} MiB over the last two thirds ({growth / mean:+.1%})")
        steady &= growth < 0.05 * mean
    return steady


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    seconds = arguments.minutes * 60
    with tempfile.TemporaryDirectory(prefix="mdrl-steadiness-") as folder:
        disturbed = Run(arguments.binaries, f"{folder}/disturbed")
        memory, kills = disturb(disturbed, seconds, arguments.seed)
        left = disturbed.children()
        disturbed.drain()
        mine = disturbed.steps()
        print(f"{kills} workers killed in {arguments.minutes:g} minutes; {len(mine)} steps", flush=True)

        undisturbed = Run(arguments.binaries, f"{folder}/undisturbed")
        while len(undisturbed.steps()) < len(mine):
            if undisturbed.wait(1.0):
                sys.exit(f"the undisturbed run ended with {undisturbed.process.returncode}")
        left += undisturbed.children()
        undisturbed.drain()
        other = undisturbed.steps()

        differing = [a["step"] for a, b in zip(mine, other) if a["chain"] != b["chain"]]
        survivors = [(program, pid) for program, pid in left if os.path.exists(f"/proc/{pid}")]
        steady = check_memory(memory, seconds)
        if differing:
            sys.exit(f"the chains differ from step {differing[0]} on")
        if survivors:
            sys.exit(f"left behind: {survivors}")
        if kills == 0 or not mine:
            sys.exit("nothing happened: the time was too short")
        if not steady:
            sys.exit("memory has a slope")
        print(f"chains equal at all {len(mine)} steps; no slope; nothing left behind")


if __name__ == "__main__":
    main()
