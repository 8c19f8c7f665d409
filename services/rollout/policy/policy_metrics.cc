#include "services/rollout/policy/policy_metrics.h"

#include <string_view>

namespace mdrl {
namespace {

// The label's value.
std::string_view ReasonWord(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
      return "base";
    case absl::StatusCode::kResourceExhausted:
      return "memory";
    case absl::StatusCode::kDeadlineExceeded:
      return "timeout";
    default:
      return "other";
  }
}

}  // namespace

PolicyMetrics::PolicyMetrics(Registry& registry)
    : version(registry.AddGauge("mdrl_policy_version")),
      seconds_(registry.AddHistograms("mdrl_snapshot_seconds")),
      bytes_(registry.AddCounters("mdrl_snapshot_bytes_total",
                                  {{"encoding", {"full", "adapter"}}})),
      mismatches_(registry.AddCounters("mdrl_snapshot_mismatches_total")),
      failures_(registry.AddCounters("mdrl_snapshot_failures_total")),
      fetch_seconds(seconds_.At({"fetch"})),
      verify_seconds(seconds_.At({"verify"})),
      stage_seconds(seconds_.At({"stage"})),
      total_seconds(seconds_.At({"total"})) {}

void PolicyMetrics::CountReceived(const Manifest& manifest, size_t bytes) {
  bytes_
      .At({"received",
           manifest.encoding == Encoding::kAdapter ? "adapter" : "full"})
      .Increment(static_cast<double>(bytes));
}

void PolicyMetrics::CountFetch(const absl::Status& status) {
  if (absl::IsDataLoss(status)) {
    mismatches_.At({"wire"}).Increment();
  } else {
    failures_.At({ReasonWord(status)}).Increment();
  }
}

void PolicyMetrics::CountLoad(const absl::Status& status) {
  if (status.ok()) return;
  if (absl::IsDataLoss(status)) {
    mismatches_.At({"canary"}).Increment();
  } else {
    failures_.At({ReasonWord(status)}).Increment();
  }
}

}  // namespace mdrl
