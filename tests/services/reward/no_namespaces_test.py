#!/usr/bin/env python3
"""Where the host forbids namespaces, programs are refused, or run in a weak sandbox that every score names.

Usage: no_namespaces_test.py BIN_DIR. Such a host is made of a user namespace that may have no others below
it; exit code 77 where not even that one is allowed.
"""
import ctypes
import json
import os
import sys
import tempfile
import unittest

BIN = os.path.abspath(sys.argv.pop(1))
CLONE_NEWUSER = 0x10000000
TRUTH = {"tests": "assert add(1, 2) == 3", "entry": "add"}
PROGRAMS = {"def add(a, b): return a + b": "scored", "def add(a, b) return": "program_crash"}


def run_without_namespaces(argv):
    """Exit code and standard error of a program whose user may make no namespace; None: so may we."""
    ready, go, err = os.pipe(), os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        made = ctypes.CDLL(None).unshare(CLONE_NEWUSER) == 0
        os.write(ready[1], b"y" if made else b"n")
        os.read(go[0], 1)
        with open("/proc/sys/user/max_user_namespaces", "w") as file:
            file.write("0")
        os.dup2(err[1], 2)
        os.execv(argv[0], argv)
    os.close(err[1])
    made = os.read(ready[0], 1) == b"y"
    if made:
        # All users where we may map them, so that root can become nobody there.
        count = 65536 if os.getuid() == 0 else 1
        for name, one in (("uid_map", os.getuid()), ("gid_map", os.getgid())):
            if name == "gid_map" and count == 1:
                with open(f"/proc/{child}/setgroups", "w") as file:
                    file.write("deny")
            with open(f"/proc/{child}/{name}", "w") as file:
                file.write(f"{one} {one} {count}")
    os.write(go[1], b"g")
    with open(err[0]) as file:
        text = file.read()
    _, status = os.waitpid(child, 0)
    return (os.waitstatus_to_exitcode(status), text) if made else None


class NoNamespacesTest(unittest.TestCase):
    def score(self, *arguments):
        with open("given.jsonl", "w") as file:
            for program in PROGRAMS:
                file.write(json.dumps({"truth": TRUTH, "text": f"```python\n{program}\n```"}) + "\n")
        return run_without_namespaces([f"{BIN}/mdrl-reward", "score", "--task", "mbpp", "--in", "given.jsonl",
                                       "--out", "out.jsonl", *arguments])

    def test_programs_are_refused(self):
        code, text = self.score()
        self.assertNotEqual(code, 0)
        self.assertIn("reward.programs.weak_sandbox: true", text)
        self.assertFalse(os.path.exists("out.jsonl"))

    def test_the_weak_sandbox_is_named_in_every_score(self):
        with open("run.yaml", "w") as file:
            file.write("run: {name: r}\nmodel: {path: none}\nsecurity: {insecure: true}\n"
                       "reward: {programs: {weak_sandbox: true}}\n")
        code, text = self.score("--config", "run.yaml")
        self.assertEqual(code, 0, text)
        with open("out.jsonl") as file:
            scores = [json.loads(line) for line in file]
        os.remove("out.jsonl")
        self.assertEqual([score["outcome"] for score in scores], list(PROGRAMS.values()))
        self.assertEqual([score["sandbox"] for score in scores], ["weak", "weak"])
        self.assertEqual([score["reward"] for score in scores], [1.0, 0.0])


if __name__ == "__main__":
    if run_without_namespaces(["/bin/true"]) != (0, ""):
        print("no user namespaces here, so none can be forbidden")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        unittest.main()
