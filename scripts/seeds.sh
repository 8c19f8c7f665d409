#!/usr/bin/env bash
# Runs an example with several seeds, one after the other, and prints a table line for each.
#
#   scripts/seeds.sh RESULTS_DIR EXAMPLE "1 2 3 4 5" [arguments of mdrlctl up ...]
#
# Peak memory is the largest sum of proportional set sizes (PSS) over all processes of the run.
set -euo pipefail
(($# >= 3)) || { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2; }
results=$1 example=$2 seeds=$3
shift 3
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=${MDRL_BIN:-build/default/bin}

# The sum over mdrlctl and its children, in MiB, once.
pss() {
  local total=0 pid value
  for pid in "$1" $(pgrep -P "$1"); do
    value=$(awk '/^Pss:/ {print $2}' "/proc/$pid/smaps_rollup" 2>/dev/null || true)
    total=$((total + ${value:-0}))
  done
  echo $((total / 1024))
}

for seed in $seeds; do
  folder=$results/$example-$seed
  "$bin/mdrlctl" up "examples/$example/run.yaml" --run-dir "$folder" --seed "$seed" "$@" \
    >"$results/$example-$seed.log" 2>&1 &
  up=$!
  peak=0
  while kill -0 "$up" 2>/dev/null; do
    now=$(pss "$up")
    ((now > peak)) && peak=$now
    # A reading costs milliseconds; five a second are enough for a peak.
    read -rt 0.2 <> <(:) || true
  done
  wait "$up"
  python3 - "$folder/summary.json" "$seed" "$peak" <<'PY'
import json, sys
s = json.load(open(sys.argv[1]))
curve = " / ".join(f"{100 * e['solved']:.1f}" for e in s["evals"])
a, b = s["evals"][0], s["evals"][-1]
print(f"| {sys.argv[2]} | {curve} | {100 * a['cells']:.1f} -> {100 * b['cells']:.1f} | "
      f"{s['wall_seconds']:.0f} s | {sys.argv[3]} MiB |", flush=True)
PY
done
