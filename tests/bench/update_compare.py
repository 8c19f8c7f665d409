#!/usr/bin/env python3
"""LoRA updates against eager Python PyTorch (one graph, head only where masked), alternated on the same cores.

    update_compare.py BENCH_PY [--bin DIR] [--python PYTHON] [--pairs 5] [--threads 1] [--seconds 3]

BENCH_PY is the reference's bench.py; it runs in the environment of scripts/bench_env.sh. Both time 12 sequences x 2
samples, rank 8 on q, k, v and up, on three sizes. Each pair runs ours, then theirs; prints medians and, of the pairs'
ratios theirs / ours, the median and the range. Ends with 1 where ours is slower anywhere or less than 1.5 times as
fast on the smallest size. Run it on a quiet machine.
"""
import argparse
import collections
import json
import os
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def timings(command):
    """{size: milliseconds} of a program that prints one JSON object per line."""
    result = subprocess.run(command, capture_output=True, text=True, check=False,
                            env={**os.environ, "OMP_WAIT_POLICY": "passive"})
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {result.returncode}:\n{result.stderr}")
    lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    return {line["size"]: line["ms_per_update"] for line in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench")
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/default/bin"))
    parser.add_argument("--python", default=os.path.join(ROOT, ".deps/bench/bin/python"))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    mine, other = collections.defaultdict(list), collections.defaultdict(list)
    for pair in range(1, arguments.pairs + 1):
        ours = timings([os.path.join(arguments.bin, "update_bench"), str(arguments.threads), str(arguments.seconds)])
        theirs = timings([arguments.python, arguments.bench, "update", "--threads", str(arguments.threads),
                          "--seconds", str(arguments.seconds)])
        for size, milliseconds in ours.items():
            mine[size].append(milliseconds)
            other[size].append(theirs[size])
            print(f"pair {pair}  {size:7} ours {milliseconds:8.3f} ms  theirs {theirs[size]:8.3f} ms", flush=True)
    missed = False
    for size in mine:
        ratios = sorted(b / a for a, b in zip(mine[size], other[size]))
        print(f"{size}: median ours {statistics.median(mine[size]):.3f} ms, theirs {statistics.median(other[size]):.3f} ms; "
              f"theirs / ours: median {statistics.median(ratios):.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}")
        missed = missed or statistics.median(ratios) < (1.5 if size == "tiny" else 1.0)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
