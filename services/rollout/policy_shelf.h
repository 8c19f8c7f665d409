// Policies loaded into the engine, shared by the lanes; the last few are kept.
//
// Thread-safe. The first lane that asks for a policy loads it, others wait.
#ifndef MDRL_SERVICES_ROLLOUT_POLICY_SHELF_H_
#define MDRL_SERVICES_ROLLOUT_POLICY_SHELF_H_

#include <cstdint>
#include <list>
#include <memory>

#include "absl/status/statusor.h"
#include "common/record/snapshot.h"
#include "common/sync/mutex.h"
#include "services/rollout/engine.h"
#include "services/rollout/policy/policy_metrics.h"

namespace mdrl {

class PolicyShelf {
 public:
  // REQUIRES: kept > 0. `engine` and `metrics` outlive the shelf.
  PolicyShelf(Engine& engine, uint32_t kept, PolicyMetrics& metrics)
      : engine_(engine), kept_(kept), metrics_(metrics) {}

  // As Engine::Load. An error is not remembered: the next call tries again.
  absl::StatusOr<std::shared_ptr<const LoadedPolicy>> Get(
      const Snapshot& snapshot) MDRL_EXCLUDES(mutex_);

 private:
  struct Entry {
    Digest manifest_sha256;
    std::shared_ptr<const LoadedPolicy> policy;  // null while it is loaded
  };

  Engine& engine_;
  const uint32_t kept_;
  PolicyMetrics& metrics_;
  Mutex mutex_;
  Condition changed_;
  std::list<Entry> entries_ MDRL_GUARDED_BY(mutex_);  // last used in front
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_POLICY_SHELF_H_
