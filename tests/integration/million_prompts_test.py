#!/usr/bin/env python3
"""A million prompts submitted to a running learner: in 90 seconds, with 300 MiB at most, all or none.

Usage: million_prompts_test.py BIN_DIR [COUNT]. Prints the seconds and how far the learner's memory grew.
"""
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time

BIN = sys.argv[1]
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000

CONFIG = """
run: {name: million, seed: 3, listen: "127.0.0.1:0", stop: {rounds: 10}}
model: {path: examples/sort/model, init: random}
lora: {enabled: false}
tasks: {sort: {rubric: bare}}
learner: {threads: 1}
rollout:
  decode: {canvas_tokens: 4, block_tokens: 4, decode_steps: 4, temperature: 1.0, stop_at_eos: false}
algorithm: {name: spg, samples: 1, corruption: {kind: block_random, mask_prompt: 0.0}}
schedule: {order: fixed_lag, group_size: 2, groups_per_round: 4, max_staleness: 0, iterations: 1}
evaluation: {at_start: false, at_end: false}
metrics: {listen: "127.0.0.1:0"}
security: {insecure: true}
"""


def resident(pid):
    """Of the process's own memory, in MiB: the ledger's mapped pages are the kernel's."""
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["RssAnon"].split()[0]) / 1024


def write_prompts(path, count):
    # The id makes every line its own prompt: only 24 orders of 4 digits exist.
    with open(path, "w") as file:
        for i in range(count):
            digits = f"{i % 9000 + 1000}"
            file.write(json.dumps({"prompt": digits, "id": f"p{i}",
                                   "truth": {"digits": digits}}) + "\n")


def main():
    with tempfile.TemporaryDirectory(prefix="mdrl-million-") as folder:
        with open(f"{folder}/run.yaml", "w") as file:
            file.write(CONFIG)
        prompts = f"{folder}/prompts.jsonl"
        if os.environ.get("MDRL_MAKE_PROMPTS"):
            subprocess.run([*os.environ["MDRL_MAKE_PROMPTS"].split(), prompts], check=True)
        else:
            write_prompts(prompts, COUNT)
        with open(f"{folder}/learner.log", "w") as log:
            learner = subprocess.Popen([f"{BIN}/mdrl-learner", "--config", f"{folder}/run.yaml",
                                        "--run-dir", f"{folder}/run"],
                                       stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            select.select([learner.stdout], [], [], 60)
            address = json.loads(learner.stdout.readline())["ready"]["rpc"]
            before = resident(learner.pid)
            peak = [before]
            done = threading.Event()

            def look():
                while not done.wait(0.2):
                    peak[0] = max(peak[0], resident(learner.pid))

            watcher = threading.Thread(target=look)
            watcher.start()
            begin = time.monotonic()
            command = [f"{BIN}/mdrlctl", "submit", prompts, "--task", "sort", "--name", "million",
                       "--learner", address, "--json"]
            first = subprocess.run(command, capture_output=True, text=True)
            seconds = time.monotonic() - begin
            assert first.returncode == 0, first.stdout + first.stderr
            again = subprocess.run(command, capture_output=True, text=True)
            done.set()
            watcher.join()
            growth = peak[0] - before
            print(f"{COUNT} prompts: {seconds:.1f} s, the learner grew by {growth:.0f} MiB at most")
            assert json.loads(first.stdout)["count"] == str(COUNT), first.stdout
            assert json.loads(again.stdout)["already_known"], again.stdout
            scale = COUNT / 1_000_000
            assert seconds <= max(90 * scale, 10), seconds
            assert growth <= 300, growth
        finally:
            learner.send_signal(signal.SIGTERM)
            learner.wait()


if __name__ == "__main__":
    main()
