#!/usr/bin/env python3
"""Every command that the documentation names does what it says.

Usage: commands_test.py BIN_DIR. One small run is started; each command of README.md, CONTRIBUTING.md
and docs/*.md is run against it, with its addresses, files and ids put in. A command that is named
without its arguments, as prose does, is asked for its help.
"""
import glob
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import unittest

BIN = os.path.abspath(sys.argv.pop(1))
PAGES = ["README.md", "CONTRIBUTING.md", *sorted(glob.glob("docs/*.md"))]

# What cannot run here, by how it begins, and why.
NOT_RUN = {
    "scripts/": "installs, builds or runs for long; the shell linter reads it",
    "source <(mdrlctl": "for an interactive shell; tests/client/cli runs the script",
    "mdrl-rollout generate": "named as what mdrlctl generate runs",
    "mdrlctl generate --compat": "named for an option; the tests of services/rollout/command run it",
    "mdrlctl checkpoint merge CHECKPOINT": "needs a LoRA run; tests/integration/golden_model_test.py",
    "mdrl-reward score": "named as what mdrlctl score runs",
    "mdrl-reward --config": "on several machines; mdrlctl up starts the same",
    "mdrl-learner --config": "on several machines; mdrlctl up starts the same",
    "mdrl-rollout --config": "on several machines; mdrlctl up starts the same",
}
# Exit codes other than 0, by how the command begins.
EXPECTED = {}
# Small enough for a test, over whatever a page says.
SMALL = ["schedule.groups_per_round=4", "run.stop.rounds=2", "submit[1].make.count=8",
         "evaluation.at_end=false", "checkpoint.every_rounds=1"]
# What needs its place in the order: after all that only looks.
LATE = ["pause", "resume", "drain"]


