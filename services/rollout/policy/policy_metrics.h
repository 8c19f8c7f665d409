// What a worker counts on the way of a policy: times, bytes, failures.
//
// References into the registry, which outlives whoever holds this.
#ifndef MDRL_SERVICES_ROLLOUT_POLICY_POLICY_METRICS_H_
#define MDRL_SERVICES_ROLLOUT_POLICY_POLICY_METRICS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "common/metrics/registry.h"
#include "common/record/snapshot.h"

namespace mdrl {

struct PolicyMetrics {
  explicit PolicyMetrics(Registry& registry);

  // `bytes` of the snapshot that `manifest` describes arrived whole.
  void CountReceived(const Manifest& manifest, size_t bytes);
  // A fetch that failed: bytes that differ are mismatches, the rest failures.
  void CountFetch(const absl::Status& status);
  // How the engine took a policy; DataLoss is its canary. OK counts nothing.
  void CountLoad(const absl::Status& status);

  Gauge& version;

 private:
  Histograms& seconds_;
  Counters& bytes_;
  Counters& mismatches_;
  Counters& failures_;

 public:
  Histogram& fetch_seconds;
  Histogram& verify_seconds;
  Histogram& stage_seconds;
  Histogram& total_seconds;  // announced to active
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_POLICY_POLICY_METRICS_H_
