#!/usr/bin/env python3
"""What each process does with its time, and what overlapping them buys.

Runs the quick start without evaluations, alternating max_staleness 0 and 1, and prints per run:
generated tokens per second, the learner's share of time in steps (from steps.jsonl), and the
workers' share of the cores they may use (CPU time over wall time times threads); then the medians
and the ratio of the two settings.

Usage: loop_bench.py [BIN_DIR] [ROUNDS] [REPEATS]      (default: build/default/bin 40 3)
"""
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile

BIN = sys.argv[1] if len(sys.argv) > 1 else "build/default/bin"
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 40
REPEATS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
TICKS = os.sysconf("SC_CLK_TCK")


def rollout_cpu(parent):
    """CPU seconds so far of the workers that `parent` started."""
    total = 0.0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                name, fields = file.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        fields = fields.split()
        if name == "mdrl-rollout" and int(fields[1]) == parent:
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def run(staleness):
    with tempfile.TemporaryDirectory(prefix="mdrl-bench-") as folder:
        command = [f"{BIN}/mdrlctl", "up", "examples/quickstart/run.yaml", "--run-dir", folder,
                   "--seed", "1"]
        for setting in (f"schedule.max_staleness={staleness}", f"run.stop.rounds={ROUNDS}",
                        "evaluation.every_rounds=0", "evaluation.at_start=false",
                        "evaluation.at_end=false", "checkpoint.every_rounds=0"):
            command += ["--set", setting]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        cpu = 0.0
        while True:
            try:
                process.wait(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                cpu = max(cpu, rollout_cpu(process.pid))
        if process.returncode != 0:
            sys.exit(f"up ended with {process.returncode}")
        with open(f"{folder}/steps.jsonl") as file:
            steps = [json.loads(line) for line in file]
    times = [datetime.datetime.fromisoformat(s["time"].replace("Z", "+00:00")) for s in steps]
    wall = (times[-1] - times[0]).total_seconds()
    tokens = sum(s["tokens"] for s in steps if s["inner"] == 0 and s["round"] > 0)
    learner = sum(sum(s["seconds"].values()) for s in steps[1:]) / wall
    return {"tokens_per_second": tokens / wall, "learner": learner,
            "rollout": cpu / wall / max(1, os.cpu_count() if staleness == 0 else 1)}


def main():
    results = {0: [], 1: []}
    for _ in range(REPEATS):
        for staleness in (0, 1):
            result = run(staleness)
            results[staleness].append(result)
            print(f"max_staleness {staleness}: {result['tokens_per_second']:7.0f} tokens/s   "
                  f"learner in steps {result['learner']:4.0%}   "
                  f"rollout busy {result['rollout']:4.0%}", flush=True)
    medians = {k: statistics.median(r["tokens_per_second"] for r in v)
               for k, v in results.items()}
    print(f"median {medians[0]:.0f} and {medians[1]:.0f} tokens/s; "
          f"ratio of max_staleness 1 to 0: {medians[1] / medians[0]:.2f}")


if __name__ == "__main__":
    main()
