#include "tests/testing/direct_link.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/base/status_macros.h"

namespace mdrl {

template <typename Reply>
absl::StatusOr<Reply> DirectLearnerLink::Await(
    const std::function<void(std::function<void(absl::StatusOr<Reply>)>)>&
        start) {
  {
    MutexLock lock(bell_->mutex);
    if (bell_->cancelled) return absl::CancelledError("cancelled");
  }
  auto answer = std::make_shared<std::optional<absl::StatusOr<Reply>>>();
  start([bell = bell_, answer](absl::StatusOr<Reply> reply) {
    {
      MutexLock lock(bell->mutex);
      *answer = std::move(reply);
    }
    bell->changed.NotifyAll();
  });
  MutexLock lock(bell_->mutex);
  while (!answer->has_value() && !bell_->cancelled) {
    bell_->changed.Wait(bell_->mutex);
  }
  if (!answer->has_value()) return absl::CancelledError("cancelled");
  return std::move(**answer);
}

DirectLearnerLink::~DirectLearnerLink() {
  if (watcher_.has_value()) desk_.UnwatchPolicy(*watcher_);
}

void DirectLearnerLink::Cancel() {
  {
    MutexLock lock(bell_->mutex);
    bell_->cancelled = true;
  }
  bell_->changed.NotifyAll();
}

absl::StatusOr<RegisterReply> DirectLearnerLink::Register(
    const RegisterRequest& request) {
  return Await<RegisterReply>(
      [&](auto done) { desk_.Register(request, std::move(done)); });
}

absl::StatusOr<LeaseReply> DirectLearnerLink::Lease(
    const LeaseRequest& request) {
  return Await<LeaseReply>(
      [&](auto done) { desk_.Lease(request, std::move(done)); });
}

absl::StatusOr<RenewReply> DirectLearnerLink::Renew(
    const RenewRequest& request) {
  return desk_.Renew(request);
}

absl::StatusOr<SubmitGroupReply> DirectLearnerLink::SubmitGroup(
    const SubmitGroupRequest& request) {
  return Await<SubmitGroupReply>(
      [&](auto done) { desk_.SubmitGroup(request, std::move(done)); });
}

absl::StatusOr<ReturnLeaseReply> DirectLearnerLink::ReturnLease(
    const ReturnLeaseRequest& request) {
  return Await<ReturnLeaseReply>(
      [&](auto done) { desk_.ReturnLease(request, std::move(done)); });
}

absl::StatusOr<PolicyEvent> DirectLearnerLink::NextPolicyEvent() {
  if (!watcher_.has_value()) {
    MDRL_ASSIGN_OR_RETURN(watcher_, desk_.WatchPolicy(Caller{}));
  }
  return Await<PolicyEvent>(
      [&](auto done) { desk_.NextPolicyEvent(*watcher_, std::move(done)); });
}

absl::StatusOr<ManifestBytes> DirectLearnerLink::GetManifest(
    const PolicyRef& policy) {
  MDRL_ASSIGN_OR_RETURN(const auto snapshot, desk_.GetSnapshot(policy));
  return ManifestBytes{snapshot->manifest_bytes, snapshot->manifest_sha256};
}

absl::Status DirectLearnerLink::FetchChunks(const Digest& manifest_sha256,
                                            std::span<const ChunkRange> ranges,
                                            ChunkSink& sink) {
  PolicyRef policy;
  policy.manifest_sha256 = manifest_sha256;
  MDRL_ASSIGN_OR_RETURN(const auto snapshot, desk_.GetSnapshot(policy));
  const uint32_t chunk_bytes = snapshot->manifest.chunk_bytes;
  for (const ChunkRange& range : ranges) {
    for (uint32_t i = range.first; i < range.first + range.count; ++i) {
      const std::string_view bytes =
          std::string_view(snapshot->bytes)
              .substr(uint64_t{i} * chunk_bytes, chunk_bytes);
      MDRL_ASSIGN_OR_RETURN(const std::span<char> room,
                            sink.Place(i, bytes.size()));
      std::copy(bytes.begin(), bytes.end(), room.begin());
      MDRL_RETURN_IF_ERROR(sink.Accept(i));
    }
  }
  return absl::OkStatus();
}

}  // namespace mdrl
