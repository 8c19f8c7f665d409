// Commands against a learner that remembers what it was told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/command/config.h"
#include "client/command/drain.h"
#include "client/command/evaluate.h"
#include "client/command/health.h"
#include "client/command/prompts.h"
#include "client/command/status.h"
#include "client/command/submit.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "tests/client/command/fake_learner.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

using CommandTest = LearnerTest;

constexpr char kPuzzle[] =
    R"({"prompt":"<bos>7626<sep>","truth":{"digits":"7626"},"id":"a"})"
    "\n";

TEST_F(CommandTest, SubmitSendsAHeaderAndItsPrompts) {
  SubmitOptions options = {.file = File(std::string(kPuzzle) + kPuzzle),
                           .task = "sort",
                           .name = "mine",
                           .weight = 0.5,
                           .held_out = true,
                           .dry_run = false};
  const absl::Status status = RunSubmit(session_, options);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(prompts_.messages.size(), 2u);
  EXPECT_EQ(prompts_.messages[0].header().count(), 2u);
  EXPECT_EQ(prompts_.messages[0].header().weight(), 0.5);
  EXPECT_TRUE(prompts_.messages[0].header().held_out());
  EXPECT_EQ(prompts_.messages[0].header().request_id().size(), 16u);
  EXPECT_EQ(prompts_.messages[1].batch().prompts(1).truth(),
            R"({"digits":"7626"})");
  EXPECT_THAT(out_.str(), HasSubstr("mine  2 prompts  sha "));
}

TEST_F(CommandTest, ATerminalIsToldHowFarASubmissionIs) {
  SubmitOptions options;
  options.file = File(std::string(kPuzzle) + kPuzzle);
  options.task = "sort";
  ASSERT_TRUE(RunSubmit(session_, options).ok());
  EXPECT_EQ(err_.str(), "");
  session_.err_terminal = true;
  ASSERT_TRUE(RunSubmit(session_, options).ok());
  EXPECT_THAT(err_.str(), HasSubstr("sent 2 prompts; the learner checks them"));
  EXPECT_EQ(SentText(120000, 1000000), "sent 120,000 of 1,000,000 prompts");
}

TEST_F(CommandTest, TheSameSubmissionHasTheSameRequestId) {
  SubmitOptions options = {.file = File(kPuzzle),
                           .task = "sort",
                           .name = "",
                           .weight = std::nullopt};
  ASSERT_TRUE(RunSubmit(session_, options).ok());
  ASSERT_TRUE(RunSubmit(session_, options).ok());
  options.held_out = true;
  ASSERT_TRUE(RunSubmit(session_, options).ok());
  const auto id = [this](size_t i) {
    return prompts_.messages[i].header().request_id();
  };
  EXPECT_EQ(id(0), id(2));
  EXPECT_NE(id(0), id(4));
}

TEST_F(CommandTest, ABadLineIsRefusedBeforeAnythingIsSent) {
  SubmitOptions options;
  options.file = File(std::string(kPuzzle) + "{\"prompt\": 3}\n");
  options.task = "sort";
  const absl::Status status = RunSubmit(session_, options);
  EXPECT_THAT(std::string(status.message()), HasSubstr("file.jsonl:2: "));
  EXPECT_TRUE(prompts_.messages.empty());
}

TEST_F(CommandTest, TheLearnersRefusalIsTold) {
  prompts_.refuse = true;
  SubmitOptions options;
  options.file = File(kPuzzle);
  options.task = "sort";
  EXPECT_EQ(RunSubmit(session_, options),
            absl::InvalidArgumentError("task: no such task"));
}

