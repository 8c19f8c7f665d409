#!/usr/bin/env python3
"""Right programs pass the public tests, and the next function's program does not.

Usage: public_programs_test.py BIN_DIR [--all]. HumanEval: the data set's own solutions, which lie beside
this file. MBPP: programs that look the questions up (lookup_program.py), as its solutions are not in
../shared/data. Without --all every 16th problem.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

from lookup_program import lookup_program

ALL = "--all" in sys.argv
if ALL:
    sys.argv.remove("--all")
BIN = os.path.abspath(sys.argv.pop(1))
HERE = os.path.dirname(os.path.abspath(__file__))
DATA = "../shared/data"

# A right program, by function, where the tests are more than asserts of one call each.
WRITTEN = {
    "remove_datatype": "def remove_datatype(t, kind): return [x for x in t if not isinstance(x, kind)]",
    "tuple_size": "import sys\ndef tuple_size(t): return sys.getsizeof(t)",
}
# Their tests are about a function `check`, whose name the data set gave to the tests as well: nothing passes.
HOPELESS = {"check", "rev"}


def entry_of(problem):
    return re.findall(r"^check\((\w+)\)", "\n".join(problem["test_list"]), re.M)[-1]


def truth_of(problem):
    prefix = problem["prefix"].split("```python\n", 1)[1]
    return {"tests": "\n".join(problem["test_list"]), "entry": entry_of(problem), "prefix": prefix}


def fenced(program):
    return f"Here it is:\n```python\n{program}\n```\n"


class PublicProgramsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.isdir(DATA):
            raise unittest.SkipTest(f"no {DATA} here: the public sets are not covered")

    def score(self, task, lines):
        """The scores of (truth, text) pairs."""
        with tempfile.TemporaryDirectory() as folder:
            given, out = f"{folder}/in.jsonl", f"{folder}/out.jsonl"
            with open(given, "w") as file:
                for truth, text in lines:
                    file.write(json.dumps({"truth": truth, "text": text}) + "\n")
            subprocess.run([f"{BIN}/mdrl-reward", "score", "--task", task, "--rubric", "eval", "--in", given,
                            "--out", out], check=True, stdout=subprocess.DEVNULL)
            with open(out) as file:
                return [json.loads(line) for line in file]

    def check(self, task, problems, program_of):
        problems = problems if ALL else problems[::16]
        truths = [truth_of(problem) for problem in problems]
        texts = [program_of(problem) for problem in problems]
        right = self.score(task, list(zip(truths, texts)))
        for truth, score in zip(truths, right):
            with self.subTest(entry=truth["entry"]):
                self.assertTrue(score["correct"], score)
                self.assertEqual(score["sandbox"], "bubblewrap")
        # A function that answers everything with its own name answers nothing right.
        wrong = self.score(task, [(truth, fenced(f"def {truth['entry']}(*args): return 'no'"))
                                  for truth in truths[:8]])
        for truth, score in zip(truths, wrong):
            with self.subTest(wrong=truth["entry"]):
                self.assertFalse(score["correct"], score)

    def test_the_solutions_of_humaneval_pass(self):
        with open(f"{DATA}/humaneval.json") as file:
            problems = json.load(file)
        with open(f"{HERE}/humaneval_solutions.jsonl") as file:
            solutions = list(map(json.loads, file))
        self.assertEqual([line["entry"] for line in solutions], [entry_of(problem) for problem in problems])
        for problem, line in zip(problems, solutions):
            # As a model goes on where the prefix ends.
            problem["text"] = line["solution"] + "```\nThat is it."
        self.check("humaneval", problems, lambda problem: problem["text"])

    def test_programs_that_know_the_answers_pass_mbpp(self):
        for name in ("mbpp_train.json", "mbpp_test.json"):
            with self.subTest(set=name), open(f"{DATA}/{name}") as file:
                problems = [problem for problem in json.load(file) if entry_of(problem) not in HOPELESS]
                self.check("mbpp", problems, self.mbpp_program)

    def mbpp_program(self, problem):
        entry = entry_of(problem)
        if entry in WRITTEN:
            return fenced(WRITTEN[entry])
        return fenced(lookup_program("\n".join(problem["test_list"]), entry))


if __name__ == "__main__":
    unittest.main()
