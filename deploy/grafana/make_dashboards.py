#!/usr/bin/env python3
"""Writes dashboards/mdrl.json from the list of panels below.

    deploy/grafana/make_dashboards.py            writes the file
    deploy/grafana/make_dashboards.py --check    exit code 1 if the file is not what would be written
"""
import json
import os
import sys

# Title, unit, stacked, [(query, legend)], what healthy looks like, what sick looks like, what to change.
LEARNING = [
    ("Reward by task", "short", False, [
        ('mdrl_learner_reward_mean{run=~"$run",task=~"$task"}', "{{task}}, each round"),
        ('task:mdrl_learner_reward:mean5m{run=~"$run",task=~"$task"}', "{{task}}, mean of 5 min")],
     "rises over many rounds; single rounds are noisy", "flat from the start, or falls", "learning rate, rubric, harder or easier prompts"),
    ("Reward components", "short", False, [
        ('mdrl_learner_reward_component_mean{run=~"$run",task=~"$task"}', "{{task}} {{component}}")],
     "those with weight rise", "one rises at the cost of the answer: the rubric is gamed", "weights of the rubric"),
    ("Evaluation: right answers", "percentunit", False, [
        ('mdrl_evaluation_accuracy_ratio{run=~"$run",task=~"$task"}', "{{task}} {{decode}}")],
     "follows the reward", "falls while the reward rises", "the training rubric; more prompts"),
    ("Groups by spread", "short", True, [
        ('sum by (spread) (rate(mdrl_learner_groups_total{run=~"$run"}[$__rate_interval]))', "{{spread}}")],
     "mostly mixed", "mostly all_correct or all_wrong: nothing to learn from", "harder or easier prompts, higher temperature, larger groups"),
    ("ELBO, EUBO and their gap, nats per token", "short", False, [
        ('mdrl_learner_elbo_nats_per_token{run=~"$run"}', "ELBO"),
        ('mdrl_learner_eubo_nats_per_token{run=~"$run"}', "EUBO"),
        ('mdrl_learner_bound_gap_nats_per_token{run=~"$run",task=~"$task"}', "gap {{task}}")],
     "the gap stays small", "the gap grows: the estimate is no longer one", "more samples, smaller beta"),
    ("Loss and its parts", "short", False, [
        ('mdrl_learner_loss{run=~"$run"}', "loss"),
        ('mdrl_learner_loss_part{run=~"$run"}', "{{part}}")],
     "no trend that the reward does not explain", "explodes", "learning rate, negative_cap"),
    ("Gradient norm and clipped share", "short", False, [
        ('mdrl_learner_grad_norm{run=~"$run"}', "norm before clipping"),
        ('rate(mdrl_learner_grad_clipped_steps_total{run=~"$run"}[$__rate_interval]) / rate(mdrl_learner_steps_total{run=~"$run"}[$__rate_interval])', "clipped share")],
     "no trend", "rises from round to round", "learning rate, grad_clip"),
    ("Update ratio and learning rate", "short", False, [
        ('mdrl_learner_update_norm_ratio{run=~"$run"}', "update / weights"),
        ('mdrl_learner_learning_rate{run=~"$run"}', "learning rate")],
     "the ratio follows the rate", "above 1e-2", "learning rate"),
    ("Advantages", "short", False, [
        ('mdrl_learner_advantage_abs_mean{run=~"$run"}', "mean of |A|"),
        ('mdrl_learner_advantage_stddev{run=~"$run"}', "deviation")],
     "well above 0", "falls to 0: all completions of a prompt earn the same", "as for groups by spread"),
    ("Effective length", "short", False, [
        ('histogram_quantile(0.5, sum by (le, task) (rate(mdrl_rollout_effective_tokens_bucket{run=~"$run",task=~"$task"}[$__rate_interval])))', "{{task}} median"),
        ('histogram_quantile(0.95, sum by (le, task) (rate(mdrl_rollout_effective_tokens_bucket{run=~"$run",task=~"$task"}[$__rate_interval])))', "{{task}} p95")],
     "steady, or moves with the task", "runs to the canvas or to nothing", "rubric; canvas_tokens"),
    ("Signs of collapse", "percentunit", False, [
        ('sum by (task) (rate(mdrl_rollout_truncated_total{run=~"$run",task=~"$task"}[$__rate_interval])) / sum by (task) (rate(mdrl_rollout_completions_total{run=~"$run",task=~"$task"}[$__rate_interval]))', "{{task}} truncated"),
        ('sum by (task) (rate(mdrl_rollout_repetitive_total{run=~"$run",task=~"$task"}[$__rate_interval])) / sum by (task) (rate(mdrl_rollout_completions_total{run=~"$run",task=~"$task"}[$__rate_interval]))', "{{task}} repetitive"),
        ('sum by (task) (rate(mdrl_rollout_repeated_in_group_total{run=~"$run",task=~"$task"}[$__rate_interval])) / sum by (task) (rate(mdrl_rollout_completions_total{run=~"$run",task=~"$task"}[$__rate_interval]))', "{{task}} repeated in group")],
     "low and steady (no end mark in a task without one reads as truncated)", "any of them rises", "an earlier checkpoint, lower rate, higher temperature"),
]
FAST = [
    ("Effective tokens per second", "short", False, [
        ('run:mdrl_rollout_tokens:rate1m{run=~"$run"}', "{{run}}")],
     "steady", "falls", "what the two panels on time say"),
    ("Tokens per forward", "short", False, [
        ('sum(rate(mdrl_rollout_tokens_total{run=~"$run",counted="canvas"}[$__rate_interval])) / sum(rate(mdrl_rollout_forwards_total{run=~"$run"}[$__rate_interval]))', "canvas tokens per forward")],
     "as large as memory allows", "small: forwards are not full", "capacity, lanes"),
    ("Groups per second", "short", False, [
        ('sum by (purpose) (rate(mdrl_rollout_groups_total{run=~"$run"}[$__rate_interval]))', "{{purpose}}")],
     "train dominates", "evaluate dominates", "evaluation.share, every_rounds, max_prompts"),
    ("Where the learner's time goes", "s", True, [
        ('sum by (phase) (rate(mdrl_learner_phase_seconds_sum{run=~"$run"}[$__rate_interval]))', "{{phase}}")],
     "forward and backward", "wait_groups: workers are the bottleneck; commit: the disk", "more workers; a faster disk"),
    ("Where the workers' time goes", "s", True, [
        ('sum by (activity) (rate(mdrl_rollout_busy_seconds_total{run=~"$run"}[$__rate_interval]))', "{{activity}}")],
     "decode", "no_lease: the learner is the bottleneck; score_wait: the reward service", "fewer workers, larger max_staleness; more reward services"),
    ("Staleness of trained groups, versions", "short", False, [
        ('sum(rate(mdrl_staleness_versions_sum{run=~"$run"}[$__rate_interval])) / sum(rate(mdrl_staleness_versions_count{run=~"$run"}[$__rate_interval]))', "mean"),
        ('max(mdrl_staleness_bound_versions{run=~"$run"})', "bound")],
     "at or below the bound", "cannot be above it", "schedule.max_staleness"),
    ("Ticket age, seconds", "s", False, [
        ('histogram_quantile(0.5, sum by (le) (rate(mdrl_ticket_age_seconds_bucket{run=~"$run"}[$__rate_interval])))', "median"),
        ('histogram_quantile(0.95, sum by (le) (rate(mdrl_ticket_age_seconds_bucket{run=~"$run"}[$__rate_interval])))', "p95")],
     "a few rounds", "p95 far above the median: stragglers", "slow workers, group_deadline"),
    ("Open tickets against their limit", "short", True, [
        ('sum by (state) (mdrl_tickets_open{run=~"$run"})', "{{state}}"),
        ('sum(mdrl_tickets_limit{run=~"$run"})', "limit")],
     "at the limit, mostly leased", "mostly issued: no worker takes them", "workers, their scorers"),
    ("Queues", "short", False, [
        ('mdrl_queue_depth{run=~"$run"}', "{{process}} {{queue}}")],
     "near 0", "at capacity", "what comes after that queue"),
    ("Batch occupancy", "percentunit", False, [
        ('mdrl_rollout_batch_occupancy_ratio{run=~"$run"}', "{{process}}")],
     "near 1", "near 0", "group_size, capacity"),
    ("Decode", "s", False, [
        ('histogram_quantile(0.5, sum by (le) (rate(mdrl_rollout_decode_seconds_bucket{run=~"$run"}[$__rate_interval])))', "median"),
        ('histogram_quantile(0.99, sum by (le) (rate(mdrl_rollout_decode_seconds_bucket{run=~"$run"}[$__rate_interval])))', "p99"),
        ('histogram_quantile(0.5, sum by (le) (rate(mdrl_rollout_decode_step_seconds_bucket{run=~"$run"}[$__rate_interval])))', "one step, median")],
     "steady", "p99 rises: a slow device", "drain that worker"),
    ("Score latency", "s", False, [
        ('histogram_quantile(0.95, sum by (le, stage) (rate(mdrl_reward_seconds_bucket{run=~"$run"}[$__rate_interval])))', "{{stage}} p95")],
     "run dominates", "queue dominates", "more reward services"),
    ("Publication to active", "s", False, [
        ('histogram_quantile(0.95, sum by (le, stage) (rate(mdrl_snapshot_seconds_bucket{run=~"$run"}[$__rate_interval])))', "{{stage}} p95")],
     "total below a round", "fetch grows", "bandwidth; policy.data_channels"),
    ("Weights sent and received", "Bps", False, [
        ('sum by (direction) (rate(mdrl_snapshot_bytes_total{run=~"$run"}[$__rate_interval]))', "{{direction}}"),
        ],
     "one snapshot per worker and round", "more: fetches are repeated", "the worker's log"),
    ("Changed chunks", "percentunit", False, [
        ('mdrl_snapshot_changed_ratio{run=~"$run"}', "changed"),],
     "1 where all weights are trained", "0: nothing is trained", "skip_zero_spread and the rewards"),
]
HEALTHY = [
    ("Waits for", "short", False, [
        ('mdrl_waiting{run=~"$run"} == 1', "{{reason}}")],
     "decoding and step_running in turn", "anything else for long", "mdrlctl explain"),
    ("Seconds without progress", "s", False, [
        ('mdrl_stalled_seconds{run=~"$run"}', "{{component}}")],
     "a sawtooth", "a ramp", "what the panel on the left names"),
    ("Workers by state", "short", True, [
        ('sum by (state) (mdrl_workers{run=~"$run"})', "{{state}}")],
     "all ready", "suspect or lost", "their logs"),
    ("Worker: versions behind", "short", False, [
        ('mdrl_worker_policy_lag_versions{run=~"$run",worker=~"$worker"}', "slot {{worker}}")],
     "0, 1 for a moment", "stays above the bound", "that worker's network"),
    ("Worker: seconds since heard", "s", False, [
        ('mdrl_worker_heard_seconds{run=~"$run",worker=~"$worker"}', "slot {{worker}}")],
     "below timeouts.heartbeat", "near timeouts.lease", "that worker"),
    ("Worker: leases held", "short", False, [
        ('mdrl_worker_leases{run=~"$run",worker=~"$worker"}', "slot {{worker}}")],
     "alike for like workers", "one holds many for long", "drain it"),
    ("Joins and losses", "short", False, [
        ('sum by (kind) (increase(mdrl_worker_joins_total{run=~"$run"}[$__rate_interval]))', "joined {{kind}}"),
        ('sum by (reason) (increase(mdrl_worker_lost_total{run=~"$run"}[$__rate_interval]))', "lost {{reason}}")],
     "joins at the start only", "joins and losses in turn", "that worker's log"),
    ("Leases by event", "short", False, [
        ('sum by (event) (rate(mdrl_leases_total{run=~"$run"}[$__rate_interval]))', "{{event}}")],
     "granted alone", "expired, undelivered", "network, timeouts.lease"),
    ("Tickets dropped, by reason", "short", False, [
        ('sum by (reason) (increase(mdrl_tickets_dropped_total{run=~"$run"}[$__rate_interval]))', "{{reason}}")],
     "none", "prompt_poison", "mdrlctl sets"),
    ("Ticket imbalance", "short", False, [
        ('mdrl_tickets_imbalance{run=~"$run"}', "must be 0")],
     "0", "anything else is a defect", "keep the ledger and report it"),
    ("gRPC: calls by answer", "short", False, [
        ('sum by (code) (rate(mdrl_grpc_server_calls_total{run=~"$run"}[$__rate_interval]))', "{{code}}")],
     "ok", "aborted, unavailable", "who restarts"),
    ("gRPC: repeated calls", "short", False, [
        ('sum by (rpc) (rate(mdrl_grpc_client_retries_total{run=~"$run"}[$__rate_interval]))', "{{rpc}}")],
     "0", "steady repeats", "network; the peer's load"),
    ("Programs in the sandbox", "short", False, [
        ('sum by (reason) (increase(mdrl_reward_sandbox_kills_total{run=~"$run"}[$__rate_interval]))', "ended at its limit of {{reason}}"),
        ('sum(increase(mdrl_reward_verdict_spoofs_total{run=~"$run"}[$__rate_interval]))', "forged verdicts"),
        ('sum(mdrl_reward_sandbox_processes{run=~"$run"})', "processes")],
     "few are ended", "wall grows: a busy machine, or programs that hang; forged verdicts: a hostile policy",
     "the limits of the task; more reward services"),
    ("Ledger commits", "s", False, [
        ('histogram_quantile(0.5, sum by (le) (rate(mdrl_ledger_commit_seconds_bucket{run=~"$run"}[$__rate_interval])))', "median"),
        ('histogram_quantile(0.99, sum by (le) (rate(mdrl_ledger_commit_seconds_bucket{run=~"$run"}[$__rate_interval])))', "p99")],
     "milliseconds", "p99 above 1 s", "the disk of run.dir"),
    ("Checkpoint age", "s", False, [
        ('time() - mdrl_checkpoint_last_success_timestamp_seconds{run=~"$run"}', "age")],
     "a sawtooth", "a ramp", "checkpoint.every_rounds; the disk"),
    ("Memory in use", "bytes", False, [
        ('process_resident_memory_bytes{run=~"$run"}', "{{process}}")],
     "no slope", "a slope", "report it with the role"),
    ("Builds", "short", False, [
        ('mdrl_build_info{run=~"$run"}', "{{process}} {{version}} {{git}}")],
     "one version", "two versions in fixed_lag", "restart all with one build"),
]
ROWS = [("Is it learning?", LEARNING), ("Is it fast?", FAST), ("Is it healthy?", HEALTHY)]
WIDTH, HEIGHT = 8, 8  # three panels in a line of 24 columns
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def variable(name, metric):
    return {"name": name, "type": "query", "datasource": DATASOURCE, "label": name, "multi": True, "includeAll": True,
            "allValue": ".+", "refresh": 2, "sort": 1, "query": {"query": f"label_values({metric}, {name})", "refId": name},
            "current": {"text": "All", "value": "$__all"}}


