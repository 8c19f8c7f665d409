// What the ledger's writer counts.
//
// References into the registry, which outlives whoever holds this.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_LEDGER_METRICS_H_
#define MDRL_SERVICES_LEARNER_LEDGER_LEDGER_METRICS_H_

#include "common/metrics/registry.h"

namespace mdrl {

struct LedgerMetrics {
  explicit LedgerMetrics(Registry& registry)
      : commit_seconds(registry.AddHistogram("mdrl_ledger_commit_seconds")),
        commit_rows(registry.AddHistogram("mdrl_ledger_commit_events")),
        bytes(registry.AddGauge("mdrl_ledger_bytes")),
        errors(registry.AddCounters("mdrl_ledger_errors_total")) {}

  Histogram& commit_seconds;
  Histogram& commit_rows;
  Gauge& bytes;
  Counters& errors;  // disk_full, ledger_slow, internal
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_LEDGER_METRICS_H_
