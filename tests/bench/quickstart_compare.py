#!/usr/bin/env python3
"""The two demonstrations against the same recipes in eager PyTorch, alternated on the same cores.

    quickstart_compare.py REFERENCE_DIR [--bin DIR] [--pairs 3] [--only sudoku|sort] [--target 0.70]

REFERENCE_DIR holds sudoku_rl.py, sort_sft.py and sort_rl.py; they run in the environment of scripts/bench_env.sh.

sudoku  both start from the committed model and evaluate every 10 rounds on the same 256 puzzles; what counts is the
        wall time from the start of the process to the first evaluation that solves the target's share or more.
sort    700 supervised steps and 60 rounds of SPG-mix, evaluations every 20; what counts is the whole wall time.
        (examples/sort/run.yaml has twice as many supervised steps; here both sides do the same work.)

Each pair uses a seed of its own on both sides. Prints every run, then medians and the ratio of ours to theirs.
Run it on a quiet machine; a busy one moves single numbers twofold.
"""
import argparse
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The script of an example and its recipe, but for the start, the method and the seed.
REFERENCE = {
    "quickstart": ("sudoku_rl.py", "--lr", "2e-4", "--mu", "2", "--B", "8", "--S", "8", "--warm", "3", "--wd", "0.01",
                   "--iters", "40", "--secs", "600"),
    "sort": ("sort_rl.py", "--task", "sort", "--n", "4", "--lr", "1e-3", "--rew", "half", "--B", "4", "--S", "4", "--T",
             "1", "--pmask", "0", "--prompts", "64", "--g", "8", "--mu", "1", "--b2", "0.999", "--clip", "1", "--iters",
             "60", "--every", "20", "--log", os.devnull),
}
SORT_STAGE = ("sft=[{make: {task: sort, count: 44800, seed: 1}, steps: 700, batch: 64, lr: 3.0e-3, warmup_steps: 50, "
              "decay: cosine, betas: [0.9, 0.99], weight_decay: 0.01, grad_clip: 1.0}]")


def ours(arguments, config, seed, *extra):
    """Runs `mdrlctl up`; returns (wall seconds, [(round, seconds since the start, solved share)])."""
    with tempfile.TemporaryDirectory(prefix="mdrl-compare-") as folder:
        command = [f"{arguments.bin}/mdrlctl", "up", config, "--run-dir", folder, "--seed", str(seed), "--json",
                   *extra]
        started = time.time()
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        wall = time.time() - started
        if result.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {result.returncode}:\n{result.stderr}")
        summary = json.loads(result.stdout)
        with sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True) as ledger:
            times = [ns / 1e9 - started for (ns,) in ledger.execute(
                "SELECT time_ns FROM events WHERE kind = 'evaluation_finished' ORDER BY seq")]
    evaluations = summary["evals"]
    if len(times) != len(evaluations):
        sys.exit(f"{len(evaluations)} evaluations in the summary, {len(times)} in the ledger")
    return wall, [(e["round"], at, e["solved"]) for e, at in zip(evaluations, times)]


def theirs(arguments, script, *options):
    """Runs one of the reference scripts; the same, an evaluation's time being when its line came."""
    command = [arguments.python, script, *options, "--thr", str(arguments.threads)]
    started = time.time()
    process = subprocess.Popen(command, cwd=arguments.reference, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONUNBUFFERED": "1"})
    evaluations = []
    for line in process.stdout:
        # One script names the share, the other gives it as the first of "solved/reward".
        found = re.match(r"EVAL it=(\d+) .*?(?:solved=([\d.]+)| ([\d.]+)/)", line)
        if found:
            evaluations.append((int(found[1]), time.time() - started, float(found[2] or found[3])))
    if process.wait() != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return time.time() - started, evaluations


def reached(evaluations, target):
    return next((at for _, at, solved in evaluations if solved >= target), None)


def curve(evaluations):
    return " / ".join(f"{100 * solved:.1f}" for _, _, solved in evaluations)


def report(name, side, seed, seconds, evaluations):
    shown = "not reached" if seconds is None else f"{seconds:6.1f} s"
    print(f"{name}  seed {seed}  {side:6}  {shown}   solved {curve(evaluations)}", flush=True)


def conclude(name, pairs):
    complete = [(a, b) for a, b in pairs if a is not None and b is not None]
    print(f"{name}: {len(complete)} of {len(pairs)} pairs reached it on both sides")
    if not complete:
        return
    mine, other = (statistics.median(side) for side in zip(*complete))
    ratios = sorted(a / b for a, b in complete)
    print(f"{name}: median ours {mine:.1f} s, theirs {other:.1f} s; ratio of a pair: median "
          f"{statistics.median(ratios):.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}", flush=True)


def sudoku(arguments, folder):
    checkpoint = os.path.join(folder, "warm.pt")
    subprocess.run([arguments.python, os.path.join(ROOT, "tests/bench/reference_checkpoint.py"),
                    os.path.join(ROOT, "examples/quickstart/model"), checkpoint], check=True)
    test_set = os.path.join(arguments.reference, "../data/sudoku4_test_spg.csv")
    pairs = []
    for seed in range(1, arguments.pairs + 1):
        _, evaluations = ours(arguments, "examples/quickstart/run.yaml", seed, "--test-set", test_set)
        mine = reached(evaluations, arguments.target)
        report("sudoku", "ours", seed, mine, evaluations)
        _, evaluations = theirs(arguments, *REFERENCE["quickstart"], "--init", checkpoint, "--method", "spg_mix",
                                "--seed", str(seed))
        other = reached(evaluations, arguments.target)
        report("sudoku", "python", seed, other, evaluations)
        pairs.append((mine, other))
    conclude("sudoku", pairs)


def sort(arguments, folder):
    pairs = []
    for seed in range(1, arguments.pairs + 1):
        mine, evaluations = ours(arguments, "examples/sort/run.yaml", seed, "--set", SORT_STAGE)
        report("sort", "ours", seed, mine, evaluations)
        warm = os.path.join(folder, f"sort-{seed}.pt")
        first, _ = theirs(arguments, "sort_sft.py", "--n", "4", "--steps", "700", "--every", "700", "--bs", "64",
                          "--seed", str(seed), "--save", warm)
        second, evaluations = theirs(arguments, *REFERENCE["sort"], "--init", warm, "--method", "spg_mix",
                                     "--seed", str(seed))
        report("sort", "python", seed, first + second, evaluations)
        pairs.append((mine, first + second))
    conclude("sort", pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference")
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/default/bin"))
    parser.add_argument("--python", default=os.path.join(ROOT, ".deps/bench/bin/python"))
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--only", choices=["sudoku", "sort"])
    parser.add_argument("--target", type=float, default=0.70)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the reference scripts")
    arguments = parser.parse_args()
    arguments.reference = os.path.abspath(arguments.reference)
    arguments.bin = os.path.abspath(arguments.bin)
    with tempfile.TemporaryDirectory(prefix="mdrl-compare-") as folder:
        if arguments.only != "sort":
            sudoku(arguments, folder)
        if arguments.only != "sudoku":
            sort(arguments, folder)


if __name__ == "__main__":
    main()
