#!/usr/bin/env python3
"""A live run watched by Prometheus: `mdrlctl up --prometheus`, and every shipped query asked.

Usage: prometheus_test.py BIN_DIR PRINT_METRIC_TABLE
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "deploy"))
import queries  # noqa: E402

TABLE = {metric["name"]: metric for metric in json.loads(subprocess.check_output([sys.argv.pop(2)]))}
BIN = sys.argv.pop(1)
# The quick start, made small; it is stopped once everything is asked.
SETTINGS = [
    "run.stop.rounds=100000",
    "schedule.groups_per_round=4",
    "schedule.group_size=4",
    "submit=[{make: {count: 64, seed: 1, split: train}, task: sudoku4, name: train},"
    " {make: {count: 4, seed: 0, split: test}, task: sudoku4, name: test, held_out: true}]",
    "checkpoint.every_rounds=5",
    "evaluation.every_rounds=5",
    "learner.threads=1",
    "rollout.threads=1",
]
# Queries whose metrics exist and that a healthy run does not answer, with the reason.
EXEMPT = {
    'console: ALERTS{alertstate="firing",run=~"$run"}': "nothing fires in a healthy run",
}
# Metrics whose series come with an event that this run does not have.
UNSEEN = {}


class Watched:
    def __init__(self, run_dir, *arguments, environment=None):
        command = [f"{BIN}/mdrlctl", "up", "examples/quickstart/run.yaml", "--run-dir", run_dir, "--prometheus", *arguments]
        for setting in SETTINGS:
            command += ["--set", setting]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)

    def await_line(self, pattern):
        """Blocks for a line of output; the end of the process ends it too."""
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if found := re.search(pattern, line):
                return found.group(1)
        raise AssertionError("up ended:\n" + "".join(seen))

    def poll(self, attempt, seconds=150):
        """Asks until there is an answer. What it waits on is the process, five times a second."""
        for _ in range(5 * seconds):
            if (answer := attempt()) is not None:
                return answer
            try:
                self.process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"up ended with {self.process.returncode}:\n{self.process.stdout.read()}")
        return None


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.read().decode()


class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mdrl-test-")
        cls.run_dir = os.path.join(cls.folder.name, "run")
        cls.up = Watched(cls.run_dir)
        cls.url = cls.up.await_line(r"metrics  (http://127.0.0.1:\d+)/consoles/mdrl.html")
        with open(f"{cls.run_dir}/prometheus/targets/mdrl.json") as file:
            cls.targets = json.load(file)

    @classmethod
    def tearDownClass(cls):
        if cls.up.process.poll() is None:
            cls.up.process.send_signal(signal.SIGTERM)
            cls.up.process.communicate(timeout=60)
        cls.folder.cleanup()

    def ask(self, query):
        reply = json.loads(fetch(f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": query})))
        self.assertEqual(reply["status"], "success", query)
        return reply["data"]["result"]

    def test_1_targets_name_every_process_with_run_and_role(self):
        def all_there():
            with open(f"{self.run_dir}/prometheus/targets/mdrl.json") as file:
                targets = json.load(file)
            return targets if len(targets) == 3 else None

        targets = self.up.poll(all_there)
        self.assertIsNotNone(targets)
        self.assertEqual({t["labels"]["process"]: (t["labels"]["run"], t["labels"]["role"]) for t in targets},
                         {"learner": ("quickstart", "learner"), "reward-0": ("quickstart", "reward"),
                          "rollout-0": ("quickstart", "rollout")})

    def test_2_every_query_is_answered(self):
        asked = queries.every()
        for title in EXEMPT:
            self.assertIn(title, asked)
        for title, query in asked.items():
            if title in EXEMPT:
                continue
            with self.subTest(title):
                self.assertIsNotNone(self.up.poll(lambda query=query: self.ask(query) or None), f"no answer: {query}")

    def test_3_each_process_serves_what_the_table_says_and_no_more(self):
        with open(f"{self.run_dir}/prometheus/targets/mdrl.json") as file:
            targets = json.load(file)
        for target in targets:
            role = target["labels"]["role"]
            text = fetch(f"http://{target['targets'][0]}/metrics")
            result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            served = set(re.findall(r"^# TYPE (\S+)", text, re.M))
            ours = {name for name in served if not name.startswith("exposer_")}
            declared = {name for name, metric in TABLE.items() if role in metric["roles"]}
            self.assertEqual(ours, declared - set(UNSEEN), role)
            series = [line for line in text.splitlines() if line.startswith(("mdrl_", "process_"))]
            self.assertLess(len(series), 3000, role)

    def test_4_tickets_balance_and_work_is_counted(self):
        self.assertEqual(self.ask("mdrl_tickets_imbalance")[0]["value"][1], "0")
        accepted = float(self.ask('mdrl_submits_total{outcome="accepted"}')[0]["value"][1])
        trained = float(self.ask("sum(mdrl_tickets_trained_total)")[0]["value"][1])
        self.assertGreater(trained, 0)
        self.assertGreaterEqual(accepted, trained)
        self.assertEqual(float(self.ask("sum(mdrl_learner_rewards_total)")[0]["value"][1]) % 4, 0)  # whole groups of 4
        self.assertEqual(self.ask('mdrl_reward_scores_total{outcome="service_error",task="sudoku4"}')[0]["value"][1], "0")

    def test_5_the_console_page_is_served(self):
        page = fetch(f"{self.url}/consoles/mdrl.html")
        self.assertIn("Waits for", page)
        self.assertNotIn("{{", page)

    def test_6_nothing_is_left_behind(self):
        port = int(self.url.rsplit(":", 1)[1])
        self.up.process.send_signal(signal.SIGTERM)
        self.up.process.communicate(timeout=60)
        self.assertEqual(self.up.process.returncode, 143)
        for _, at in [("prometheus", f"127.0.0.1:{port}")] + [(t["labels"]["process"], t["targets"][0]) for t in self.targets]:
            host, port = at.rsplit(":", 1)
            with socket.socket() as probe:
                self.assertNotEqual(probe.connect_ex((host, int(port))), 0, at)
        self.assertFalse(os.path.exists(f"{self.run_dir}/prometheus/data/lock"))

    def test_7_without_the_program_nothing_is_started(self):
        run_dir = os.path.join(self.folder.name, "without")
        run = Watched(run_dir, environment={"PATH": self.folder.name})
        out, _ = run.process.communicate(timeout=60)
        self.assertEqual(run.process.returncode, 1, out)
        self.assertIn("needs the program prometheus", out)
        self.assertFalse(os.path.exists(run_dir))


if __name__ == "__main__":
    if not all(shutil.which(tool) for tool in ("prometheus", "promtool")):
        print("skipped: prometheus is not installed (scripts/bootstrap.sh --tests)")
        sys.exit(77)
    unittest.main()
