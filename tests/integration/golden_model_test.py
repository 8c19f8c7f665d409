#!/usr/bin/env python3
"""The quick start's run file on a LLaDA checkpoint as model hubs have it, in full and by an adapter.

Usage: golden_model_test.py BIN_DIR. Only paths and sizes of the run file are changed. The checkpoint
is golden/tiny_llada (shards, byte-level BPE, chat template) of MDRL_GOLDEN_DIR, else of tests/golden.
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

BIN = os.path.abspath(sys.argv.pop(1))
GOLDEN = os.environ.get("MDRL_GOLDEN_DIR") or "tests/golden"
SIZES = [
    "run.stop.rounds=2",
    "schedule.groups_per_round=2",
    "schedule.group_size=4",
    "evaluation.max_prompts=4",
    "checkpoint.every_rounds=1",
    "learner.threads=1",
]
DECODE = ["--canvas", "16", "--block", "8", "--steps", "8", "--temperature", "0"]
LORA = ["lora.enabled=true", "lora.rank=4", "lora.alpha=8"]


def call(*arguments, code=0):
    done = subprocess.run([f"{BIN}/mdrlctl", *arguments], capture_output=True, text=True,
                          timeout=240)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr if code else done.stdout


class GoldenModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mdrl-golden-")
        cls.model = cls.path("model")
        shutil.copytree(f"{GOLDEN}/tiny_llada", cls.model, copy_function=shutil.copyfile)
        os.chmod(cls.model, 0o755)
        os.remove(f"{cls.model}/logits.safetensors")
        for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            if not os.path.exists(f"{cls.model}/{name}"):
                shutil.copyfile(f"{GOLDEN}/tokenizer/{name}", f"{cls.model}/{name}")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def arguments(self, run_dir, *settings):
        words = ["up", "examples/quickstart/run.yaml", "--run-dir", run_dir]
        for setting in (f"model.path={self.model}", *SIZES, *settings):
            words += ["--set", setting]
        return words

    def generate(self, *arguments):
        line = call("generate", "--prompt", "What is 1 + 1?", *DECODE, *arguments)
        return json.loads(line)

    def newest(self, run_dir):
        with open(f"{run_dir}/checkpoints/LATEST") as file:
            return f"{run_dir}/checkpoints/{file.read().strip()}"

    def test_in_full(self):
        run = self.path("full")
        call(*self.arguments(run))
        with open(f"{run}/summary.json") as file:
            summary = json.load(file)
        self.assertEqual(summary["rounds"], 2)
        self.assertEqual(summary["steps"], 4)
        call("checkpoint", "verify", run)
        call("checkpoint", "export", self.newest(run), self.path("exported"))
        # All that is not weights is the folder's own.
        for file in glob.glob(f"{self.model}/*.json"):
            name = os.path.basename(file)
            if name == "model.safetensors.index.json":
                continue
            with open(file, "rb") as a, open(self.path(f"exported/{name}"), "rb") as b:
                self.assertEqual(a.read(), b.read(), name)
        self.assertEqual(self.generate("--model", self.path("exported"))["forwards"], 8)

    def test_by_an_adapter(self):
        run = self.path("lora")
        call(*self.arguments(run, *LORA))
        adapter = self.newest(run)
        self.assertFalse(os.path.exists(f"{adapter}/model.safetensors"))
        with open(f"{adapter}/adapter_config.json") as file:
            config = json.load(file)
        self.assertEqual((config["r"], config["lora_alpha"]), (4, 8))
        call("checkpoint", "verify", run)
        told = call("checkpoint", "merge", adapter, "--base", self.model, "--to",
                    self.path("merged"))
        self.assertIn("merge: 21 matrices in float32", told)
        beside = self.generate("--model", self.model, "--adapter", adapter)
        merged = self.generate("--model", self.path("merged"))
        self.assertEqual(beside, merged)
        # An adapter of another base is refused, and nothing is written.
        call("checkpoint", "merge", adapter, "--base", "examples/quickstart/model", "--to",
             self.path("wrong"), code=65)
        self.assertFalse(os.path.exists(self.path("wrong")))

    def test_a_running_pool_decodes_what_one_decodes_alone(self):
        # Without prompts to train on the run waits, with the policy that it began with.
        only_held_out = ("submit=[{make: {count: 4, seed: 0, split: test}, task: sudoku4, "
                         "name: test, held_out: true}]")
        up = subprocess.Popen(
            [f"{BIN}/mdrlctl", *self.arguments(self.path("pool"), *LORA, only_held_out)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            address = None
            for line in up.stdout:
                if match := re.match(r"learner\s+(\S+) ready", line):
                    address = match.group(1)
                if line.startswith("saved"):
                    break  # version 0 is there
            self.assertIsNotNone(address)
            there = self.generate("--learner", address)
            self.assertEqual(there.pop("version"), 0)
            self.assertEqual(there, self.generate("--model", self.model))
            shown = subprocess.run(
                [f"{BIN}/mdrlctl", "generate", "--learner", address, "--prompt", "Hi", *DECODE,
                 "--model", self.model, "--show-steps"], capture_output=True, text=True, timeout=240)
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertIn("step 8/8", shown.stderr)
            self.assertIn("step 1/8", shown.stderr)
        finally:
            up.send_signal(signal.SIGTERM)
            up.communicate(timeout=60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
