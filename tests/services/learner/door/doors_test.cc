// The learner's doors over a real loopback connection.
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "common/base/error.h"
#include "common/net/channel.h"
#include "common/net/grpc_status.h"
#include "common/wire/rollout_wire.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mdrl/v1/prompt.grpc.pb.h"
#include "mdrl/v1/rollout.grpc.pb.h"
#include "mdrl/v1/run.grpc.pb.h"
#include "services/learner/server.h"
#include "tests/services/learner/desk/desk_rig.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

std::string RequestIdOf(char fill) { return std::string(16, fill); }

class DoorsTest : public testing::Test {
 protected:
  DoorsTest() : rig_(RigOptions(2, 0)), worker_(rig_.desk(), "w", 1) {
    auto feed = EventFeed::Open(rig_.ledger().path());
    EXPECT_TRUE(feed.ok()) << feed.status();
    feed_ = *std::move(feed);
    LearnerOptions options;
    options.run_name = "test";
    options.listen = "127.0.0.1:0";
    options.insecure = true;
    auto server = LearnerServer::Start(options, rig_.desk(), *feed_, board_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = *MakeChannel(server_->address());
    prompts_ = v1::PromptService::NewStub(channel_);
    rollout_ = v1::RolloutService::NewStub(channel_);
    run_ = v1::RunService::NewStub(channel_);
    EXPECT_TRUE(rig_.SubmitPrompts(RigPrompts(4, "p")).ok());
    rig_.desk().Publish(RigSnapshot(0));
  }
  ~DoorsTest() override {
    rig_.desk().Close();
    feed_->Close();
    server_->Shutdown(absl::Seconds(5));
  }

  Rig rig_;
  RigWorker worker_;
  RunBoard board_;
  std::unique_ptr<EventFeed> feed_;
  std::unique_ptr<LearnerServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::PromptService::Stub> prompts_;
  std::unique_ptr<v1::RolloutService::Stub> rollout_;
  std::unique_ptr<v1::RunService::Stub> run_;
};

TEST_F(DoorsTest, PauseExplainAndResumeAreServed) {
  v1::RunCommand command;
  command.set_request_id(RequestIdOf('a'));
  command.set_why("lunch");
  v1::Status status;
  grpc::ClientContext pause;
  ASSERT_TRUE(run_->Pause(&pause, command, &status).ok());
  EXPECT_EQ(status.state(), v1::Status::PAUSED);
  EXPECT_EQ(status.run(), "test");
  v1::Explanation explanation;
  grpc::ClientContext explain;
  ASSERT_TRUE(run_->Explain(&explain, {}, &explanation).ok());
  EXPECT_EQ(explanation.chain(0).reason(), v1::REASON_PAUSED);
  command.set_request_id(RequestIdOf('b'));
  grpc::ClientContext resume;
  ASSERT_TRUE(run_->Resume(&resume, command, &status).ok());
  EXPECT_EQ(status.state(), v1::Status::RUNNING);
}

TEST_F(DoorsTest, AnUnknownSubjectIsNotFound) {
  v1::ExplainRequest request;
  request.set_subject("nobody");
  v1::Explanation explanation;
  grpc::ClientContext context;
  EXPECT_EQ(run_->Explain(&context, request, &explanation).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(DoorsTest, SetsAreListedAndPaused) {
  v1::ListPromptSetsResponse list;
  grpc::ClientContext ask;
  ASSERT_TRUE(prompts_->ListPromptSets(&ask, {}, &list).ok());
  ASSERT_EQ(list.sets_size(), 1);
  v1::SetPromptSetStateRequest request;
  request.set_request_id(RequestIdOf('c'));
  request.set_sha256(list.sets(0).sha256());
  request.set_state(v1::PromptSet::PAUSED);
  v1::PromptSet set;
  grpc::ClientContext change;
  ASSERT_TRUE(prompts_->SetPromptSetState(&change, request, &set).ok());
  EXPECT_EQ(set.state(), v1::PromptSet::PAUSED);
}

TEST_F(DoorsTest, AMessageOverItsLimitIsRefusedByTheLimit) {
  v1::RenewRequest request;
  request.set_state(v1::RenewRequest::READY);
  request.mutable_caller()->set_run_id(std::string(300 << 10, 'x'));
  v1::RenewResponse response;
  grpc::ClientContext context;
  const absl::Status refused =
      FromGrpcStatus(rollout_->Renew(&context, request, &response));
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DetailOf(refused).reason, "MESSAGE_TOO_LARGE");
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("Renew takes at most 262144"));
}

}  // namespace
}  // namespace mdrl
