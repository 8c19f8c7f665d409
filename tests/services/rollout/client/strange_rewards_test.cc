// A stranger's reward service may answer anything. Nothing of it becomes a
// reward unless it is one: every answer below ends as an error here, and the
// worker asks again or gives the lease back.
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "common/net/grpc_server.h"
#include "gmock/gmock.h"
#include "grpcpp/server_context.h"
#include "gtest/gtest.h"
#include "mdrl/v1/reward.grpc.pb.h"
#include "services/rollout/client/reward_client.h"
#include "services/rollout/scorer.h"

namespace mdrl {
namespace {

using Answer = std::function<grpc::Status(
    grpc::ServerContext*, const v1::ScoreRequest&, v1::ScoreResponse*)>;

class StrangeDoor : public v1::RewardService::Service {
 public:
  explicit StrangeDoor(Answer answer) : answer_(std::move(answer)) {}
  grpc::Status Score(grpc::ServerContext* context,
                     const v1::ScoreRequest* request,
                     v1::ScoreResponse* response) override {
    return answer_(context, *request, response);
  }

 private:
  const Answer answer_;
};

// A right answer, spoilt by `spoil`.
Answer Spoilt(std::function<void(v1::ScoreResponse*)> spoil) {
  return [spoil](grpc::ServerContext*, const v1::ScoreRequest& request,
                 v1::ScoreResponse* out) {
    for (const auto& text : request.texts()) {
      v1::ScoreResponse::Item* item = out->add_items();
      item->set_index(text.index());
      item->mutable_score()->set_outcome(v1::Score::SCORED);
      item->mutable_score()->set_reward(1.0);
    }
    spoil(out);
    return grpc::Status::OK;
  };
}

// What becomes of one group of two, asked for once.
absl::Status ScoreWith(Answer answer, Group& group,
                       absl::Duration attempt = absl::Seconds(10)) {
  StrangeDoor door(std::move(answer));
  const auto server = *GrpcServer::Start({}, {&door});
  RewardClientOptions options;
  options.addresses = {server->address()};
  options.score_attempt = attempt;
  options.score_attempts = 1;
  const auto client = *RewardClient::Create(options);
  ScoreRequest request;
  request.prompt.task = "units";
  request.texts = {{0, "a"}, {1, "b"}};
  const auto reply = client->Score(request);
  const absl::Status status =
      reply.ok() ? TakeScores(*reply, std::nullopt, group) : reply.status();
  server->Shutdown(absl::Seconds(5));
  return status;
}

Group GroupOfTwo() {
  Group group;
  group.completions.resize(2);
  return group;
}

bool HasReward(const Group& group) {
  return group.completions[0].score.reward || group.completions[1].score.reward;
}

TEST(StrangeRewardsTest, ARightAnswerIsTaken) {
  Group group = GroupOfTwo();
  EXPECT_TRUE(ScoreWith(Spoilt([](v1::ScoreResponse*) {}), group).ok());
  EXPECT_EQ(group.completions[1].score.reward, 1.0);
}

TEST(StrangeRewardsTest, ARewardThatIsNoFiniteNumberIsRefused) {
  for (const double reward : {std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity()}) {
    Group group = GroupOfTwo();
    const absl::Status status =
        ScoreWith(Spoilt([reward](v1::ScoreResponse* out) {
                    out->mutable_items(0)->mutable_score()->set_reward(reward);
                  }),
                  group);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()),
                ::testing::HasSubstr("score.reward"));
    EXPECT_FALSE(HasReward(group));
  }
}

TEST(StrangeRewardsTest, AComponentThatIsNoFiniteNumberIsRefused) {
  Group group = GroupOfTwo();
  EXPECT_FALSE(
      ScoreWith(
          Spoilt([](v1::ScoreResponse* out) {
            out->mutable_items(1)->mutable_score()->add_components()->set_value(
                std::numeric_limits<double>::quiet_NaN());
          }),
          group)
          .ok());
  EXPECT_FALSE(HasReward(group));
}

TEST(StrangeRewardsTest, AnOutcomeThatNobodyKnowsIsRefused) {
  for (const int outcome : {0, 99, -1}) {
    Group group = GroupOfTwo();
    const absl::Status status =
        ScoreWith(Spoilt([outcome](v1::ScoreResponse* out) {
                    out->mutable_items(0)->mutable_score()->set_outcome(
                        static_cast<v1::Score::Outcome>(outcome));
                  }),
                  group);
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("outcome"));
    EXPECT_FALSE(HasReward(group));
  }
}

TEST(StrangeRewardsTest, ACompletionMissingTwiceOrFromElsewhereIsRefused) {
  const std::pair<const char*, std::function<void(v1::ScoreResponse*)>>
      cases[] = {
          {"none", [](v1::ScoreResponse* out) { out->clear_items(); }},
          {"one too few",
           [](v1::ScoreResponse* out) { out->mutable_items()->RemoveLast(); }},
          {"one twice",
           [](v1::ScoreResponse* out) { out->mutable_items(1)->set_index(0); }},
          {"one too many",
           [](v1::ScoreResponse* out) {
             *out->add_items() = out->items(1);
             out->mutable_items(2)->set_index(2);
           }},
          {"another group's",
           [](v1::ScoreResponse* out) {
             out->mutable_items(1)->set_index(4'000'000'000u);
           }},
          {"far too many", [](v1::ScoreResponse* out) {
             for (int i = 0; i < 10000; ++i) *out->add_items() = out->items(0);
           }}};
  for (const auto& [what, spoil] : cases) {
    Group group = GroupOfTwo();
    EXPECT_FALSE(ScoreWith(Spoilt(spoil), group).ok()) << what;
  }
}

TEST(StrangeRewardsTest, AServiceErrorIsNeverAReward) {
  Group group = GroupOfTwo();
  const absl::Status status =
      ScoreWith(Spoilt([](v1::ScoreResponse* out) {
                  v1::Score* score = out->mutable_items(0)->mutable_score();
                  score->set_outcome(v1::Score::SERVICE_ERROR);
                  score->clear_reward();
                }),
                group);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(group.completions[0].score.reward.has_value());
  // With a reward beside it, it is a contradiction.
  EXPECT_FALSE(ScoreWith(Spoilt([](v1::ScoreResponse* out) {
                           out->mutable_items(0)->mutable_score()->set_outcome(
                               v1::Score::SERVICE_ERROR);
                         }),
                         group)
                   .ok());
}

TEST(StrangeRewardsTest, AnAnswerThatDoesNotComeInTimeIsNone) {
  Group group = GroupOfTwo();
  const absl::Status status = ScoreWith(
      [](grpc::ServerContext* context, const v1::ScoreRequest&,
         v1::ScoreResponse*) {
        while (!context->IsCancelled()) std::this_thread::yield();
        return grpc::Status::OK;
      },
      group, absl::Milliseconds(50));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(HasReward(group));
}

TEST(StrangeRewardsTest, AnErrorOfItsOwnKeepsItsCode) {
  Group group = GroupOfTwo();
  const absl::Status status = ScoreWith(
      [](grpc::ServerContext*, const v1::ScoreRequest&, v1::ScoreResponse*) {
        return grpc::Status(grpc::StatusCode::UNKNOWN, "Exception calling it");
      },
      group);
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(HasReward(group));
}

}  // namespace
}  // namespace mdrl