TEST(SubmitMessagesTest, BatchesStayBelowTheMessageLimit) {
  std::vector<Prompt> prompts(5);
  for (Prompt& prompt : prompts) {
    prompt.task = "sort";
    prompt.turns = {{"user", std::string(900 << 10, 'x')}};
  }
  const SetToSubmit set = {
      .name = "n", .task = "sort", .prompts = prompts, .weight = std::nullopt};
  SubmitMessages messages(set);
  int count = 0;
  int sent = 0;
  while (const auto* message = messages.Next()) {
    EXPECT_LT(message->ByteSizeLong(), 4u << 20);
    sent += message->batch().prompts_size();
    ++count;
  }
  EXPECT_TRUE(messages.status().ok());
  EXPECT_EQ(count, 4);
  EXPECT_EQ(sent, 5);
  prompts[0].turns[0].text.assign(4 << 20, 'x');
  SubmitMessages too_large(set);
  EXPECT_NE(too_large.Next(), nullptr);
  EXPECT_EQ(too_large.Next(), nullptr);
  EXPECT_EQ(too_large.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(CommandTest, StatusSaysWhereTheRunIsAndWhatItWaitsFor) {
  ASSERT_TRUE(RunStatus(session_, {}).ok());
  EXPECT_THAT(out_.str(), HasSubstr("quick  RUNNING  epoch 0  round 7"));
  EXPECT_THAT(out_.str(),
              HasSubstr("waits for DECODING: round 7 waits for 1 of 12"));
}

TEST_F(CommandTest, JsonHasItsBytesInHexadecimal) {
  session_.json = true;
  ASSERT_TRUE(RunStatus(session_, {}).ok());
  EXPECT_THAT(out_.str(), HasSubstr(R"("manifest_sha256":"abcd")"));
  EXPECT_THAT(out_.str(), HasSubstr(R"("state":"RUNNING")"));
}

TEST_F(CommandTest, EvaluateNamesSetsByTheirHashAndWaits) {
  EvaluateOptions options;
  options.sets = {"test"};
  options.version = 3;
  options.wait = true;
  ASSERT_TRUE(RunEvaluate(session_, options).ok());
  EXPECT_EQ(run_.evaluate.set_sha256(0), "test-hash");
  EXPECT_EQ(run_.evaluate.version(), 3u);
  EXPECT_TRUE(run_.evaluate.decode().empty());
  EXPECT_THAT(out_.str(), HasSubstr("0.500 [0.150, 0.850]"));
}

TEST_F(CommandTest, EvaluateOfATaskAsksForItsHeldOutSetsOnTheseCanvases) {
  EvaluateOptions options;
  options.tasks = {"sort"};
  options.decoding.canvas_tokens = {128, 16};
  ASSERT_TRUE(RunEvaluate(session_, options).ok());
  ASSERT_EQ(run_.evaluate.set_sha256_size(), 1);
  EXPECT_EQ(run_.evaluate.set_sha256(0), std::string(32, '\x5b'));
  ASSERT_EQ(run_.evaluate.decode_size(), 2);
  EXPECT_EQ(run_.evaluate.decode(0).decode_steps(), 64u);
  EXPECT_EQ(run_.evaluate.decode(0).block_tokens(), 32u);
  EXPECT_EQ(run_.evaluate.decode(1).block_tokens(), 16u);
  options.decoding.block_tokens = 24;
  EXPECT_EQ(DetailOf(RunEvaluate(session_, options)).reason, reason::kUsage);
  options.decoding = {};
  options.tasks = {"chess"};
  EXPECT_TRUE(absl::IsNotFound(RunEvaluate(session_, options)));
}

TEST_F(CommandTest, DrainNamesItsWorker) {
  ASSERT_TRUE(RunDrain(session_, {.worker = "rollout-1"}).ok());
  EXPECT_EQ(run_.drain.worker(), "rollout-1");
  EXPECT_EQ(run_.drain.request_id().size(), 16u);
}

TEST_F(CommandTest, HealthHasTheExitCodesOfAProbe) {
  const auto ask = [this](const std::string& target,
                          const std::string& service) {
    HealthOptions options;
    options.target = target;
    options.service = service;
    return RunHealth(session_, options, Clock::Real());
  };
  EXPECT_EQ(ask("", ""), 0);
  EXPECT_EQ(ask("", "ready"), 4);
  server_->SetReady(true);
  EXPECT_EQ(ask("", "ready"), 0);
  EXPECT_EQ(ask("", "nonsense"), 4);
  EXPECT_EQ(ask("no address", ""), 1);
  session_.timeout = absl::Milliseconds(100);
  EXPECT_EQ(ask("unix:" + (folder_ / "nobody").string(), ""), 2);
}

TEST_F(CommandTest, HealthIsAnObjectWhereAskedFor) {
  session_.json = true;
  EXPECT_EQ(RunHealth(session_, {.service = "ready"}, Clock::Real()), 4);
  EXPECT_THAT(out_.str(),
              HasSubstr(R"("service":"ready","health":"NOT_SERVING")"));
}

TEST_F(CommandTest, AnUnreachableLearnerIsNamed) {
  session_.learner = "unix:" + (folder_ / "nobody").string();
  session_.timeout = absl::Milliseconds(200);
  const absl::Status status = RunStatus(session_, {});
  EXPECT_EQ(DetailOf(status).reason, reason::kPeerUnreachable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("nobody"));
}

TEST_F(CommandTest, PromptsAreMadeToAFileOrToStandardOutput) {
  MakePromptsOptions options;
  options.make.task = "sort";
  options.make.count = 2;
  ASSERT_TRUE(RunMakePrompts(session_, options).ok());
  EXPECT_EQ(ParsePromptFile(out_.str(), "sort", "out")->prompts.size(), 2u);
  options.demonstrations = true;
  options.file = (folder_ / "shown.jsonl").string();
  ASSERT_TRUE(RunMakePrompts(session_, options).ok());
  EXPECT_EQ(ReadDemonstrations(options.file)->size(), 2u);
  options.split = "dev";
  EXPECT_EQ(DetailOf(RunMakePrompts(session_, options)).reason, reason::kUsage);
}

TEST_F(CommandTest, ConfigCheckTellsWhatFollowsAndWhatIsWrong) {
  ConfigOptions options;
  options.file = "examples/quickstart/run.yaml";
  ASSERT_TRUE(RunConfigCheck(session_, options).ok());
  EXPECT_THAT(out_.str(), HasSubstr("12 groups x 8 = 96 completions"));
  EXPECT_THAT(out_.str(), HasSubstr("657 kB per publication"));
  options.sets = {"schedule.group_size=1"};
  EXPECT_THAT(std::string(RunConfigCheck(session_, options).message()),
              HasSubstr("--set: schedule.group_size: must be at least 2"));
}

TEST_F(CommandTest, ConfigCheckKnowsWhatTheModelLacks) {
  ConfigOptions options;
  options.file = "examples/quickstart/run.yaml";
  options.sets = {"lora.enabled=true", "lora.targets=o_proj",
                  "rollout.decode.canvas_tokens=65536",
                  "rollout.decode.decode_steps=65534"};
  std::string message(RunConfigCheck(session_, options).message());
  EXPECT_THAT(message, HasSubstr("lora.targets: "));
  EXPECT_THAT(message, HasSubstr("o_proj"));
  EXPECT_THAT(message, HasSubstr("65536 leaves no room for a prompt"));
  options.sets = {"lora.enabled=true", "lora.targets=[o_proj, q_proj]",
                  "compat=ignore_unmatched_targets"};
  EXPECT_TRUE(RunConfigCheck(session_, options).ok());
}

TEST_F(CommandTest, ConfigCheckSaysSoWhereTheModelIsNotHere) {
  ConfigOptions options;
  options.file = "examples/gsm8k/run.yaml";
  options.sets = {"model.path=" + (folder_ / "elsewhere").string()};
  EXPECT_TRUE(RunConfigCheck(session_, options).ok());
  EXPECT_THAT(out_.str(), HasSubstr("16 groups x 6 = 96 completions"));
  EXPECT_THAT(err_.str(), HasSubstr("no estimates: "));
  EXPECT_THAT(err_.str(), HasSubstr("elsewhere/config.json"));
}

TEST_F(CommandTest, ConfigCheckTellsEverythingThatIsWrong) {
  ConfigOptions options;
  options.file = "examples/quickstart/run.yaml";
  options.sets = {"optimizer.leraning_rate=1", "schedule.group_size=1",
                  "rollout.decode.canvas_tokens=5", "run.seed=x"};
  const absl::Status status = RunConfigCheck(session_, options);
  EXPECT_EQ(DetailOf(status).reason, reason::kConfiguration);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("did you mean optimizer.lr?"));
  EXPECT_THAT(message, HasSubstr("run.seed: "));
  EXPECT_THAT(message, HasSubstr("schedule.group_size: must be at least 2"));
  EXPECT_THAT(message, HasSubstr("5 is not a multiple of block_tokens 8"));
}

TEST_F(CommandTest, ConfigCheckHasAllOfItInOneObject) {
  session_.json = true;
  ConfigOptions options;
  options.file = "examples/quickstart/run.yaml";
  options.sets = {"schedule.group_size=1"};
  EXPECT_FALSE(RunConfigCheck(session_, options).ok());
  EXPECT_THAT(out_.str(), HasSubstr(R"("open_tickets":12)"));
  EXPECT_THAT(out_.str(), HasSubstr(R"("ok":false,"findings":["--set: sch)"));
}

TEST_F(CommandTest, ConfigDiffTellsWhatMayChange) {
  ConfigDiffOptions options;
  options.file = options.other = "examples/quickstart/run.yaml";
  ASSERT_TRUE(RunConfigDiff(session_, options).ok());
  EXPECT_EQ(out_.str(), "no difference\n");
  options.sets = {"run.seed=43", "optimizer.lr=2.0e-6", "log.level=warn"};
  ASSERT_TRUE(RunConfigDiff(session_, options).ok());
  EXPECT_THAT(out_.str(), HasSubstr("run.seed  0 -> 43  (! needs a new run)"));
  EXPECT_THAT(out_.str(), HasSubstr("(~ from the next round)"));
  EXPECT_THAT(out_.str(), HasSubstr("log.level  info -> warn\n"));
}

}  // namespace
}  // namespace mdrl
