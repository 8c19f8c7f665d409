#!/usr/bin/env python3
"""promtool and amtool on what deploy/ ships: configuration, rules and their tests."""
import glob
import re
import shutil
import subprocess
import sys
import unittest

ROOT = "deploy/prometheus"


class PrometheusFilesTest(unittest.TestCase):
    def check(self, *command):
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_configuration_is_valid(self):
        self.check("promtool", "check", "config", f"{ROOT}/prometheus.yml")

    def test_the_rules_are_valid(self):
        self.check("promtool", "check", "rules", f"{ROOT}/rules/mdrl.rules.yml")

    def test_each_alert_fires_on_sick_series_and_never_on_healthy_ones(self):
        for test in glob.glob(f"{ROOT}/rules/tests/*.yml"):
            self.check("promtool", "test", "rules", test)

    def test_every_alert_and_record_has_its_test(self):
        with open(f"{ROOT}/rules/mdrl.rules.yml") as file:
            rules = file.read()
        with open(f"{ROOT}/rules/tests/alerts_test.yml") as file:
            tests = file.read()
        alerts = re.findall(r"- alert: (\w+)", rules)
        self.assertGreater(len(alerts), 10)
        for alert in alerts:
            # Once quiet, once firing.
            self.assertGreaterEqual(len(re.findall(rf"alertname: {alert}\b", tests)), 2, alert)
        for record in re.findall(r"- record: (\S+)", rules):
            self.assertIn(f"expr: {record}\n", tests)

    def test_the_alertmanager_configuration_is_valid(self):
        self.check("amtool", "check-config", f"{ROOT}/alertmanager.yml")


if __name__ == "__main__":
    missing = [tool for tool in ("promtool", "amtool") if shutil.which(tool) is None]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed (scripts/bootstrap.sh --tests)")
        sys.exit(77)
    unittest.main()