def panel(number, column, line, spec):
    title, unit, stacked, queries, healthy, sick, change = spec
    return {
        "id": number, "type": "timeseries", "title": title, "datasource": DATASOURCE,
        "description": f"Healthy: {healthy}.\nSick: {sick}.\nChange: {change}.",
        "gridPos": {"x": column * WIDTH, "y": line, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "custom": {
            "lineWidth": 1, "fillOpacity": 30 if stacked else 0,
            "stacking": {"mode": "normal" if stacked else "none", "group": "A"}}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [{"refId": chr(ord("A") + i), "datasource": DATASOURCE, "expr": query, "legendFormat": legend}
                    for i, (query, legend) in enumerate(queries)],
    }


def dashboard():
    panels, line, number = [], 0, 1
    for title, specs in ROWS:
        panels.append({"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": line, "w": 24, "h": 1}})
        number, line = number + 1, line + 1
        for i, spec in enumerate(specs):
            panels.append(panel(number, i % 3, line + HEIGHT * (i // 3), spec))
            number += 1
        line += HEIGHT * ((len(specs) + 2) // 3)
    return {
        "uid": "mdrl", "title": "mdrl: is it learning, fast, healthy?", "tags": ["mdrl"], "schemaVersion": 39, "version": 1,
        "editable": False, "graphTooltip": 1, "timezone": "browser", "refresh": "10s", "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "data source", "refresh": 1},
            variable("run", "mdrl_learner_round"), variable("task", "mdrl_learner_reward_mean"),
            variable("worker", "mdrl_worker_leases")]},
        "annotations": {"list": [{"name": "Firing alerts", "datasource": DATASOURCE, "enable": True, "iconColor": "red",
                                  "expr": 'ALERTS{alertstate="firing",run=~"$run"}', "titleFormat": "{{alertname}}"}]},
        "panels": panels,
    }


def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dashboards", "mdrl.json")
    text = json.dumps(dashboard(), indent=1) + "\n"
    if sys.argv[1:] == ["--check"]:
        with open(path) as file:
            if file.read() != text:
                sys.exit(f"{path} is not what {sys.argv[0]} writes: run it")
        return
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
