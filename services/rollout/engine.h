// What a lane decodes with, without saying how: TorchEngine computes, tests
// pretend.
//
// This is where Torch and threads meet without seeing each other: lanes know
// only this header, and the engine starts no thread.
#ifndef MDRL_SERVICES_ROLLOUT_ENGINE_H_
#define MDRL_SERVICES_ROLLOUT_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/group.h"
#include "common/record/lease.h"
#include "common/record/snapshot.h"

namespace mdrl {

// Asked after each decode step; false ends the decoding with Cancelled.
using StepWatch = std::function<bool(uint32_t steps_done, uint32_t steps)>;

// The weights of one version, ready. Immutable; any number of lanes at a time.
class LoadedPolicy {
 public:
  virtual ~LoadedPolicy() = default;

  // The completions of each lease, in index order, without scores and version
  // spans: `group_size` of each, all in the same forwards.
  // REQUIRES: not empty, and each MayShareForward with the first.
  virtual absl::StatusOr<std::vector<std::vector<Completion>>> Decode(
      std::span<const Lease* const> leases, const StepWatch& watch) const = 0;
};

// Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;

  // InvalidArgument: the tensors are not this model's; DataLoss: the canary's
  // numbers do not come out.
  virtual absl::StatusOr<std::shared_ptr<const LoadedPolicy>> Load(
      const Snapshot& snapshot) = 0;

  // Called by each lane's thread before it decodes.
  virtual void PrepareThread() = 0;
};

// Whether a row of `lease` comes out the same, bit for bit, alone and among
// others, up to `max_rows` of them. Cancelled by `watch`.
absl::StatusOr<bool> RowsIgnoreCompany(const LoadedPolicy& policy,
                                       const Lease& lease, uint32_t max_rows,
                                       const StepWatch& watch);

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_ENGINE_H_
