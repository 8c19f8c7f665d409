#!/usr/bin/env bash
# The shell linter finds nothing in any script.
set -euo pipefail
command -v shellcheck >/dev/null || { echo "skipped: shellcheck is not installed"; exit 77; }
{ find scripts tests examples -name '*.sh'; echo .ci/run; } | sort | xargs shellcheck
