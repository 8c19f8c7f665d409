// Commands that look at a run or change it, against a learner that remembers
// what it was told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "client/command/explain.h"
#include "client/command/pause.h"
#include "client/command/replay.h"
#include "client/command/sets.h"
#include "client/command/show.h"
#include "client/command/watch.h"
#include "common/base/error.h"
#include "common/sync/stop_signal.h"
#include "tests/client/command/fake_learner.h"
#include "tests/testing/fake_clock.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using RunCommandsTest = LearnerTest;

TEST_F(RunCommandsTest, SetsListsAllPages) {
  ASSERT_TRUE(RunSets(session_, {}).ok());
  EXPECT_THAT(out_.str(), HasSubstr("train  480 prompts  sha 5b5b5b5b"));
  EXPECT_THAT(out_.str(), HasSubstr("quarantined 1"));
  EXPECT_THAT(out_.str(), HasSubstr("test, held out  16 prompts"));
}

TEST_F(RunCommandsTest, SetsAreATableWhereAskedFor) {
  ASSERT_TRUE(RunSets(session_, {.csv = true}).ok());
  EXPECT_EQ(out_.str(),
            "name,task,state,count,passes,issued,trained,over_length,"
            "quarantined\n"
            "train,sort,ACTIVE,480,0,0,0,0,17\n"
            "\"test, held out\",sort,HELD_OUT,16,0,0,0,0,\n");
}

TEST_F(RunCommandsTest, SetsChangesWhatItIsToldByHash) {
  ASSERT_TRUE(RunSets(session_, {.pause = {"a"},
                                 .resume = {"b"},
                                 .retire = {"c"},
                                 .lift_quarantine = {"d:5"}})
                  .ok());
  ASSERT_EQ(prompts_.changes.size(), 4u);
  EXPECT_EQ(prompts_.changes[0].sha256(), "a-hash");
  EXPECT_EQ(prompts_.changes[0].state(), v1::PromptSet::PAUSED);
  EXPECT_EQ(prompts_.changes[1].state(), v1::PromptSet::ACTIVE);
  EXPECT_EQ(prompts_.changes[2].state(), v1::PromptSet::RETIRED);
  // The state is left as it was.
  EXPECT_EQ(prompts_.changes[3].state(), v1::PromptSet::PAUSED);
  EXPECT_THAT(prompts_.changes[3].lift_quarantine(), ElementsAre(5));
  EXPECT_EQ(prompts_.changes[3].request_id().size(), 16u);
}

TEST_F(RunCommandsTest, APlaceInQuarantineIsANameAndANumber) {
  for (const char* place : {"d", "d:", ":5", "d:x"}) {
    EXPECT_EQ(DetailOf(RunSets(session_, {.lift_quarantine = {place}})).reason,
              reason::kUsage);
  }
  EXPECT_TRUE(prompts_.changes.empty());
}

TEST_F(RunCommandsTest, PauseAndResumeSayWhyAndShowTheStatus) {
  ASSERT_TRUE(RunPause(session_, {.why = "lunch"}).ok());
  EXPECT_EQ(run_.command.why(), "lunch");
  EXPECT_EQ(run_.command.request_id().size(), 16u);
  EXPECT_THAT(out_.str(), HasSubstr("PAUSED"));
  ASSERT_TRUE(RunResume(session_, {}).ok());
  EXPECT_EQ(run_.command.why(), "mdrlctl resume");
  EXPECT_THAT(out_.str(), HasSubstr("RUNNING"));
}

TEST_F(RunCommandsTest, ExplainTellsTheChainAndWhatOneCanDo) {
  auto& first = *run_.explanation.add_chain();
  first.set_reason(v1::REASON_GROUP_STRAGGLES);
  first.set_level(v1::Explanation::SLOW);
  first.set_text("round 412 has waited 31 s for 1 of 16 groups");
  first.mutable_since()->set_seconds(31);
  auto& second = *run_.explanation.add_chain();
  second.set_reason(v1::REASON_GROUP_STRAGGLES);
  second.set_level(v1::Explanation::SLOW);
  second.set_text("ticket 6601 is leased to slot 5");
  second.mutable_acts_in()->set_seconds(212);
  second.set_next("look at its GPU clocks");
  ASSERT_TRUE(RunExplain(session_, {.subject = "6601"}).ok());
  EXPECT_EQ(run_.explained, "6601");
  EXPECT_EQ(out_.str(),
            "round 412 has waited 31 s for 1 of 16 groups\n"
            "  GROUP_STRAGGLES  SLOW  for 31 s\n"
            "  ticket 6601 is leased to slot 5\n"
            "    GROUP_STRAGGLES  SLOW  acts in 3 min 32 s\n"
            "    you can: look at its GPU clocks\n");
}

TEST_F(RunCommandsTest, ExplainWithoutAChainSaysThatNothingWaits) {
  ASSERT_TRUE(RunExplain(session_, {}).ok());
  EXPECT_EQ(out_.str(), "nothing waits\n");
}

