// The engine that computes: snapshots become transformers, leases become
// decoded rows.
//
// Thread-safe, and starts no thread of its own besides Torch's.
#ifndef MDRL_SERVICES_ROLLOUT_TORCH_ENGINE_H_
#define MDRL_SERVICES_ROLLOUT_TORCH_ENGINE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/format/hf_config.h"
#include "common/record/snapshot.h"
#include "services/rollout/engine.h"

namespace mdrl {

class TorchEngine : public Engine {
 public:
  // `threads_per_lane`: how many Torch may use for one operation of one lane.
  TorchEngine(LladaConfig config, int threads_per_lane);

  absl::StatusOr<std::shared_ptr<const LoadedPolicy>> Load(
      const Snapshot& snapshot) override;
  void PrepareThread() override;

 private:
  const LladaConfig config_;
  const int threads_per_lane_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_TORCH_ENGINE_H_
