#include "services/rollout/client/learner_client.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/net/grpc_server.h"
#include "common/net/grpc_status.h"
#include "common/sync/mutex.h"
#include "common/wire/manifest_wire.h"
#include "common/wire/rollout_wire.h"
#include "gmock/gmock.h"
#include "grpcpp/server_context.h"
#include "gtest/gtest.h"
#include "mdrl/v1/rollout.grpc.pb.h"
#include "mdrl/v1/weights.grpc.pb.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<const Snapshot> SomeSnapshot() {
  Manifest manifest;
  manifest.version = 5;
  manifest.encoding = Encoding::kFull;
  manifest.cause = Cause::kRound;
  std::string bytes(2 * size_t{kChunkBytes} + 77, 'w');
  bytes[kChunkBytes] = 'x';
  return MakeSnapshot(manifest, std::move(bytes), WireManifestCodec());
}

class FakeRollout : public v1::RolloutService::Service {
 public:
  grpc::Status Register(grpc::ServerContext*, const v1::RegisterRequest* wire,
                        v1::RegisterResponse* out) override {
    const auto request = FromProto(*wire);
    EXPECT_TRUE(request.ok()) << request.status();
    RegisterReply reply;
    reply.epoch = 4;
    reply.registration_id.bytes[0] = 9;
    reply.adopted = request->held;
    *out = ToProto(reply);
    return grpc::Status::OK;
  }
  // Parked until the client goes away.
  grpc::Status Lease(grpc::ServerContext* context, const v1::LeaseRequest*,
                     v1::LeaseResponse*) override {
    parked.store(true);
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  }
  grpc::Status Renew(grpc::ServerContext*, const v1::RenewRequest*,
                     v1::RenewResponse*) override {
    return ToGrpcStatus(ErrorWith(absl::StatusCode::kAborted,
                                  reason::kEpochChanged, "",
                                  "the learner has restarted"));
  }
  grpc::Status SubmitGroup(grpc::ServerContext*, const v1::SubmitGroupRequest*,
                           v1::SubmitGroupResponse* out) override {
    if (submits.fetch_add(1) == 0) {
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "starting");
    }
    SubmitGroupReply reply;
    reply.outcome = SubmitGroupReply::Outcome::kAccepted;
    *out = ToProto(reply);
    return grpc::Status::OK;
  }
  std::atomic<bool> parked{false};
  std::atomic<int> submits{0};
};

class FakeWeightDoor : public v1::WeightService::Service {
 public:
  explicit FakeWeightDoor(std::shared_ptr<const Snapshot> snapshot)
      : snapshot_(std::move(snapshot)) {}

  grpc::Status WatchPolicy(grpc::ServerContext* context,
                           const v1::WatchPolicyRequest* request,
                           grpc::ServerWriter<v1::PolicyEvent>* out) override {
    EXPECT_EQ(request->caller().epoch(), expected_epoch.load());
    PolicyEvent event;
    event.kind = PolicyEvent::Kind::kPublished;
    event.policy = snapshot_->ref();
    out->Write(ToProto(event));
    if (end_stream.load()) return grpc::Status::OK;
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  }
  grpc::Status GetManifest(grpc::ServerContext*,
                           const v1::GetManifestRequest* request,
                           v1::GetManifestResponse* out) override {
    if (request->policy().version() != snapshot_->manifest.version) {
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "oldest is 5");
    }
    out->set_manifest(snapshot_->manifest_bytes);
    out->set_sha256(snapshot_->manifest_sha256.ToBytes());
    return grpc::Status::OK;
  }
  grpc::Status FetchChunks(grpc::ServerContext* context,
                           const v1::FetchChunksRequest* request,
                           grpc::ServerWriter<v1::Chunk>* out) override {
    for (const auto& range : request->ranges()) {
      for (uint32_t i = 0; i < range.count(); ++i) {
        if (sent.fetch_add(1) == stop_after.load()) {
          while (!context->IsCancelled()) std::this_thread::yield();
          return grpc::Status::CANCELLED;
        }
        v1::Chunk chunk;
        chunk.set_index(range.first() + i);
        chunk.set_data(snapshot_->bytes.substr(
            size_t{chunk.index()} * kChunkBytes, kChunkBytes));
        if (corrupt.load()) (*chunk.mutable_data())[0] ^= 1;
        out->Write(chunk);
      }
    }
    return grpc::Status::OK;
  }
  std::atomic<uint64_t> expected_epoch{0};
  std::atomic<bool> end_stream{false};
  std::atomic<bool> corrupt{false};
  std::atomic<int> sent{0};
  std::atomic<int> stop_after{-1};

 private:
  const std::shared_ptr<const Snapshot> snapshot_;
};

