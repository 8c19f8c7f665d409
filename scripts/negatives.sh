#!/usr/bin/env bash
# Asks why dropping the negative completions beats SPG-mix on the examples: pairs of settings that differ in one thing.
#
#   scripts/negatives.sh [--results DIR] [--questions "own_states cap lora"] [--seeds "1 2 3"] [--rounds N]
#
#   own_states  sort; every token scored in the state that revealed it; negatives kept or dropped, positions revealed by
#               confidence or at random. Were the choice of confident positions what makes dropping collapse, it would
#               not collapse with a random order.
#   cap         sort; SPG-mix whose negatives are capped at improbable tokens, or scaled by one factor or another. Does
#               it matter which tokens are pushed down, or only how hard?
#   lora        quickstart; an adapter trained by many small steps, the paper's setting: mix against drop.
#
# Validation puzzles throughout. The table goes to DIR/table.md, each run to DIR/runs.tsv; a run that is there is not
# repeated. The last four columns are means over a run's last ten steps, from its steps.jsonl.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=${MDRL_BIN:-build/default/bin}

results=runs/negatives
questions="own_states cap lora"
seeds="1 2 3"
rounds=
usage() { sed -n '2,15s/^# \{0,1\}//p' "$0"; exit "$1"; }
while (($#)); do
  [[ $1 == --help || $1 == -h ]] && usage 0
  (($# > 1)) || usage 2
  case $1 in
    --results) results=$2 ;;
    --questions) questions=$2 ;;
    --seeds) seeds=$2 ;;
    --rounds) rounds=$2 ;;
    *) echo "negatives.sh: unknown option $1" >&2; usage 2 ;;
  esac
  shift 2
done
mkdir -p "$results"
runs=$results/runs.tsv
touch "$runs"

# One run, unless it is there: run QUESTION SETTING EXAMPLE ROUNDS [arguments of mdrlctl up ...], for every seed.
run() {
  local question=$1 setting=$2 example=$3 count=${rounds:-$4} seed folder task per_round
  shift 4
  task=$example per_round=64
  [[ $example == quickstart ]] && task=sudoku4 per_round=12
  for seed in $seeds; do
    if grep -qP "^$question\t$setting\t$seed\t$count\t" "$runs"; then continue; fi
    folder=$results/$question-$setting-$seed
    rm -rf "$folder"
    if ! "$bin/mdrlctl" up "examples/$example/run.yaml" --run-dir "$folder" --seed "$seed" --set "run.stop.rounds=$count" \
      --set "submit=[{make: {count: $((count * per_round)), seed: 1, split: train}, task: $task, name: train}, {make: {count: 256, seed: 0, split: validation}, task: $task, name: validation, held_out: true}]" \
      "$@" >"$folder.log" 2>&1; then
      echo "negatives.sh: $question $setting, seed $seed, failed; its log is $folder.log" >&2
      return 1
    fi
    python3 - "$folder" "$question" "$setting" "$seed" "$count" <<'PY' | tee -a "$runs" >&2
import json, statistics, sys
folder, *key = sys.argv[1:]
summary = json.load(open(f"{folder}/summary.json"))
steps = [json.loads(line) for line in open(f"{folder}/steps.jsonl")][-10:]
solved = [e["solved"] for e in summary["evals"]]
mean = lambda read: statistics.mean(read(step) for step in steps)
print(*key, *(f"{x:.4f}" for x in (
    solved[0], max(solved), solved[-1], summary["wall_seconds"], mean(lambda s: s["parts"]["entropy"]), mean(lambda s: s["elbo"]),
    mean(lambda s: s["zero_spread"] / s["groups"]), mean(lambda s: s["grad_norm"]))), sep="\t")
PY
    rm -rf "$folder"
  done
}

for question in $questions; do
  case $question in
    own_states)
      for reveal in low_confidence random; do
        for negative in elbo drop; do
          run own_states "$reveal-$negative" sort 60 --set "rollout.decode.reveal=$reveal" --set algorithm.samples=auto \
            --set algorithm.corruption.kind=decode_states --set "algorithm.spg.negative=$negative"
        done
      done
      ;;
    cap)
      run cap cap_0.05 sort 60 --set algorithm.spg.negative_cap=0.05
      for weight in 0 0.15 0.3 0.5 1; do
        run cap "weight_$weight" sort 60 --set "algorithm.spg.negative_weight=$weight"
      done
      ;;
    lora)
      for negative in mix drop; do
        run lora "$negative" quickstart 160 --set 'lora={enabled: true, rank: 8, alpha: 16, targets: published}' \
          --set optimizer.lr=1.0e-4 --set schedule.iterations=4 --set "algorithm.spg.negative=$negative"
      done
      ;;
    *) echo "negatives.sh: unknown question $question" >&2; usage 2 ;;
  esac
done

python3 - "$runs" "$results/table.md" <<'PY'
import collections, statistics, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    question, setting, seed, count, *numbers = line.split("\t")
    rows[question, setting, count].append([float(x) for x in numbers])
lines = ["| question | setting | rounds | runs | solved, per cent: start, best, end (mean ± sd) | seconds | entropy | ELBO | equal groups | gradient |",
         "|---|---|--:|--:|---|--:|--:|--:|--:|--:|"]
for (question, setting, count), runs in rows.items():
    first, best, last, seconds, entropy, elbo, equal, norm = map(statistics.mean, zip(*runs))
    spread = f" ± {100 * statistics.stdev(r[2] for r in runs):.1f}" if len(runs) > 1 else ""
    lines.append(f"| {question} | {setting} | {count} | {len(runs)} | {100 * first:.1f}, {100 * best:.1f}, {100 * last:.1f}{spread} | "
                 f"{seconds:.0f} | {entropy:.2f} | {elbo:.2f} | {equal:.2f} | {norm:.2f} |")
open(sys.argv[2], "w").write("\n".join(lines) + "\n")
print("\n".join(lines))
PY