v1::Completion CompletionOf(uint32_t index, const std::string& tokens) {
  v1::Completion completion;
  completion.set_index(index);
  for (const char token : tokens) {
    completion.mutable_tokens_i32()->append({token, '\0', '\0', '\0'});
    completion.mutable_reveal_step_u16()->append(
        {static_cast<char>(token % 2), '\0'});
    completion.mutable_confidence_f16()->append({'\0', '\x38'});  // 0.5
  }
  completion.set_effective_tokens(static_cast<uint32_t>(tokens.size()));
  completion.set_forwards(2);
  completion.add_versions()->set_version(411);
  auto& score = *completion.mutable_score();
  score.set_outcome(v1::Score::SCORED);
  score.set_reward(0.875);
  auto& part = *score.add_components();
  part.set_name("format");
  part.set_value(0.875);
  part.set_weight(1.0);
  auto& measured = *score.add_components();
  measured.set_name("empty_cells");
  measured.set_value(3.0);
  return completion;
}

v1::Provenance Story() {
  v1::Provenance story;
  story.mutable_prompt()->set_task("gsm8k");
  story.mutable_prompt()->set_index(4417);
  story.mutable_prompt()->set_truth("42");
  auto& turn = *story.mutable_prompt()->add_turns();
  turn.set_role("user");
  turn.set_text("7 x 6?");
  auto& group = *story.mutable_group();
  group.mutable_key()->set_group_id(std::string(16, '\x3f'));
  group.mutable_key()->set_attempt(1);
  group.set_purpose(v1::PURPOSE_TRAIN);
  group.mutable_decode()->set_canvas_tokens(4);
  group.mutable_decode()->set_block_tokens(4);
  group.mutable_decode()->set_decode_steps(2);
  group.mutable_decode()->set_temperature(0.9f);
  group.mutable_decode()->set_reveal(v1::DecodeSettings::LOW_CONFIDENCE);
  group.mutable_decode()->set_cache(v1::DecodeSettings::NONE);
  group.mutable_decode()->set_swap_at(v1::DecodeSettings::GROUP);
  group.set_slot(5);
  group.set_device("cpu");
  group.mutable_decode_took()->set_seconds(6);
  *group.add_completions() = CompletionOf(0, "abcd");
  *group.add_completions() = CompletionOf(1, "efgh");
  story.set_index(1);
  story.set_text("forty-two");
  story.set_state("TRAINED");
  story.set_round(412);
  story.add_steps(1648);
  story.add_steps(1651);
  story.set_advantage(-0.31);
  (*story.mutable_terms())["elbo"] = -0.44;
  return story;
}

TEST_F(RunCommandsTest, ShowTellsTheWholeStory) {
  run_.provenance = Story();
  ASSERT_TRUE(
      RunShow(session_, {.id = "g3f3f3f3f3f3f/1", .text = true, .trace = true})
          .ok());
  EXPECT_EQ(run_.completion.group_id(), std::string(6, '\x3f'));
  EXPECT_EQ(run_.completion.index(), 1u);
  const std::string out = out_.str();
  EXPECT_THAT(out, HasSubstr("g3f3f3f3f3f3f/1  gsm8k #4417  TRAINED in round "
                             "412, steps 1648-1651  advantage -0.3100\n"));
  EXPECT_THAT(out, HasSubstr("reward 0.875 = 0.875 format (empty_cells 3)\n"));
  EXPECT_THAT(out, HasSubstr("decoded with policy 411 by slot 5 (cpu"));
  EXPECT_THAT(out, HasSubstr("elbo -0.4400"));
  EXPECT_THAT(out, HasSubstr("user:\n7 x 6?\ncompletion:\nforty-two\n"));
  EXPECT_THAT(out, HasSubstr("    0  1 (0.500) 3 (0.500)\n"));
}

TEST_F(RunCommandsTest, ShowAnyAsksByTaskAndRange) {
  run_.provenance = Story();
  ASSERT_TRUE(
      RunShow(session_, {.any = true, .task = "gsm8k", .reward = "0.5.."})
          .ok());
  EXPECT_TRUE(run_.completion.any());
  EXPECT_EQ(run_.completion.task(), "gsm8k");
  EXPECT_EQ(run_.completion.reward_at_least(), 0.5);
  EXPECT_FALSE(run_.completion.has_reward_at_most());
  EXPECT_THAT(out_.str(), Not(HasSubstr("completion:")));
}

TEST_F(RunCommandsTest, ShowNeedsOneWayToChoose) {
  const auto reason_of = [this](const ShowOptions& options) {
    return DetailOf(RunShow(session_, options)).reason;
  };
  EXPECT_EQ(reason_of({}), reason::kUsage);
  EXPECT_EQ(reason_of({.id = "g3f3f3f3f3f3f", .any = true}), reason::kUsage);
  EXPECT_EQ(reason_of({.id = "hello"}), reason::kUsage);
  EXPECT_EQ(reason_of({.id = "g3f3f3f3f3f3f", .task = "a"}), reason::kUsage);
  EXPECT_EQ(reason_of({.any = true, .reward = "0.5"}), reason::kUsage);
  EXPECT_EQ(reason_of({.any = true, .reward = ".."}), reason::kUsage);
}