def commands():
    """(page, command) for each command of the pages, in order, without repeats."""
    found = []
    for page in PAGES:
        with open(page) as file:
            text = file.read()
        fenced = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.S | re.M)
        lines = [line for block in fenced for line in block.splitlines()]
        rest = re.sub(r"^```[a-z]*\n.*?^```", "", text, flags=re.S | re.M)
        # A name in backquotes may go on in the next line of the page.
        lines += [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", rest)]
        for line in lines:
            command = line.strip().removeprefix("$ ").split(" # ")[0].strip()
            # What is optional may be left out; arrows belong to a picture.
            command = re.sub(r" \[[^\]]*\]", "", command.replace("build/default/bin/", ""))
            if "==>" in command:
                continue
            if re.match(r"(mdrlctl|mdrl-[a-z]+|scripts/[a-z_]+\.sh|source <\(mdrlctl)( |$)", command):
                if command not in [known for _, known in found]:
                    found.append((page, command))
    return found


def reason_not_run(command):
    for start, reason in NOT_RUN.items():
        if command.startswith(start):
            return reason
    return None


class CommandsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mdrl-docs-")
        cls.run_dir = os.path.join(cls.folder.name, "run")
        cls.environment = dict(os.environ, PATH=BIN + os.pathsep + os.environ["PATH"], NO_COLOR="1")
        settings = [f"--set={s}" for s in SMALL if not s.startswith("run.stop")]
        cls.up = subprocess.Popen(
            [f"{BIN}/mdrlctl", "up", "examples/quickstart/run.yaml", "--run-dir", cls.run_dir,
             "--set=run.stop.rounds=100000", *settings],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        cls.ran = []
        cls.address = None
        for line in cls.up.stdout:
            if match := re.match(r"learner\s+(\S+) ready", line):
                cls.address = match.group(1)
            if re.match(r"saved", line):
                break
        assert cls.address and cls.up.poll() is None, "the run did not start"
        cls.prompts = os.path.join(cls.folder.name, "puzzles.jsonl")
        cls.call("prompts", "make", "sudoku4", "--count", "4", "--seed", "7", "-o", cls.prompts)

    @classmethod
    def tearDownClass(cls):
        if cls.up.poll() is None:
            cls.up.send_signal(signal.SIGTERM)
        cls.up.communicate(timeout=60)
        cls.folder.cleanup()

    @classmethod
    def call(cls, *arguments):
        done = subprocess.run([f"{BIN}/mdrlctl", *arguments], capture_output=True, text=True,
                              timeout=120)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    @classmethod
    def completion_id(cls):
        story = json.loads(cls.call("--learner", cls.address, "show", "--any", "--json"))
        return "g" + story["group"]["key"]["group_id"]

    def newest_checkpoint(self):
        with open(f"{self.run_dir}/checkpoints/LATEST") as file:
            return f"{self.run_dir}/checkpoints/{file.read().strip()}"

    def put_in(self, words, number):
        """The command as it is run: places, ids and addresses are this run's."""
        command = words[1] if len(words) > 1 else ""
        scratch = os.path.join(self.folder.name, f"scratch-{number}")
        config = "examples/quickstart/run.yaml"
        out = []
        for at, word in enumerate(words):
            before = words[at - 1] if at else ""
            if before == "--learner" or before == "--target":
                word = self.address
            elif before == "--run-dir" or before in ("-o", "--out"):
                word = scratch
            elif word == "answers.jsonl":
                word = "tests/golden/data/llada8b_gsm8k_gen256.jsonl"
            elif word == "N":
                word = "3"
            elif command == "submit" and (word == "FILE" or word.endswith(".jsonl")):
                word = self.prompts
            elif before == "--prompts":
                word = self.prompts
            elif word == "TEXT":
                word = "<bos>1000034002000010<sep>"
            elif word in ("FILE", "CONFIG", "my.yaml", "run.yaml"):
                word = config
            elif command in ("model", "generate") and word == "DIR":
                word = "examples/quickstart/model"
            elif word == "FROM":
                word = self.newest_checkpoint()
            elif word == "TO":
                word = scratch
            elif word in ("RUN_DIR", "DIR", "RUN_OR_FILE") or word.startswith("runs/"):
                word = re.sub(r"^(RUN_DIR|DIR|RUN_OR_FILE|runs/[^/]+)", self.run_dir, word)
                if "/checkpoints/" in word:
                    word = self.newest_checkpoint()
            elif word == "ID" or re.match(r"g[0-9a-f]{12}", word):
                word = self.completion_id() + ("/0" if "/" in word else "")
            elif before in ("--pause", "--resume", "--retire") and command == "sets":
                word = "train"
            elif before == "--set" and command == "evaluate":
                word = "test"
            elif before == "--worker":
                word = "rollout-0"
            out.append(word)
        if command == "up":
            if "--run-dir" not in out:
                out += ["--run-dir", scratch]
            out += [f"--set={setting}" for setting in SMALL]
        if command == "generate" and "--canvas" not in out:
            out += ["--canvas", "16", "--block", "8"]
        if command == "watch" and "--for" not in out:
            out += ["--for", "2s"]
        return out

    def run_command(self, page, command, number):
        words = shlex.split(command.split(" > ")[0].split(" | ")[0])
        if len(words) > 1 and words[0] == "mdrlctl" and self.is_only_named(words):
            words = [*words, "--help"]
        elif len(words) == 1 and words[0].startswith("mdrl"):
            words = [*words, "--help"]
        elif words[0] == "mdrlctl":
            words = self.put_in(words, number)
        if words in self.ran:
            return  # Two pages name it: a second `drain` would find the run ended.
        self.ran.append(words)
        done = subprocess.run([f"{BIN}/{words[0]}", *words[1:]], capture_output=True, text=True,
                              timeout=300, env=self.environment)
        expected = next((code for start, code in EXPECTED.items() if command.startswith(start)), 0)
        self.assertEqual(done.returncode, expected,
                         f"{page}: {command}\nrun as: {' '.join(words)}\n{done.stdout}{done.stderr}")

    @staticmethod
    def is_only_named(words):
        """A command in prose: its one or two words and nothing else."""
        in_group = len(words) == 3 and words[1] in ("checkpoint", "config", "model", "prompts")
        return (len(words) == 2 or in_group) and all(
            re.fullmatch(r"[a-z][a-z-]*", word) for word in words[1:])

    def test_the_pages_name_commands(self):
        self.assertGreater(len(commands()), 20)

    def test_every_script_that_is_named_exists(self):
        for page, command in commands():
            script = command.split()[0]
            if script.startswith("scripts/"):
                self.assertTrue(os.access(script, os.X_OK), f"{page}: {command}")

    def test_every_command_runs(self):
        def late(command):
            word = (command.split() + ["", ""])[1]
            return LATE.index(word) + 1 if word in LATE else 0
        for number, (page, command) in enumerate(sorted(commands(), key=lambda c: late(c[1]))):
            if reason_not_run(command):
                continue
            with self.subTest(command=command):
                self.run_command(page, command, number)


if __name__ == "__main__":
    unittest.main(verbosity=2)
