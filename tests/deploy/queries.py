"""Every query that deploy/ ships, and the metric names in it."""
import json
import re

CONSOLE = "deploy/prometheus/consoles/mdrl.html"
RULES = "deploy/prometheus/rules/mdrl.rules.yml"
DASHBOARD = "deploy/grafana/dashboards/mdrl.json"


def dashboard():
    with open(DASHBOARD) as file:
        return json.load(file)


def plain(query):
    """Without the variables of Grafana and of the console page."""
    for variable, value in (("$__rate_interval", "1m"), ("$run", ".+"), ("$task", ".+"), ("$worker", ".+")):
        query = query.replace(variable, value)
    return query


def of_dashboard():
    return {f"dashboard: {panel['title']} {target['refId']}": plain(target["expr"])
            for panel in dashboard()["panels"] for target in panel.get("targets", [])}


def of_console():
    with open(CONSOLE) as file:
        text = file.read()
    found = re.findall(r"data-(?:query|leases|lag|heard)='([^']*)'", text)
    charts = text[text.index("const CHARTS"):text.index("const ask")]
    found += re.findall(r"'([^']*mdrl_[^']*)'", charts)
    return {f"console: {query}": plain(query) for query in found}


def of_rules():
    """Alerts ask "is it above": with bool they answer 0 where all is well."""
    with open(RULES) as file:
        text = file.read()
    queries = {}
    for kind, name, body in re.findall(r"- (alert|record): (\S+)\n(.*?)(?=\n      - |\n  - |\n\n|\Z)", text, re.S):
        expr = re.search(r"expr: (?:>-\n)?(.*?)(?=\n        (?:for|labels|annotations):|\Z)", body, re.S).group(1)
        expr = " ".join(line.strip() for line in expr.splitlines() if not line.strip().startswith("#"))
        queries[f"{kind}: {name}"] = re.sub(r" > (?!bool)", " > bool ", expr) if kind == "alert" else expr
    return queries


def every():
    return {**of_dashboard(), **of_console(), **of_rules()}


def recorded():
    with open(RULES) as file:
        return set(re.findall(r"- record: (\S+)", file.read()))


def names(query):
    """Metric names, and names of recorded series, that the query asks for."""
    outside = re.sub(r'"[^"]*"', '""', query)
    return set(re.findall(r"(?<![\w:])(?:[a-z]+:)?(?:mdrl|process)_\w+(?::\w+)?", outside))