TEST_F(RunCommandsTest, AReplayThatIsEqualIsZero) {
  run_.provenance = Story();
  *run_.generated.mutable_group() = Story().group();
  run_.generated.mutable_policy()->set_version(411);
  const auto code = RunReplay(session_, {.id = "g3f3f3f3f3f3f"});
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
  EXPECT_EQ(run_.generate.replay_group_id(), std::string(16, '\x3f'));
  EXPECT_EQ(out_.str(), "replay: 8 of 8 tokens equal (policy 411)\n");
}

TEST_F(RunCommandsTest, AReplayThatDiffersNamesTheFirstPlace) {
  run_.provenance = Story();
  *run_.generated.mutable_group() = Story().group();
  *run_.generated.mutable_group()->mutable_completions(1) =
      CompletionOf(1, "eXgY");
  const auto code = RunReplay(session_, {.id = "g3f3f3f3f3f3f"});
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 1);
  EXPECT_THAT(out_.str(), HasSubstr("6 of 8 tokens equal"));
  EXPECT_THAT(out_.str(),
              HasSubstr("completion 1, position 1: token 88 instead of 102"));
  // The other completion alone is equal.
  EXPECT_EQ(*RunReplay(session_, {.id = "g3f3f3f3f3f3f/0"}), 0);
}

TEST_F(RunCommandsTest, ACompletionThatIsNotThereAgainDiffersInItsWholeLength) {
  v1::Group again = Story().group();
  again.mutable_completions()->RemoveLast();
  const auto comparison = CompareGroups(Story().group(), again, std::nullopt);
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(comparison->tokens, 8u);
  EXPECT_EQ(comparison->equal, 4u);
  EXPECT_EQ(comparison->first->completion, 1u);
}

v1::Event EventOf(uint64_t seq, const std::string& kind) {
  v1::Event event;
  event.set_seq(seq);
  event.set_kind(kind);
  event.set_subject("x");
  (*event.mutable_numbers())["loss"] = static_cast<double>(seq);
  return event;
}

class WatchTest : public LearnerTest {
 protected:
  WatchTest() {
    run_.events = {EventOf(99, "step"), EventOf(101, "step"),
                   EventOf(102, "step"), EventOf(103, "checkpoint"),
                   EventOf(104, "epoch_ended")};
  }
  absl::StatusOr<int> Watch(const WatchOptions& options) {
    return RunWatch(session_, options, stop_, clock_);
  }
  StopSignal stop_;
  FakeClock clock_;
};

TEST_F(WatchTest, LinesBeginWithNowAndTellTheNewestStepOfAnInterval) {
  const auto code = Watch({});
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
  EXPECT_EQ(run_.watch.after_seq(), 100u);
  EXPECT_THAT(out_.str(), HasSubstr("101  "));
  EXPECT_THAT(out_.str(), HasSubstr("103  "));
  EXPECT_THAT(out_.str(), HasSubstr("saved  x"));
  // Held back by the interval, and told at the end.
  EXPECT_THAT(out_.str(), HasSubstr("102  "));
  EXPECT_LT(out_.str().find("103  "), out_.str().find("102  "));
}

TEST_F(WatchTest, JsonIsOneObjectForEachEvent) {
  session_.json = true;
  ASSERT_TRUE(Watch({.since = 102, .kinds = {"checkpoint"}}).ok());
  EXPECT_EQ(run_.watch.after_seq(), 102u);
  EXPECT_EQ(run_.watch.kinds(0), "checkpoint");
  EXPECT_THAT(out_.str(), HasSubstr(R"("kind":"checkpoint")"));
  EXPECT_EQ(out_.str().find("\n"), out_.str().find("}\n{") + 1);
}

TEST_F(WatchTest, ATableHasEveryStepFromTheFirst) {
  ASSERT_TRUE(Watch({.csv = true}).ok());
  EXPECT_EQ(run_.watch.after_seq(), 0u);
  const std::string table = out_.str();
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4);
  EXPECT_THAT(table, HasSubstr("step,round,inner,"));
  EXPECT_THAT(table, HasSubstr(",99,"));
}

TEST_F(WatchTest, ALearnerThatIsGoneIsAPeerOutOfReach) {
  run_.events.pop_back();
  run_.ends_with = grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  const auto code = Watch({});
  EXPECT_EQ(DetailOf(code.status()).reason, reason::kPeerUnreachable);
  EXPECT_THAT(std::string(code.status().message()),
              HasSubstr(session_.learner));
}

TEST_F(WatchTest, AStopEndsItWithItsSignal) {
  stop_.Request(2);
  EXPECT_EQ(*Watch({}), 130);
}

TEST_F(WatchTest, ALearnerOutOfReachIsToldAtOnce) {
  session_.learner = "unix:" + (folder_ / "nobody").string();
  session_.timeout = absl::Milliseconds(200);
  EXPECT_EQ(DetailOf(Watch({}).status()).reason, reason::kPeerUnreachable);
}

}  // namespace
}  // namespace mdrl
