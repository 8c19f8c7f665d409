#!/usr/bin/env python3
"""The dashboard and the console page: well formed, and no query for a metric that does not exist.

Usage: dashboards_test.py PRINT_METRIC_TABLE
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import queries  # noqa: E402

TABLE = {metric["name"]: metric for metric in json.loads(subprocess.check_output([sys.argv.pop(1)]))}


def base(name):
    """A histogram's own name, of its _bucket, _sum or _count."""
    for ending in ("_bucket", "_sum", "_count"):
        if name.endswith(ending) and TABLE.get(name[:-len(ending)], {}).get("type") == "histogram":
            return name[:-len(ending)]
    return name


class DashboardsTest(unittest.TestCase):
    def test_the_file_is_what_its_script_writes(self):
        result = subprocess.run([sys.executable, "deploy/grafana/make_dashboards.py", "--check"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_panels_have_ids_places_titles_units_and_the_data_source_variable(self):
        board = queries.dashboard()
        self.assertIsInstance(board["schemaVersion"], int)
        self.assertFalse(board["editable"])
        variables = {variable["name"]: variable for variable in board["templating"]["list"]}
        self.assertEqual(set(variables), {"datasource", "run", "task", "worker"})
        for name in ("run", "task", "worker"):
            self.assertTrue(variables[name]["multi"] and variables[name]["includeAll"], name)
        ids = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            self.assertTrue(all(isinstance(value, int) for value in place.values()), panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, f"{panel['title']} lies on another panel")
            taken |= cells
            self.assertTrue(panel["title"])
            if panel["type"] == "row":
                continue
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
            lines = panel["description"].split("\n")
            self.assertEqual([line.split(":")[0] for line in lines], ["Healthy", "Sick", "Change"], panel["title"])
            for target in panel["targets"]:
                self.assertEqual(target["datasource"]["uid"], "${datasource}", panel["title"])
                self.assertIn('run=~"$run"', target["expr"], panel["title"])
                # A window chosen by hand is too short for some zoom.
                self.assertNotRegex(target["expr"], r"\[\d+[smh]\]", panel["title"])

    def test_every_metric_is_in_the_table(self):
        known = set(TABLE) | queries.recorded()
        for title, query in queries.every().items():
            for name in queries.names(query):
                self.assertIn(base(name), known, f"{title}: {query}")

    def test_counters_are_asked_for_their_rate(self):
        for title, query in queries.every().items():
            for name in queries.names(query):
                if TABLE.get(name, {}).get("type") == "counter":
                    self.assertRegex(query, rf"(rate|increase)\({name}\b", f"{title}: {query}")

    def test_the_console_page_asks_something(self):
        self.assertGreater(len(queries.of_console()), 15)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_every_query_is_valid(self):
        rules = [{"record": f"query{i}", "expr": query} for i, query in enumerate(queries.every().values())]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            # JSON is YAML.
            json.dump({"groups": [{"name": "queries", "rules": rules}]}, file)
            file.flush()
            result = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main()
