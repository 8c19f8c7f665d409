#!/usr/bin/env bash
# Sets everything up and runs all tests: the default build, then the thread-sanitizer slice.
#
#   scripts/test.sh            everything that fits the budget of continuous integration
#   scripts/test.sh -L golden  further arguments go to the first ctest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'test       %s\n' "$*" >&2; }

scripts/bootstrap.sh --tests
say "configuring and building everything (about 12 minutes on two cores from nothing)"
cmake --preset default >/dev/null
cmake --build --preset default
say "running the tests (about 5 minutes)"
ctest --preset default --no-tests=error "$@"
say "building and running the thread-sanitizer slice (about 3 minutes)"
cmake --preset tsan >/dev/null
cmake --build --preset tsan
ctest --preset tsan --no-tests=error
