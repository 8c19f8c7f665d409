#!/usr/bin/env python3
"""The methods beside the same methods in eager PyTorch, from one warm start, evaluated on one set of puzzles.

    methods_compare.py REFERENCE_DIR [--example quickstart|sort] [--model FOLDER] [--seeds 1 2 3] [--methods ...]

Both sides have the example's rate, rounds and groups, one seed a pair; random numbers are each side's own, so curves
agree on average and not one by one. Prints every run's curve, then for each method the mean of its last evaluations,
their difference and its standard error. REFERENCE_DIR holds sudoku_rl.py and sort_rl.py, which run in the environment
of scripts/bench_env.sh; sort needs the model of a supervised stage (examples/sort/run.yaml with run.stop.after_sft).
"""
import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile

from quickstart_compare import REFERENCE, ROOT, curve, ours, theirs

sys.path.insert(0, os.path.join(ROOT, "scripts"))
from method_run import run_file  # noqa: E402

# By the names of the reference scripts.
METHODS = {"spg_mix": "spg_mix", "spg_eubo": "spg_eubo", "spg_elbo": "spg_elbo", "spg_drop": "spg_zero",
           "diffu_grpo": "d1", "wd1": "wd1", "unigrpo": "unigrpo"}

# Prints the lists that sort_rl.py evaluates on, as a prompt file.
HELD_OUT = """
import json, sys
sys.argv = sys.argv[:1]
from tasks import Sort
for row in Sort(4, 'half').ev['val'][0].tolist():
    digits = ''.join(map(str, row))
    print(json.dumps({'prompt': f'<bos>{digits}<sep>', 'truth': {'digits': digits}}))
"""


def held_out(arguments, folder):
    """Arguments of `mdrlctl up` after which our run is evaluated on the reference script's puzzles."""
    if arguments.example == "quickstart":
        return ["--test-set", os.path.join(arguments.reference, "../data/sudoku4_test_spg.csv")]
    lines = subprocess.run([arguments.python, "-c", HELD_OUT], cwd=arguments.reference, check=True, capture_output=True)
    path = os.path.join(folder, "held_out.jsonl")
    with open(path, "wb") as file:
        file.write(lines.stdout)
    train = "{make: {count: 3840, seed: 1, split: train}, task: sort, name: train}"
    return ["--set", f"submit=[{train}, {{file: {path}, task: sort, name: test, held_out: true}}]"]


def compare(arguments, method, start, puzzles, folder):
    config = os.path.join(folder, "run.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(run_file(arguments.example, method, model=arguments.model))
    ends = []
    for seed in arguments.seeds:
        _, mine = ours(arguments, config, seed, *puzzles)
        print(f"{method}  seed {seed}  ours    {curve(mine)}", flush=True)
        _, other = theirs(arguments, *REFERENCE[arguments.example], "--init", start, "--method", METHODS[method],
                          "--seed", str(seed))
        print(f"{method}  seed {seed}  python  {curve(other)}", flush=True)
        ends.append((100 * mine[-1][2], 100 * other[-1][2]))
    means = [statistics.mean(side) for side in zip(*ends)]
    error = math.sqrt(sum(statistics.variance(side) for side in zip(*ends)) / len(ends)) if len(ends) > 1 else math.nan
    print(f"{method}: ours {means[0]:.1f}, python {means[1]:.1f}, difference {means[0] - means[1]:+.1f} +- {error:.1f}",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference")
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/default/bin"))
    parser.add_argument("--python", default=os.path.join(ROOT, ".deps/bench/bin/python"))
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the reference scripts")
    parser.add_argument("--example", choices=REFERENCE, default="quickstart")
    parser.add_argument("--model")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    arguments = parser.parse_args()
    if arguments.example == "sort" and not arguments.model:
        sys.exit("methods_compare.py: --example sort needs --model: it has no committed one")
    for name in ("reference", "bin", "model"):
        if getattr(arguments, name):
            setattr(arguments, name, os.path.abspath(getattr(arguments, name)))
    with tempfile.TemporaryDirectory(prefix="mdrl-compare-") as folder:
        start = os.path.join(folder, "start.pt")
        subprocess.run([arguments.python, os.path.join(ROOT, "tests/bench/reference_checkpoint.py"),
                        arguments.model or os.path.join(ROOT, "examples/quickstart/model"), start], check=True)
        puzzles = held_out(arguments, folder)
        for method in arguments.methods:
            compare(arguments, method, start, puzzles, folder)


if __name__ == "__main__":
    main()
