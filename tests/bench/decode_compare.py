#!/usr/bin/env python3
"""Milliseconds per denoising step, ours and eager PyTorch's, alternated on the same cores.

    decode_compare.py BENCH_PY [--bin DIR] [--python PYTHON] [--pairs 5] [--threads 1] [--seconds 2]

BENCH_PY is the reference's bench.py; it runs with PYTHON, the environment of scripts/bench_env.sh. Both sides decode the
three tiny sizes at batch 1 and 6, float32, temperature 0.9, with the head and the sampling only where they are needed
(the reference's variant "clean"; "published" is printed beside it).

Prints every pair, then the medians and their ratio, and ends with 1 where ours is slower than "clean" anywhere or less
than twice as fast on the smallest size at batch 1. Run it on a quiet machine; a busy one moves single numbers twofold.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BATCHES = (1, 6)


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, check=False,
                            env={**os.environ, "OMP_WAIT_POLICY": "passive"})
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {result.returncode}:\n{result.stderr}")
    return result.stdout


def ours(options, batch):
    """{size: ms per step} of decode_bench."""
    out = run([f"{options.bin}/decode_bench", f"--benchmark_filter=BM_DenoisingStep/.*/rows:{batch}/threads:"
               f"{options.threads}/", f"--benchmark_min_time={options.seconds}", "--benchmark_format=json"])
    return {b["name"].split("/")[1]: b["ms_per_step"] for b in json.loads(out)["benchmarks"]}


def theirs(options, batch):
    """{variant: {size: ms per step}} of the reference."""
    out = run([options.python, options.reference, "decode", "--batch", str(batch), "--threads", str(options.threads),
               "--seconds", str(options.seconds)])
    table = {}
    for line in out.splitlines():
        entry = json.loads(line)
        table.setdefault(entry["variant"], {})[entry["size"]] = entry["ms_per_step"]
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", metavar="BENCH_PY")
    parser.add_argument("--bin", default=f"{ROOT}/build/default/bin")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    samples = {}  # (size, batch) -> {"ours": [...], "clean": [...], "published": [...]}
    for pair in range(options.pairs):
        for batch in BATCHES:
            sides = {"ours": ours(options, batch), **theirs(options, batch)}
            for side, sizes in sides.items():
                for size, ms in sizes.items():
                    samples.setdefault((size, batch), {}).setdefault(side, []).append(ms)
                    print(f"pair {pair} {size:7} batch {batch} {side:9} {ms:9.4f} ms/step", flush=True)
    slow = False
    print(f"\n{'size':8} batch      ours     clean published   clean/ours  published/ours")
    for (size, batch), sides in sorted(samples.items(), key=lambda item: item[1]["clean"]):
        ms = {side: statistics.median(values) for side, values in sides.items()}
        ratio = ms["clean"] / ms["ours"]
        print(f"{size:8} {batch:5} {ms['ours']:9.4f} {ms['clean']:9.4f} {ms['published']:9.4f} {ratio:12.2f} "
              f"{ms['published'] / ms['ours']:15.2f}")
        slow |= ratio < 1 or (size == "tiny" and batch == 1 and ratio < 2)
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
