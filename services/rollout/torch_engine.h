// The engine that computes: snapshots become transformers, leases become
// decoded rows.
//
// Thread-safe, and starts no thread of its own besides Torch's.
#ifndef MDRL_SERVICES_ROLLOUT_TORCH_ENGINE_H_
#define MDRL_SERVICES_ROLLOUT_TORCH_ENGINE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/format/hf_config.h"
#include "common/record/snapshot.h"
#include "services/rollout/engine.h"

namespace mdrl {

class TorchEngine : public Engine {
 public:
  // `threads_per_lane`: how many Torch may use for one operation of one lane.
  TorchEngine(LladaConfig config, int threads_per_lane);
  ~TorchEngine() override;

  // The base of a LoRA run, from this machine's disk: snapshots then carry
  // adapters, which run beside it without a copy of it. Weights stay in the
  // mapped files where memory does not hold them in float32. Errors name file
  // and tensor. REQUIRES: before the first Load().
  absl::Status ReadBase(const std::string& folder);

  absl::StatusOr<std::shared_ptr<const LoadedPolicy>> Load(
      const Snapshot& snapshot) override;
  void PrepareThread() override;

 private:
  struct Base;
  absl::StatusOr<std::shared_ptr<const LoadedPolicy>> LoadAdapterOf(
      const Snapshot& snapshot) const;

  const LladaConfig config_;
  const int threads_per_lane_;
  std::unique_ptr<const Base> base_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_TORCH_ENGINE_H_