class LearnerClientTest : public ::testing::Test {
 protected:
  LearnerClientTest() : snapshot_(SomeSnapshot()), weights_(snapshot_) {
    auto server = GrpcServer::Start({}, {&rollout_, &weights_});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    LearnerClientOptions options;
    options.address = server_->address();
    options.chunk_timeout = absl::Milliseconds(200);
    client_ = *LearnerClient::Create(options);
  }
  ~LearnerClientTest() override {
    client_->Cancel();
    server_->Shutdown(absl::ZeroDuration());
  }
  std::unique_ptr<SnapshotAssembly> Begin() {
    const auto manifest = client_->GetManifest(snapshot_->ref());
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    return *SnapshotAssembly::Create(manifest->bytes, manifest->sha256,
                                     64u << 20, WireManifestCodec());
  }

  const std::shared_ptr<const Snapshot> snapshot_;
  FakeRollout rollout_;
  FakeWeightDoor weights_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<LearnerClient> client_;
};

TEST_F(LearnerClientTest, RecordsCrossTheWire) {
  RegisterRequest request;
  request.name = "worker";
  request.held = {{GroupId{}, 3}};
  const auto reply = client_->Register(request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->epoch, 4u);
  EXPECT_THAT(reply->adopted, ElementsAre(LeaseKey{GroupId{}, 3}));
}

TEST_F(LearnerClientTest, ASubmissionIsRepeatedWhileTheLearnerStarts) {
  const auto reply = client_->SubmitGroup(SubmitGroupRequest{});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->outcome, SubmitGroupReply::Outcome::kAccepted);
  EXPECT_EQ(rollout_.submits.load(), 2);
}

TEST_F(LearnerClientTest, AnEpochsEndArrivesWithItsWord) {
  const absl::Status status = client_->Renew(RenewRequest{}).status();
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(ReasonOf(status), reason::kEpochChanged);
}

TEST_F(LearnerClientTest, ASnapshotArrivesInChunks) {
  const auto assembly = Begin();
  ASSERT_TRUE(client_
                  ->FetchChunks(snapshot_->manifest_sha256, assembly->Missing(),
                                *assembly)
                  .ok());
  const auto made = assembly->Finish();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ((*made)->bytes, snapshot_->bytes);
}

TEST_F(LearnerClientTest, AWrongChunkEndsTheFetchByName) {
  weights_.corrupt.store(true);
  const auto assembly = Begin();
  EXPECT_TRUE(absl::IsDataLoss(client_->FetchChunks(
      snapshot_->manifest_sha256, assembly->Missing(), *assembly)));
}

TEST_F(LearnerClientTest, AFetchThatStandsStillEndsAndGoesOn) {
  weights_.stop_after.store(2);
  const auto assembly = Begin();
  EXPECT_TRUE(absl::IsDeadlineExceeded(client_->FetchChunks(
      snapshot_->manifest_sha256, assembly->Missing(), *assembly)));
  EXPECT_THAT(assembly->Missing(), ElementsAre(ChunkRange{2, 1}));
  EXPECT_TRUE(client_
                  ->FetchChunks(snapshot_->manifest_sha256, assembly->Missing(),
                                *assembly)
                  .ok());
  EXPECT_TRUE(assembly->Finish().ok());
}

TEST_F(LearnerClientTest, APolicyThatIsGoneIsNotFound) {
  EXPECT_TRUE(
      absl::IsNotFound(client_->GetManifest({Version{1}, Digest{}}).status()));
}

TEST_F(LearnerClientTest, TheWatchNamesItsRegistrationAndReopens) {
  ASSERT_TRUE(client_->Register(RegisterRequest{}).ok());
  weights_.expected_epoch.store(4);
  weights_.end_stream.store(true);
  const auto event = client_->NextPolicyEvent();
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->policy, snapshot_->ref());
  EXPECT_TRUE(absl::IsUnavailable(client_->NextPolicyEvent().status()));
  EXPECT_TRUE(client_->NextPolicyEvent().ok());
}

TEST_F(LearnerClientTest, CancelEndsEverythingThatBlocks) {
  std::thread lease([this] {
    LeaseRequest request;
    request.wait = absl::Seconds(60);
    EXPECT_TRUE(absl::IsCancelled(client_->Lease(request).status()));
  });
  std::atomic<bool> seen{false};
  std::thread watch([this, &seen] {
    EXPECT_TRUE(client_->NextPolicyEvent().ok());
    seen.store(true);
    EXPECT_TRUE(absl::IsCancelled(client_->NextPolicyEvent().status()));
  });
  while (!rollout_.parked.load() || !seen.load()) {
    std::this_thread::yield();
  }
  client_->Cancel();
  lease.join();
  watch.join();
  EXPECT_TRUE(absl::IsCancelled(client_->Renew(RenewRequest{}).status()));
}

TEST(LearnerClientAddressTest, OnlyThisMachineWithoutTls) {
  LearnerClientOptions options;
  options.address = "10.1.2.3:7070";
  EXPECT_TRUE(
      absl::IsPermissionDenied(LearnerClient::Create(options).status()));
}

}  // namespace
}  // namespace mdrl
