#!/usr/bin/env bash
# Sets everything up, builds the services and trains a small masked diffusion model with them.
#
#   scripts/quickstart.sh                    4x4 Sudoku: reward alone repairs a spoilt model
#   scripts/quickstart.sh --example sort     sorting four digits, learnt from nothing but reward
#
# Options: --example quickstart|sort   --run-dir DIR (default: the next free runs/EXAMPLE-N)
#          --seed N   --test-set FILE (puzzles to evaluate on, CSV or JSONL)   --set a.b=c (repeatable)
# Exit codes are those of mdrlctl up: 0 when the run reached its last round.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 2; }

example=quickstart
run_dir=
test_set=
arguments=()
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --example | --run-dir | --seed | --test-set | --set)
      (($# > 1)) || fail "$1 needs a value"
      case "$1" in
        --example) example=$2 ;;
        # Paths are the caller's: they are resolved before we leave for the project's folder.
        --run-dir) run_dir=$(realpath -m -- "$2") ;;
        --test-set) test_set=$(realpath -m -- "$2") ;;
        --seed | --set) arguments+=("$1" "$2") ;;
      esac
      shift 2
      ;;
    *) fail "unknown argument $1; see --help" ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
config=examples/$example/run.yaml
[[ -f $config ]] || fail "there is no example '$example'; examples are quickstart and sort"
if [[ -n $test_set ]]; then
  [[ -f $test_set ]] || fail "--test-set: $test_set does not exist"
  arguments+=(--test-set "$test_set")
fi

scripts/bootstrap.sh
printf 'quickstart building the services (about 5 minutes on two cores, seconds when nothing changed)\n' >&2
cmake --preset default >/dev/null
cmake --build --preset default --target mdrlctl mdrl-learner mdrl-rollout mdrl-reward

if [[ -z $run_dir ]]; then
  number=1
  while [[ -e runs/$example-$number ]]; do number=$((number + 1)); done
  run_dir=runs/$example-$number
fi
exec build/default/bin/mdrlctl up "$config" --run-dir "$run_dir" "${arguments[@]}"
