// An engine whose tokens are a hash of lease and completion, with faults on
// demand.
#ifndef MDRL_TESTS_SERVICES_ROLLOUT_FAKE_ENGINE_H_
#define MDRL_TESTS_SERVICES_ROLLOUT_FAKE_ENGINE_H_

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/philox.h"
#include "common/sync/mutex.h"
#include "services/rollout/engine.h"

namespace mdrl {

// Thread-safe.
class FakeEngine : public Engine {
 public:
  // While closed, decoding neither ends nor gives up its lane.
  void SetGate(bool open) {
    MutexLock lock(mutex_);
    open_ = open;
    changed_.NotifyAll();
  }
  // Whether rows depend on their company, as with a careless kernel.
  void SetCareless(bool careless) { careless_.store(careless); }
  void AwaitDecoding(int calls) {
    MutexLock lock(mutex_);
    while (calls_ < calls) changed_.Wait(mutex_);
  }
  size_t largest_batch() {
    MutexLock lock(mutex_);
    return largest_batch_;
  }

  absl::StatusOr<std::shared_ptr<const LoadedPolicy>> Load(
      const Snapshot& snapshot) override {
    return std::make_shared<Policy>(*this, snapshot.manifest.version);
  }
  void PrepareThread() override {}

 private:
  class Policy : public LoadedPolicy {
   public:
    Policy(FakeEngine& engine, Version version)
        : engine_(engine), version_(version) {}

    absl::StatusOr<std::vector<std::vector<Completion>>> Decode(
        std::span<const Lease* const> leases,
        const StepWatch& watch) const override {
      engine_.Enter(leases.size());
      while (!engine_.Open()) {
        if (!watch(0, 2)) return absl::CancelledError("stopped");
      }
      if (!watch(2, 2)) return absl::CancelledError("stopped");
      std::vector<std::vector<Completion>> out;
      for (const Lease* lease : leases) {
        auto& group = out.emplace_back();
        for (uint32_t i = 0; i < lease->group_size; ++i) {
          group.push_back(Make(*lease, i, leases.size()));
        }
      }
      return out;
    }

   private:
    Completion Make(const Lease& lease, uint32_t index, size_t batch) const {
      Completion completion;
      completion.index = index;
      PhiloxSequence draws(lease.philox_key + version_, Stream::kGumbel,
                           engine_.careless_.load() ? batch : 0, 0, index);
      for (int i = 0; i < 4; ++i) {
        completion.tokens.push_back(static_cast<int32_t>(draws.NextBelow(16)));
      }
      completion.reveal_step.assign(4, 0);
      completion.confidence.assign(4, 0.5f);
      completion.effective_tokens = 4;
      completion.forwards = 2;
      return completion;
    }

    FakeEngine& engine_;
    const Version version_;
  };

  void Enter(size_t batch) {
    MutexLock lock(mutex_);
    ++calls_;
    largest_batch_ = std::max(largest_batch_, batch);
    changed_.NotifyAll();
  }
  // Waits a moment for the gate.
  bool Open() {
    MutexLock lock(mutex_);
    if (!open_) changed_.WaitFor(mutex_, absl::Milliseconds(1));
    return open_;
  }

  std::atomic<bool> careless_{false};
  Mutex mutex_;
  Condition changed_;
  bool open_ = true;
  int calls_ = 0;
  size_t largest_batch_ = 0;
};

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_ROLLOUT_FAKE_ENGINE_H_
