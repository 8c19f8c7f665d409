#!/usr/bin/env python3
"""Writes docs/metrics.md from the table in common/metrics/table.cc.

Usage: metrics_page.py PRINT_METRIC_TABLE [--check]
"""
import json
import subprocess
import sys

PAGE = "docs/metrics.md"
HEAD = """# Metrics

Every metric that a process serves on `/metrics`, made from the table in `common/metrics/table.cc` by
`tests/deploy/metrics_page.py`. C counter, G gauge, H histogram; L learner, W rollout worker, R reward service. Prometheus adds
`run`, `role` and `process` to each series. What healthy and sick values look like: `docs/operations.md`.

| Name | | Served by | Labels | Meaning |
|---|:-:|:-:|---|---|
"""
INITIALS = {"learner": "L", "rollout": "W", "reward": "R"}


def label(spec):
    values = ", ".join(spec["values"]) if spec["values"] else spec["of"]
    return f"`{spec['name']}`: {values}"


def page(table):
    rows = [f"| `{m['name']}` | {m['type'][0].upper()} | {' '.join(INITIALS[role] for role in m['roles'])} "
            f"| {'; '.join(label(spec) for spec in m['labels'])} | {m['help']} |" for m in table]
    return HEAD + "\n".join(rows) + "\n"


def main():
    text = page(json.loads(subprocess.check_output([sys.argv[1]])))
    if sys.argv[2:] == ["--check"]:
        with open(PAGE) as file:
            if file.read() != text:
                sys.exit(f"{PAGE} is not what the table says: run {sys.argv[0]} without --check")
        return
    with open(PAGE, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
