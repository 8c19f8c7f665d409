// A learner that only publishes policies, with faults on demand.
#ifndef MDRL_TESTS_SERVICES_ROLLOUT_FAKE_WEIGHTS_H_
#define MDRL_TESTS_SERVICES_ROLLOUT_FAKE_WEIGHTS_H_

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/policy/assembly.h"
#include "common/record/snapshot.h"
#include "common/sync/mutex.h"
#include "services/rollout/client/learner_link.h"

namespace mdrl {

// The weights' half of a learner. Thread-safe.
class FakeWeights : public LearnerLink {
 public:
  void Publish(std::shared_ptr<const Snapshot> snapshot) {
    MutexLock lock(mutex_);
    event_ = PolicyEvent{PolicyEvent::Kind::kPublished, snapshot->ref(), 0, 1};
    snapshots_[snapshot->manifest.version] = std::move(snapshot);
    changed_.NotifyAll();
  }
  void Forget(Version version) {
    MutexLock lock(mutex_);
    snapshots_.erase(version);
  }
  // The next `count` chunks arrive with a flipped byte.
  void CorruptNext(int count) {
    MutexLock lock(mutex_);
    corrupt_ = count;
  }
  // Fetches stop after `chunks` more chunks: then they fail, or hang.
  void StopAfter(int chunks, bool hang) {
    MutexLock lock(mutex_);
    allowed_ = chunks;
    hang_ = hang;
    changed_.NotifyAll();
  }
  void LetAllPass() { StopAfter(1 << 30, false); }
  void AwaitHanging() {
    MutexLock lock(mutex_);
    while (hanging_ == 0) changed_.Wait(mutex_);
  }
  int chunks_sent() {
    MutexLock lock(mutex_);
    return sent_;
  }

  absl::StatusOr<PolicyEvent> NextPolicyEvent() override {
    MutexLock lock(mutex_);
    while (!cancelled_ && !event_.has_value()) changed_.Wait(mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    return *std::exchange(event_, std::nullopt);
  }
  absl::StatusOr<ManifestBytes> GetManifest(const PolicyRef& policy) override {
    MutexLock lock(mutex_);
    const auto it = snapshots_.find(policy.version.value_or(0));
    if (it == snapshots_.end()) return absl::NotFoundError("not retained");
    return ManifestBytes{it->second->manifest_bytes,
                         it->second->manifest_sha256};
  }
  absl::Status FetchChunks(const Digest& manifest_sha256,
                           std::span<const ChunkRange> ranges,
                           ChunkSink& sink) override {
    std::shared_ptr<const Snapshot> snapshot;
    {
      MutexLock lock(mutex_);
      for (const auto& [version, candidate] : snapshots_) {
        if (candidate->manifest_sha256 == manifest_sha256) snapshot = candidate;
      }
    }
    if (snapshot == nullptr) return absl::NotFoundError("not retained");
    for (const ChunkRange& range : ranges) {
      for (uint32_t i = range.first; i < range.first + range.count; ++i) {
        if (absl::Status s = SendChunk(*snapshot, i, sink); !s.ok()) return s;
      }
    }
    return absl::OkStatus();
  }
  void Cancel() override {
    MutexLock lock(mutex_);
    cancelled_ = true;
    changed_.NotifyAll();
  }

  absl::StatusOr<RegisterReply> Register(const RegisterRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<LeaseReply> Lease(const LeaseRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<RenewReply> Renew(const RenewRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<SubmitGroupReply> SubmitGroup(
      const SubmitGroupRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<ReturnLeaseReply> ReturnLease(
      const ReturnLeaseRequest&) override {
    return absl::UnimplementedError("");
  }

 protected:
  absl::Status SendChunk(const Snapshot& snapshot, uint32_t index,
                         ChunkSink& sink) {
    bool corrupt = false;
    {
      MutexLock lock(mutex_);
      while (allowed_ == 0 && hang_ && !cancelled_) {
        ++hanging_;
        changed_.NotifyAll();
        changed_.Wait(mutex_);
        --hanging_;
      }
      if (cancelled_) return absl::CancelledError("cancelled");
      if (allowed_ == 0) return absl::UnavailableError("connection lost");
      --allowed_;
      ++sent_;
      corrupt = corrupt_ > 0;
      if (corrupt) --corrupt_;
    }
    const std::string_view bytes =
        std::string_view(snapshot.bytes)
            .substr(size_t{index} * kChunkBytes, kChunkBytes);
    auto room = sink.Place(index, bytes.size());
    if (!room.ok()) return room.status();
    std::copy(bytes.begin(), bytes.end(), room->begin());
    if (corrupt) (*room)[0] ^= 1;
    return sink.Accept(index);
  }

  Mutex mutex_;
  Condition changed_;
  std::map<Version, std::shared_ptr<const Snapshot>> snapshots_;
  std::optional<PolicyEvent> event_;
  int corrupt_ = 0;
  int allowed_ = 1 << 30;
  bool hang_ = false;
  int hanging_ = 0;
  int sent_ = 0;
  bool cancelled_ = false;
};

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_ROLLOUT_FAKE_WEIGHTS_H_
