#!/usr/bin/env bash
# Makes the Python environment that the comparisons with eager PyTorch run in: the torch wheel with everything
# it needs, and numpy. Nothing else uses it; building, testing and training never do.
#
#   scripts/bench_env.sh            makes .deps/bench unless it is there; prints the interpreter's path
#
# Fetches about 3 GB and takes 8 GB of disk; usually 2 to 5 minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'bench_env  %s\n' "$*" >&2; }

wanted="torch==2.11.0 numpy"
stamp=.deps/bench/mdrl-stamp
if [[ ! -f $stamp || $(<"$stamp") != "$wanted" ]]; then
  [[ -x /usr/bin/python3 ]] || { say "python3 and its venv module are missing: run scripts/bootstrap.sh first"; exit 1; }
  say "fetching PyTorch 2.11 with all it needs (3 GB; usually 2 to 5 minutes)"
  rm -rf .deps/bench
  /usr/bin/python3 -m venv .deps/bench
  # Unquoted on purpose: each word is a requirement.
  # shellcheck disable=SC2086
  .deps/bench/bin/pip install --quiet --disable-pip-version-check --no-cache-dir $wanted
  printf '%s' "$wanted" >"$stamp"
fi
say "ready"
echo "$PWD/.deps/bench/bin/python"
