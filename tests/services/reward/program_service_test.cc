// Tasks that run programs, asked over gRPC as a worker asks.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "common/net/grpc_server.h"
#include "common/net/grpc_status.h"
#include "common/tasks/code_truth.h"
#include "common/wire/score_wire.h"
#include "services/reward/reward_service.h"
#include "services/reward/sandbox/process_tree.h"

namespace mdrl {
namespace {

using testing::HasSubstr;

class ProgramServiceTest : public testing::Test {
 protected:
  // The sandbox comes before the server, as it must; `programs` false: the
  // service has none.
  void Serve(bool programs) {
    if (programs) {
      Sandbox::Options options;
      options.limits.wall = absl::Seconds(2);
      auto made = Sandbox::Create(options);
      ASSERT_TRUE(made.ok()) << made.status();
      sandbox_ = *std::move(made);
    }
    const ProgramRuns runs = {sandbox_.get(), 2};
    VerifierPool::Options pooling;
    pooling.programs = runs;
    pool_ = std::make_unique<VerifierPool>(pooling);
    service_ = std::make_unique<RewardService>(pool_.get(), runs);
    server_ = *GrpcServer::Start({}, {service_.get()});
    stub_ = v1::RewardService::NewStub(grpc::CreateChannel(
        server_->address(), grpc::InsecureChannelCredentials()));
  }
  void TearDown() override {
    server_->Shutdown(absl::Seconds(10));
    pool_->Close();
  }

  absl::StatusOr<ScoreReply> Score(std::vector<std::string> programs) {
    ScoreRequest request;
    request.prompt.task = "mbpp";
    request.prompt.truth =
        ToJson(FunctionTruth{"assert add(1, 2) == 3", "add", ""});
    request.rubric = "train";
    for (std::string& program : programs) {
      const uint32_t index = static_cast<uint32_t>(request.texts.size());
      request.texts.push_back({index, "```python\n" + program + "\n```"});
    }
    grpc::ClientContext context;
    v1::ScoreResponse response;
    const grpc::Status status =
        stub_->Score(&context, ToProto(request), &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return FromProto(response);
  }

  v1::ListTasksResponse List() {
    grpc::ClientContext context;
    v1::ListTasksResponse response;
    EXPECT_TRUE(stub_->ListTasks(&context, {}, &response).ok());
    return response;
  }

  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<VerifierPool> pool_;
  std::unique_ptr<RewardService> service_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::RewardService::Stub> stub_;
};

constexpr char kRight[] = "def add(a, b): return a + b";

TEST_F(ProgramServiceTest, EveryEndOfAProgramIsAnOutcomeOfItsOwn) {
  Serve(/*programs=*/true);
  const auto reply =
      Score({kRight, "def add(a, b): return a - b", "def add(a, b) return",
             "while True: pass\ndef add(a, b): 0",
             "x = bytearray(10 << 30)\ndef add(a, b): 0",
             "import os\nos._exit(0)\ndef add(a, b): 0"});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->sandbox, "bubblewrap");
  const std::pair<Outcome, double> wanted[] = {
      {Outcome::kScored, 1.0},        {Outcome::kScored, 0.0},
      {Outcome::kProgramCrash, 0.0},  {Outcome::kProgramTimeout, 0.0},
      {Outcome::kProgramMemory, 0.0}, {Outcome::kProgramCrash, 0.0}};
  ASSERT_EQ(reply->items.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(reply->items[i].score.outcome, wanted[i].first);
    EXPECT_EQ(reply->items[i].score.reward, wanted[i].second);
    EXPECT_EQ(reply->items[i].score.sandbox, "bubblewrap");
  }
}

TEST_F(ProgramServiceTest, WithoutASandboxTheTaskIsRefusedByName) {
  Serve(/*programs=*/false);
  const auto reply = Score({kRight});
  EXPECT_TRUE(absl::IsFailedPrecondition(reply.status())) << reply.status();
  EXPECT_THAT(std::string(reply.status().message()), HasSubstr("mbpp"));
  const v1::ListTasksResponse listed = List();
  EXPECT_EQ(listed.sandbox(), "none");
  for (const auto& task : listed.tasks()) EXPECT_FALSE(task.runs_programs());
}

TEST_F(ProgramServiceTest, ABrokenSandboxIsAServiceErrorAndNeverAReward) {
  Serve(/*programs=*/true);
  EXPECT_TRUE(sandbox_->alive());
  for (const pid_t process : Descendants(getpid())) kill(process, SIGKILL);
  while (sandbox_->alive()) std::this_thread::yield();
  const auto reply = Score({kRight, kRight});
  ASSERT_TRUE(reply.ok()) << reply.status();
  for (const ScoreReply::Item& item : reply->items) {
    EXPECT_EQ(item.score.outcome, Outcome::kServiceError);
    EXPECT_FALSE(item.score.reward.has_value());
  }
}

}  // namespace
}  // namespace mdrl
