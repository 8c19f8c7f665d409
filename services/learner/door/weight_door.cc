#include "services/learner/door/weight_door.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/net/grpc_status.h"
#include "common/policy/chunk_codec.h"
#include "common/wire/fields.h"
#include "common/wire/manifest_wire.h"
#include "common/wire/rollout_wire.h"
#include "services/learner/door/unary.h"

namespace mdrl {
namespace {

// One watcher's stream. At any time either an event is asked of the desk or a
// write is under way; whichever of them fails ends the stream.
class PolicyStream final : public grpc::ServerWriteReactor<v1::PolicyEvent> {
 public:
  PolicyStream(FrontDesk& desk, SnapshotStore::WatcherId watcher)
      : desk_(desk), watcher_(watcher) {
    Next();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      Next();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }
  // Answers a pending question with Cancelled.
  void OnCancel() override { desk_.UnwatchPolicy(watcher_); }
  void OnDone() override {
    desk_.UnwatchPolicy(watcher_);
    delete this;
  }

 private:
  void Next() {
    desk_.NextPolicyEvent(watcher_, [this](absl::StatusOr<PolicyEvent> event) {
      if (!event.ok()) {
        Finish(ToGrpcStatus(event.status()));
        return;
      }
      message_ = ToProto(*event);
      StartWrite(&message_);
    });
  }

  FrontDesk& desk_;
  const SnapshotStore::WatcherId watcher_;
  v1::PolicyEvent message_;
};

// Sends the asked chunks in order, one message at a time.
class ChunkStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  ChunkStream(std::shared_ptr<const Snapshot> snapshot,
              std::vector<uint32_t> chunks, StreamCount::Seat seat,
              Counters* bytes)
      : snapshot_(std::move(snapshot)),
        chunks_(std::move(chunks)),
        seat_(std::move(seat)),
        bytes_(bytes) {
    Next();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      if (bytes_ != nullptr) {
        bytes_->At({"sent", EncodingWord()})
            .Increment(static_cast<double>(message_.Length()));
      }
      Next();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override { delete this; }

 private:
  std::string_view EncodingWord() const {
    return snapshot_->manifest.encoding == Encoding::kAdapter ? "adapter"
                                                              : "full";
  }
  void Next() {
    if (next_ == chunks_.size()) {
      Finish(grpc::Status::OK);
      return;
    }
    message_ = EncodeChunk(snapshot_, chunks_[next_++]);
    StartWrite(&message_);
  }

  const std::shared_ptr<const Snapshot> snapshot_;
  const std::vector<uint32_t> chunks_;
  const StreamCount::Seat seat_;
  Counters* const bytes_;
  size_t next_ = 0;
  grpc::ByteBuffer message_;
};

template <typename Message>
class RefusedStream final : public grpc::ServerWriteReactor<Message> {
 public:
  explicit RefusedStream(const absl::Status& why) {
    this->Finish(ToGrpcStatus(why));
  }
  void OnDone() override { delete this; }
};

absl::StatusOr<std::vector<uint32_t>> ChunksOf(
    const v1::FetchChunksRequest& request, size_t count) {
  std::vector<uint32_t> chunks;
  for (const auto& range : request.ranges()) {
    // In 64 bits: first + count of a hostile range wraps in 32.
    const uint64_t end = uint64_t{range.first()} + range.count();
    if (range.count() == 0 || end > count ||
        chunks.size() + range.count() > count) {
      return BadField("ranges", absl::StrCat("[", range.first(), ", ", end,
                                             ") of ", count, " chunks"));
    }
    for (uint64_t i = range.first(); i < end; ++i) {
      chunks.push_back(static_cast<uint32_t>(i));
    }
  }
  return chunks;
}

}  // namespace

grpc::ServerWriteReactor<v1::PolicyEvent>* WeightDoor::WatchPolicy(
    grpc::CallbackServerContext*, const v1::WatchPolicyRequest* request) {
  absl::StatusOr<Caller> caller =
      request->has_caller() ? FromProto(request->caller()) : Caller{};
  if (!caller.ok()) return new RefusedStream<v1::PolicyEvent>(caller.status());
  const auto watcher = desk_.WatchPolicy(*caller);
  if (!watcher.ok()) {
    return new RefusedStream<v1::PolicyEvent>(watcher.status());
  }
  return new PolicyStream(desk_, *watcher);
}

grpc::ServerUnaryReactor* WeightDoor::GetManifest(
    grpc::CallbackServerContext* context, const v1::GetManifestRequest* request,
    v1::GetManifestResponse* response) {
  return Translated(
      context, request->policy(), limit::kSmall,
      [&](PolicyRef policy, auto* reactor) {
        const auto snapshot = desk_.GetSnapshot(policy);
        if (snapshot.ok()) {
          response->set_manifest((*snapshot)->manifest_bytes);
          response->set_sha256((*snapshot)->manifest_sha256.ToBytes());
        }
        reactor->Finish(ToGrpcStatus(snapshot.status()));
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* WeightDoor::FetchChunks(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* raw) {
  using Refused = RefusedStream<grpc::ByteBuffer>;
  if (const auto fits = CheckSize(raw->Length(), limit::kFetchChunks);
      !fits.ok()) {
    return new Refused(fits);
  }
  grpc::ByteBuffer buffer = *raw;
  v1::FetchChunksRequest request;
  if (!grpc::SerializationTraits<v1::FetchChunksRequest>::Deserialize(&buffer,
                                                                      &request)
           .ok()) {
    return new Refused(
        absl::InvalidArgumentError("not a FetchChunksRequest message"));
  }
  const auto hash =
      ReadId<Digest>(request.manifest_sha256(), "manifest_sha256");
  if (!hash.ok()) return new Refused(hash.status());
  auto snapshot = desk_.GetSnapshot(PolicyRef{std::nullopt, *hash});
  if (!snapshot.ok()) return new Refused(snapshot.status());
  auto chunks = ChunksOf(request, (*snapshot)->manifest.chunk_xxh3_128.size());
  if (!chunks.ok()) return new Refused(chunks.status());
  auto seat = streams_.Take(context->peer());
  if (!seat.ok()) return new Refused(seat.status());
  return new ChunkStream(*std::move(snapshot), *std::move(chunks),
                         *std::move(seat), bytes_);
}

}  // namespace mdrl
