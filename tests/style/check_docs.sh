#!/usr/bin/env bash
# Every file that the documentation names in backticks exists.
set -euo pipefail
broken=0
# The pattern holds literal backticks.
# shellcheck disable=SC2016
pattern='`(common|services|client|proto|tests|cmake|scripts|examples|deploy|docs)/[A-Za-z0-9_./-]+`'
while IFS=: read -r page name; do
  path=${name//\`/}
  [[ -e $path || -e ${path%.*}.h || -e ${path}.h ]] || { echo "$page names $path, which does not exist"; broken=1; }
done < <(grep -oHE "$pattern" README.md CONTRIBUTING.md docs/*.md)
exit $broken
