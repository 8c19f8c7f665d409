#!/usr/bin/env bash
# Words of house style: no singletons by name, no sleeps outside clock and retry, no parked tests, nothing left open.
set -euo pipefail
broken=0
forbid() {
  local what=$1 pattern=$2 except=$3
  local hits
  hits=$(grep -rnE --include='*.h' --include='*.cc' "$pattern" common services client tests | grep -vE "$except" || true)
  if [[ -n $hits ]]; then
    printf '%s:\n%s\n' "$what" "$hits"
    broken=1
  fi
}
forbid "a singleton" 'get_instance|GetInstance' '^$'
forbid "a using-directive in a header" '^using namespace' '\.cc:'
forbid "a sleep outside clock and retry" 'sleep_for|sleep_until|usleep\(|nanosleep|absl::SleepFor' 'common/base/clock|common/net/retry'
forbid "a parked test" 'DISABLED_' '^$'
forbid "something left open" 'TODO|FIXME|XXX|HACK' '^$'
forbid "the slow Torch include" '#include <torch/(torch|all)\.h>' '^$'
exit $broken
