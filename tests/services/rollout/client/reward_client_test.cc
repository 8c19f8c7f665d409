#include "services/rollout/client/reward_client.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/net/grpc_server.h"
#include "common/wire/score_wire.h"
#include "gmock/gmock.h"
#include "grpcpp/server_context.h"
#include "gtest/gtest.h"
#include "mdrl/v1/reward.grpc.pb.h"

namespace mdrl {
namespace {

using ::testing::SizeIs;

class FakeRewardDoor : public v1::RewardService::Service {
 public:
  grpc::Status Score(grpc::ServerContext*, const v1::ScoreRequest* wire,
                     v1::ScoreResponse* out) override {
    calls.fetch_add(1);
    if (down.load()) {
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "down");
    }
    ScoreReply reply;
    for (const auto& text : wire->texts()) {
      mdrl::Score score;
      score.outcome = Outcome::kScored;
      score.reward = static_cast<double>(text.text().size());
      reply.items.push_back({text.index(), score});
    }
    *out = ToProto(reply);
    return grpc::Status::OK;
  }
  grpc::Status ListTasks(grpc::ServerContext*, const v1::ListTasksRequest*,
                         v1::ListTasksResponse* out) override {
    TaskListing listing;
    listing.tasks.push_back({"sort", "1", {}, false, {"bare"}, "", {}});
    *out = ToProto(listing);
    return grpc::Status::OK;
  }
  std::atomic<bool> down{false};
  std::atomic<int> calls{0};
};

class RewardClientTest : public ::testing::Test {
 protected:
  RewardClientTest() {
    first_ = *GrpcServer::Start({}, {&first_door_});
    second_ = *GrpcServer::Start({}, {&second_door_});
    RewardClientOptions options;
    options.addresses = {first_->address(), second_->address()};
    client_ = *RewardClient::Create(options);
  }
  static ScoreRequest Request(uint32_t texts) {
    ScoreRequest request;
    request.prompt.task = "sort";
    request.rubric = "bare";
    for (uint32_t i = 0; i < texts; ++i) {
      request.texts.push_back({i, std::string(i, 'x')});
    }
    return request;
  }

  FakeRewardDoor first_door_;
  FakeRewardDoor second_door_;
  std::unique_ptr<GrpcServer> first_;
  std::unique_ptr<GrpcServer> second_;
  std::unique_ptr<RewardClient> client_;
};

TEST_F(RewardClientTest, TheServicesTakeTurns) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(client_->Score(Request(2)).ok());
  EXPECT_EQ(first_door_.calls.load(), 2);
  EXPECT_EQ(second_door_.calls.load(), 2);
}

TEST_F(RewardClientTest, OneThatIsDownIsPassedOver) {
  first_door_.down.store(true);
  const auto reply = client_->Score(Request(3));
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_THAT(reply->items, SizeIs(3));
  EXPECT_EQ(reply->items[2].score.reward, 2.0);
}

TEST_F(RewardClientTest, ALargeGroupGoesOutInSeveralRequests) {
  const auto reply = client_->Score(Request(150));
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_THAT(reply->items, SizeIs(150));
  EXPECT_EQ(reply->items[149].index, 149u);
}

TEST_F(RewardClientTest, TasksAreListed) {
  const auto listing = client_->ListTasks();
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->tasks.at(0).name, "sort");
}

TEST_F(RewardClientTest, AfterCancelNothingIsAsked) {
  client_->Cancel();
  EXPECT_TRUE(absl::IsCancelled(client_->Score(Request(1)).status()));
}

}  // namespace
}  // namespace mdrl
