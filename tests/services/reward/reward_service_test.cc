#include "services/reward/reward_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "common/base/error.h"
#include "common/net/grpc_server.h"
#include "common/net/grpc_status.h"
#include "common/tasks/prompt_maker.h"
#include "common/wire/score_wire.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

class RewardServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    GrpcServer::Options options;
    options.max_message_bytes = 9 << 20;
    auto server = GrpcServer::Start(options, {&service_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::RewardService::NewStub(grpc::CreateChannel(
        server_->address(), grpc::InsecureChannelCredentials()));
  }
  void TearDown() override { server_->Shutdown(absl::Seconds(5)); }

  absl::StatusOr<ScoreReply> Score(const v1::ScoreRequest& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    v1::ScoreResponse response;
    const grpc::Status status = stub_->Score(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return FromProto(response);
  }
  static v1::ScoreRequest Request() {
    ScoreRequest request;
    request.group_id = MakeGroupId(1, {}, 0, 0);
    request.prompt = SortPrompt("3141", "p");
    request.rubric = "bare";
    request.texts = {{0, "1134"}, {1, "4311"}};
    return ToProto(request);
  }

  VerifierPool pool_{{.threads = 2, .queue = 16}};
  RewardService service_{&pool_};
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::RewardService::Stub> stub_;
};

TEST_F(RewardServiceTest, ScoresOverTheWire) {
  const auto reply = Score(Request());
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->items.size(), 2u);
  EXPECT_EQ(reply->items[0].score.reward, 1.0);
  EXPECT_EQ(reply->items[1].index, 1u);
  EXPECT_EQ(reply->items[1].score.correct, false);
  EXPECT_NE(reply->build.version, "");
}

TEST_F(RewardServiceTest, UnknownNamesAreInvalidArguments) {
  v1::ScoreRequest task = Request();
  task.mutable_prompt()->set_task("chess");
  v1::ScoreRequest rubric = Request();
  rubric.set_rubric("best");
  v1::ScoreRequest weight = Request();
  (*weight.mutable_weights())["cell"] = 1.0;
  v1::ScoreRequest truth = Request();
  truth.mutable_prompt()->set_truth("{}");
  const std::pair<v1::ScoreRequest*, const char*> cases[] = {{&task, "chess"},
                                                             {&rubric, "best"},
                                                             {&weight, "cell"},
                                                             {&truth, "truth"}};
  for (const auto& [request, part] : cases) {
    const auto reply = Score(*request);
    EXPECT_EQ(reply.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(reply.status().message()), HasSubstr(part));
  }
}

TEST_F(RewardServiceTest, OverlargeRequestsAreRefusedWithoutATimeToComeBack) {
  v1::ScoreRequest big = Request();
  big.mutable_texts(0)->set_text(std::string(10 << 20, '1'));
  const auto reply = Score(big);
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(DetailOf(reply.status()).retry_after.has_value());
  v1::ScoreRequest many = Request();
  for (int i = 2; i < 70; ++i) many.add_texts()->set_index(i);
  EXPECT_EQ(Score(many).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RewardServiceTest, ManyCallersAllGetTheirScoresOrAreToldToWait) {
  std::vector<std::thread> callers;
  std::atomic<int> scored = 0, full = 0, other = 0;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        const auto reply = Score(Request());
        if (reply.ok()) {
          scored += reply->items[0].score.reward == 1.0;
        } else {
          (DetailOf(reply.status()).reason == reason::kQueueFull ? full
                                                                 : other)++;
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(scored + full, 200);
  EXPECT_EQ(other, 0);
}

TEST_F(RewardServiceTest, ListsItsTasks) {
  grpc::ClientContext context;
  v1::ListTasksResponse response;
  ASSERT_TRUE(stub_->ListTasks(&context, {}, &response).ok());
  std::map<std::string, v1::ListTasksResponse::Task> tasks;
  for (const auto& task : response.tasks()) tasks[task.name()] = task;
  EXPECT_EQ(tasks.size(), static_cast<size_t>(response.tasks_size()));
  ASSERT_TRUE(tasks.contains("sort") && tasks.contains("sudoku4"));
  EXPECT_EQ(tasks["sudoku4"].rubrics_size(),
            tasks["sudoku4"].rubric_specs_size());
  EXPECT_GE(tasks["sudoku4"].rubrics_size(), 3);
  EXPECT_NE(tasks["sort"].truth(), "");
  EXPECT_GT(response.build().proto_revision(), 0u);
}

}  // namespace
}  // namespace mdrl
