#!/usr/bin/env python3
"""Prints an example's run file with another method in it, everything else as the example has it.

    scripts/method_run.py EXAMPLE METHOD [--factor F] [--split test|validation] [--rounds N] [--model FOLDER]

EXAMPLE is a folder of examples/ (quickstart, sort); the methods are named below. F multiplies the example's rate;
a model given by its folder takes the place of the example's own and of its supervised stages.
"""
import argparse
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# The section `algorithm` of each; MASK stands where prompt tokens are masked as often as in the example.
METHODS = {
    "spg_mix": "{name: spg, MASK, spg: {beta: 1.0, omega: 0.5, negative: mix}}",
    "spg_eubo": "{name: spg, MASK, spg: {beta: 1.0, negative: eubo}}",
    "spg_elbo": "{name: spg, MASK, spg: {negative: elbo}}",
    "spg_drop": "{name: spg, MASK, spg: {negative: drop}}",
    "diffu_grpo": "{name: diffu_grpo, MASK}",
    "wd1": "{name: wd1, MASK}",
    "unigrpo": "{name: unigrpo, corruption: {ratio: [0.1, 0.9]}}",
    "bgpo": "{name: bgpo, samples: 4}",
    "rspo": "{name: rspo, samples: 2}",
    # h is the published tilt of Sudoku, for rewards up to 1: a weak one (h: 2) tells good from bad so little that the
    # policy mostly learns its own samples, and is unstable.
    "dtm": "{name: dtm, dtm: {h: 10.0}}",
    "espo": "{name: espo}",
    "tracerl": "{name: tracerl, tracerl: {merge: 2}}",
    "justgrpo": "{name: justgrpo}",
}


class RunFile:
    def __init__(self, example):
        with open(os.path.join(ROOT, "examples", example, "run.yaml"), encoding="utf-8") as file:
            self.text = file.read()

    def change(self, pattern, new):
        """Puts `new`, which sees the groups of `pattern`, in the first place where it matches."""
        self.text, n = re.subn(pattern, new, self.text, count=1, flags=re.MULTILINE)
        assert n == 1, pattern

    def section(self, name, value):
        """The top-level section `name`, whatever its form, becomes `value`."""
        self.change(rf"^{name}:.*\n(?:[ \t#].*\n|\n(?=[ \t]))*", lambda _: f"{name}: {value}\n\n")


def run_file(example, method, factor=1.0, split="test", rounds=None, model=None):
    run = RunFile(example)
    mask_prompt = re.search(r"mask_prompt: [\d.]+", run.text).group()
    run.section("algorithm", METHODS[method].replace("MASK", f"corruption: {{{mask_prompt}}}"))
    run.change(r"^(optimizer: \{lr: )([^,]+)", lambda m: f"{m[1]}{float(m[2]) * factor:.3e}")
    run.change(r"split: test\b", f"split: {split}")
    if rounds:
        run.change(r"(stop: \{rounds: )\d+", rf"\g<1>{rounds}")
    if method == "dtm":  # a phase needs several steps on its round
        run.change(r"(iterations: )\d+", r"\g<1>4")
    if method == "justgrpo":  # left to right: one token a step
        canvas = re.search(r"^    canvas_tokens: (\d+)", run.text, re.MULTILINE).group(1)
        run.change(r"^(    block_tokens: )\d+", r"\g<1>1")
        run.change(r"^(    decode_steps: )\d+", rf"\g<1>{canvas}")
    if model:
        run.section("model", f"{{path: {model}}}")
        run.text = re.sub(r"(?m)^sft:\n(?:[ \t].*\n)+", "", run.text)
    return run.text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("example", choices=["quickstart", "sort"])
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("--factor", type=float, default=1.0)
    parser.add_argument("--split", choices=["test", "validation"], default="test")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--model")
    print(run_file(**vars(parser.parse_args())), end="")


if __name__ == "__main__":
    main()
