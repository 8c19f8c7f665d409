// All that a learner process counts, made in one place and handed out.
//
// The registry and everything in here live from before the desk until after
// the metrics page.
#ifndef MDRL_SERVICES_LEARNER_LEARNER_METRICS_H_
#define MDRL_SERVICES_LEARNER_LEARNER_METRICS_H_

#include "common/metrics/process_metrics.h"
#include "common/metrics/registry.h"
#include "common/net/call_metrics.h"
#include "services/learner/desk/desk_metrics.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/ledger.h"
#include "services/learner/ledger/ledger_metrics.h"
#include "services/learner/loop_metrics.h"
#include "services/learner/options.h"

namespace mdrl {

struct LearnerMetrics {
  explicit LearnerMetrics(const LearnerOptions& options);

  // Has every scrape ask desk and ledger first; both outlive the last one.
  void Watch(FrontDesk& desk, const Ledger& ledger);

  Registry registry;
  ProcessMetrics process;
  LedgerMetrics ledger;
  DeskMetrics desk;
  LoopMetrics loop;
  Counters& snapshot_bytes;
  CallMetrics calls;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEARNER_METRICS_H_
