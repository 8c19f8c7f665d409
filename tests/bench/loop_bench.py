#!/usr/bin/env python3
"""What each process does with its time, and what overlapping them buys.

Runs the quick start without evaluations, alternating max_staleness 0 and 1. Learner and workers account for their time
themselves (`mdrlctl status --workers`); what they said first and last is what lies between. Per run: generated tokens
per second, the learner's time by phase, the lanes' time by activity, and how much of its time the busier of the two
waited; then the medians and the ratio of the two settings.

Usage: loop_bench.py [BIN_DIR] [ROUNDS] [REPEATS]      (default: build/default/bin 60 3)
"""
import json
import statistics
import subprocess
import sys
import tempfile

BIN = sys.argv[1] if len(sys.argv) > 1 else "build/default/bin"
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
REPEATS = int(sys.argv[3]) if len(sys.argv) > 3 else 3

# What is waiting; everything else is work. Scoring and submitting go on beside the lanes.
LEARNER_WAITS = ("wait_groups",)
LANE_WAITS = ("no_lease", "policy_wait")
LANE_WORK = ("decode",)


def status(address):
    result = subprocess.run([f"{BIN}/mdrlctl", "status", "--workers", "--json", "--learner", address],
                            capture_output=True, text=True, check=False)
    return json.loads(result.stdout) if result.returncode == 0 else None


def spent(first, last, names=None):
    """Seconds by name between two accounts."""
    return {name: last[name] - first.get(name, 0.0) for name in last if names is None or name in names}


def of_lanes(account):
    total = {}
    for worker in account.get("workers", []):
        for name, seconds in worker.get("busy_seconds", {}).items():
            total[name] = total.get(name, 0.0) + seconds
    return total


def run(staleness):
    with tempfile.TemporaryDirectory(prefix="mdrl-bench-") as folder:
        command = [f"{BIN}/mdrlctl", "up", "examples/quickstart/run.yaml", "--run-dir", f"{folder}/run", "--seed", "1"]
        for setting in (f"schedule.max_staleness={staleness}", f"run.stop.rounds={ROUNDS}",
                        "evaluation.every_rounds=0", "evaluation.at_start=false", "evaluation.at_end=false",
                        "checkpoint.every_rounds=0"):
            command += ["--set", setting]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        address = next(line.split()[1] for line in process.stdout if line.startswith("learner "))
        first = last = None
        while True:
            try:
                process.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                pass
            account = status(address)
            # From the first trained round on: before it, everyone waits for the first policy.
            if account is None or int(account.get("round", 0)) < 1 or account.get("phase") == "finished":
                continue
            first = first or account
            last = account
        if process.returncode != 0:
            sys.exit(f"up ended with {process.returncode}")
        if first is None or first is last:
            sys.exit("the run was over before it could be asked twice: more ROUNDS are needed")
        with open(f"{folder}/run/steps.jsonl", encoding="utf-8") as file:
            steps = [json.loads(line) for line in file]
    learner = spent(first["busy_seconds"], last["busy_seconds"])
    lanes = spent(of_lanes(first), of_lanes(last), LANE_WAITS + LANE_WORK)
    wall, lane_time = sum(learner.values()), sum(lanes.values())
    rounds = range(int(first["round"]), int(last["round"]))
    tokens = sum(s["tokens"] for s in steps if s["inner"] == 0 and s["round"] in rounds)
    return {"tokens_per_second": tokens / wall,
            "learner": {name: seconds / wall for name, seconds in learner.items()},
            "lanes": {name: seconds / lane_time for name, seconds in lanes.items()},
            "waits": min(sum(learner.get(name, 0.0) for name in LEARNER_WAITS) / wall,
                         sum(lanes.get(name, 0.0) for name in LANE_WAITS) / lane_time)}


def shares(account):
    shown = sorted(((share, name) for name, share in account.items() if share >= 0.005), reverse=True)
    return ", ".join(f"{name} {share:.0%}" for share, name in shown)


def main():
    results = {0: [], 1: []}
    for _ in range(REPEATS):
        for staleness, so_far in results.items():
            result = run(staleness)
            so_far.append(result)
            print(f"max_staleness {staleness}: {result['tokens_per_second']:6.0f} tokens/s; the busier side waits "
                  f"{result['waits']:.1%}\n  learner  {shares(result['learner'])}\n  lanes    "
                  f"{shares(result['lanes'])}", flush=True)

    def median(staleness, key):
        return statistics.median(result[key] for result in results[staleness])

    speeds = [median(staleness, "tokens_per_second") for staleness in (0, 1)]
    print(f"median {speeds[0]:.0f} and {speeds[1]:.0f} tokens/s, ratio of max_staleness 1 to 0: "
          f"{speeds[1] / speeds[0]:.2f}; with 1 the busier side waits {median(1, 'waits'):.1%} (median)")


if __name__ == "__main__":
    main()
