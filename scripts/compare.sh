#!/usr/bin/env bash
# Compares the methods on the examples: one engine, one decoder, one reward, one budget of rounds.
#
#   scripts/compare.sh [--results DIR] [--examples "sort quickstart"] [--methods "spg_mix wd1 ..."] [--starts "a b"]
#                      [--seeds "1 2 3"] [--factors "0.3 1 3"] [--rounds N]
#
# Every method starts from the same warm starts (a: the example's own; b: another seed's, which is weaker) and gets the
# rate, of the example's times each factor, that solves most validation prompts with one seed from the first of them;
# then it runs from every start with every seed and is evaluated on the test split. The table goes to DIR/table.md, each
# run to DIR/runs.tsv; a run that is there is not repeated, so a broken comparison goes on where it stopped. Everything
# takes hours on two cores: cut rates and seeds before methods. Two such scripts may fill one DIR side by side, an
# example each. A cut-down one:
#
#   scripts/compare.sh --examples sort --methods "spg_mix wd1" --starts a --seeds 1 --factors 1 --rounds 10
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=${MDRL_BIN:-build/default/bin}

results=runs/compare
examples="sort quickstart"
methods="spg_mix spg_eubo spg_elbo spg_drop diffu_grpo wd1 unigrpo bgpo rspo dtm espo tracerl justgrpo"
starts="a b"
seeds="1 2 3"
factors="0.3 1 3"
rounds=
usage() { sed -n '2,14s/^# \{0,1\}//p' "$0"; exit "$1"; }
while (($#)); do
  [[ $1 == --help || $1 == -h ]] && usage 0
  (($# > 1)) || usage 2
  case $1 in
    --results) results=$2 ;;
    --examples) examples=$2 ;;
    --methods) methods=$2 ;;
    --starts) starts=$2 ;;
    --seeds) seeds=$2 ;;
    --factors) factors=$2 ;;
    --rounds) rounds=$2 ;;
    *) echo "compare.sh: unknown option $1" >&2; usage 2 ;;
  esac
  shift 2
done
mkdir -p "$results"
runs=$results/runs.tsv
touch "$runs"

# The folder of a warm start's model, made unless it is there; nothing where the example has it.
warm_start() {
  local example=$1 start=$2 folder config seed
  case $example-$start in
    quickstart-a) return ;;
    quickstart-b) config=warm_start.yaml seed=3 ;;
    sort-a) config=run.yaml seed=1 ;;
    sort-b) config=run.yaml seed=2 ;;
    *) echo "compare.sh: no warm start $start of $example" >&2; return 1 ;;
  esac
  folder=$results/start-$example-$start
  if [[ ! -d $folder/checkpoints/step-000000 ]]; then
    echo "making warm start $start of $example: up to two minutes" >&2
    rm -rf "$folder"
    "$bin/mdrlctl" up "examples/$example/$config" --run-dir "$folder" --seed "$seed" --set run.stop.after_sft=true >"$folder.log" 2>&1 ||
      { echo "compare.sh: it failed; its log is $folder.log" >&2; return 1; }
  fi
  echo "$folder/checkpoints/step-000000"
}

# One run, unless it is there: prints "solved seconds".
run() {
  local example=$1 start=$2 method=$3 factor=$4 split=$5 seed=$6 key folder line model
  key=$example-$start-$method-$factor-$split-$seed
  if line=$(grep -P "^$key\t" "$runs"); then cut -f2,3 <<<"$line"; return; fi
  folder=$results/$key
  rm -rf "$folder" "$folder.yaml"
  model=$(warm_start "$example" "$start") || return 1
  scripts/method_run.py "$example" "$method" --factor "$factor" --split "$split" ${rounds:+--rounds "$rounds"} \
    ${model:+--model "$model"} >"$results/$key.yaml" || return 1
  if ! "$bin/mdrlctl" up "$results/$key.yaml" --run-dir "$folder" --seed "$seed" >"$folder.log" 2>&1; then
    echo "compare.sh: $key failed; its log is $folder.log" >&2
    return 1
  fi
  line=$(python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); print(s["evals"][-1]["solved"], round(s["wall_seconds"], 1), sep="\t")' "$folder/summary.json")
  printf '%s\t%s\n' "$key" "$line" >>"$runs"
  rm -rf "$folder"
  echo "$line"
}

# shellcheck disable=SC2086  # lists are words
for example in $examples; do
  declare -A chosen=()
  for start in $starts; do
    for method in $methods; do
      if [[ -z ${chosen[$method]:-} ]]; then
        best=''
        for factor in $factors; do
          read -r solved seconds < <(run "$example" "$start" "$method" "$factor" validation 11)
          if [[ -z $best ]] || awk "BEGIN {exit !($solved > $best)}"; then best=$solved chosen[$method]=$factor; fi
        done
      fi
      for seed in $seeds; do
        read -r solved seconds < <(run "$example" "$start" "$method" "${chosen[$method]}" test "$seed")
        echo "$example $start $method x${chosen[$method]} seed $seed: solved $solved in $seconds s" >&2
      done
    done
  done
done

python3 - "$runs" "$results/table.md" "$seeds" <<'PY'
import collections, re, statistics, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    key, solved, seconds = line.rstrip("\n").split("\t")
    example, start, method, factor, split, seed = re.match(r"(.+)-(.)-(\w+)-([\d.]+)-(test|validation)-(\d+)$", key).groups()
    if split == "test" and seed in sys.argv[3].split():
        rows[example, start, method, factor].append((100 * float(solved), float(seconds)))
lines = ["| example | start | method | rate x | solved, per cent (mean ± sd) | runs | seconds |", "|---|---|---|--:|--:|--:|--:|"]
best_first = lambda row: (*row[0][:2], -statistics.mean(solved for solved, _ in row[1]))
for (example, start, method, factor), runs in sorted(rows.items(), key=best_first):
    solved = [s for s, _ in runs]
    spread = f" ± {statistics.stdev(solved):.1f}" if len(solved) > 1 else ""
    lines.append(f"| {example} | {start} | {method} | {factor} | {statistics.mean(solved):.1f}{spread} | {len(runs)} | "
                 f"{statistics.mean(t for _, t in runs):.0f} |")
open(sys.argv[2], "w").write("\n".join(lines) + "\n")
print("\n".join(lines))
PY
