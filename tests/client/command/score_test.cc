#include "client/command/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>

#include "common/base/error.h"
#include "common/net/grpc_server.h"
#include "mdrl/v1/reward.grpc.pb.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Somebody's service: the reward is the length of the text, eval half of it.
class LengthService final : public v1::RewardService::Service {
 public:
  grpc::Status ListTasks(grpc::ServerContext*, const v1::ListTasksRequest*,
                         v1::ListTasksResponse* reply) override {
    auto& task = *reply->add_tasks();
    task.set_name("length");
    task.add_rubrics("eval");
    task.add_rubrics("train");
    return grpc::Status::OK;
  }
  grpc::Status Score(grpc::ServerContext*, const v1::ScoreRequest* request,
                     v1::ScoreResponse* reply) override {
    if (request->texts(0).text() == "broken") {
      reply->add_items()->set_index(0);
      return grpc::Status::OK;
    }
    const bool eval = request->rubric() == "eval";
    const auto found = request->weights().find("length");
    const double weight = found == request->weights().end() ? 1 : found->second;
    auto& item = *reply->add_items();
    item.set_index(request->texts(0).index());
    const double length = static_cast<double>(request->texts(0).text().size());
    item.mutable_score()->set_outcome(v1::Score::SCORED);
    item.mutable_score()->set_reward(weight * length);
    item.mutable_score()->set_correct(eval);
    item.mutable_score()->set_extracted(request->texts(0).text());
    auto& component = *item.mutable_score()->add_components();
    component.set_name("length");
    component.set_value(eval ? length / 2 : length);
    component.set_weight(weight);
    return grpc::Status::OK;
  }
};

class ScoreTest : public testing::Test {
 protected:
  ScoreTest()
      : folder_(fs::temp_directory_path() /
                ("score_test_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
    server_ = *GrpcServer::Start({}, {&service_});
    options_.task = "length";
    options_.reward = server_->address();
    options_.in = (folder_ / "in.jsonl").string();
    options_.out = (folder_ / "out.jsonl").string();
    session_.out = &out_;
    session_.err = &out_;
  }
  ~ScoreTest() override {
    server_->Shutdown(absl::Seconds(5));
    fs::remove_all(folder_);
  }
  void In(const std::string& text) const { std::ofstream(options_.in) << text; }
  std::string Out() const {
    std::ifstream file(options_.out);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const fs::path folder_;
  LengthService service_;
  std::unique_ptr<GrpcServer> server_;
  ScoreOptions options_;
  std::ostringstream out_;
  Session session_;
};

TEST_F(ScoreTest, ARunningServiceScoresBothLayouts) {
  In("{\"text\":\"four\",\"truth\":{},\"id\":\"a\"}\n"
     "{\"question\":\"q\",\"ground_truth\":{},\"generation\":\"four\"}\n");
  const auto code = RunScore(session_, options_);
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
  EXPECT_EQ(Out(),
            "{\"id\":\"a\",\"outcome\":\"scored\",\"reward\":4.0,\"correct\":"
            "false,\"extracted\":\"four\",\"components\":{\"length\":4.0}}\n"
            "{\"extracted\":\"four\",\"correct\":true,\"rewards\":{\"length\":"
            "4.0}}\n");
  EXPECT_THAT(out_.str(), HasSubstr("2 scored  1 correct  mean reward 4.0000"));
}

TEST_F(ScoreTest, WeightsAreThoseOfTheRubricAskedFor) {
  In("{\"text\":\"four\",\"truth\":{}}\n");
  options_.weights = {"length=0.5"};
  ASSERT_TRUE(RunScore(session_, options_).ok());
  EXPECT_THAT(Out(), HasSubstr("\"reward\":2.0"));
  options_.weights = {"length"};
  EXPECT_EQ(DetailOf(RunScore(session_, options_).status()).reason,
            reason::kUsage);
}

TEST_F(ScoreTest, WhatTheServiceDoesNotKnowIsNamed) {
  In("{\"text\":\"four\",\"truth\":{}}\n");
  options_.task = "chess";
  const absl::Status status = RunScore(session_, options_).status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("unknown task \"chess\"; there are length"));
  EXPECT_FALSE(fs::exists(options_.out));
}

TEST_F(ScoreTest, AnAnswerThatIsNoneWritesNothing) {
  In("{\"text\":\"four\",\"truth\":{}}\n{\"text\":\"broken\",\"truth\":{}}\n");
  const absl::Status status = RunScore(session_, options_).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("in.jsonl:2: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not believed"));
  EXPECT_FALSE(fs::exists(options_.out));
}

TEST(ScoreArgumentsTest, TheSiblingGetsTheSameWork) {
  ScoreOptions options;
  options.task = "math";
  options.rubric = "train";
  options.weights = {"correctness=1"};
  options.in = "a";
  options.out = "b";
  EXPECT_THAT(RewardArguments(options),
              ElementsAre("score", "--task", "math", "--in", "a", "--out", "b",
                          "--rubric", "train", "--weight", "correctness=1"));
}

}  // namespace
}  // namespace mdrl
