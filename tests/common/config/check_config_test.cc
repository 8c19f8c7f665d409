#include "common/config/check_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/config/derived.h"
#include "common/config/load_config.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kClean[] = R"(
run: {name: r}
model: {path: m}
lora: {enabled: false}
tasks: {sudoku4: {rubric: bare}}
security: {insecure: true}
)";

LoadedConfig With(std::vector<std::string> sets) {
  auto loaded =
      LoadConfig({.path = "", .text = kClean, .sets = std::move(sets)});
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  return loaded.ok() ? *std::move(loaded) : LoadedConfig();
}

// "key: message" of everything found.
std::vector<std::string> Found(std::vector<std::string> sets) {
  std::vector<std::string> found;
  for (const ConfigFinding& finding : CheckConfig(With(std::move(sets)).run)) {
    found.push_back(absl::StrCat(finding.key, ": ", finding.message));
  }
  return found;
}

TEST(CheckConfigTest, ACleanConfigurationHasNoFindings) {
  EXPECT_THAT(Found({}), IsEmpty());
  EXPECT_TRUE(RequireClean(With({})).ok());
}

struct FindingCase {
  std::string name;
  std::vector<std::string> sets;
  std::string finding;
};

class FindingTest : public testing::TestWithParam<FindingCase> {};

TEST_P(FindingTest, IsFoundAlone) {
  EXPECT_THAT(Found(GetParam().sets), ElementsAre(GetParam().finding));
}

INSTANTIATE_TEST_SUITE_P(
    CheckConfig, FindingTest,
    testing::ValuesIn(std::vector<FindingCase>{
        {"NameWithCapitals",
         {"run.name=Run"},
         "run.name: \"Run\" must be 1 to 40 of a-z, 0-9 and -"},
        {"CanvasNotDivisible",
         {"rollout.decode.canvas_tokens=100"},
         "rollout.decode.canvas_tokens: 100 is not a multiple of block_tokens "
         "32"},
        {"FewerStepsThanBlocks",
         {"rollout.decode.decode_steps=7"},
         "rollout.decode.decode_steps: 7 is fewer than the 8 blocks of the "
         "canvas; each needs a step"},
        {"EvaluationInheritsTheBlock",
         {"evaluation.decode={canvas_tokens: 48}"},
         "evaluation.decode[0].canvas_tokens: 48 is not a multiple of "
         "block_tokens 32"},
        {"GroupOfOne",
         {"schedule.group_size=1"},
         "schedule.group_size: must be at least 2: an advantage compares the "
         "completions of one prompt"},
        {"MinibatchesDoNotDivide",
         {"schedule.minibatches=3"},
         "schedule.minibatches: 3 does not divide groups_per_round 16"},
        {"BothWarmUps",
         {"optimizer={warmup_ratio: 0.1, warmup_steps: 3}"},
         "optimizer.warmup_steps: excludes warmup_ratio; give one of them"},
        {"UnknownAlgorithm",
         {"algorithm.name=difu_grpo"},
         "algorithm.name: \"difu_grpo\" is unknown; did you mean "
         "diffu_grpo? There are spg, bgpo, diffu_grpo, wd1, unigrpo, rspo, "
         "dtm, espo, tracerl, justgrpo"},
        {"SeveralSamplesOfAll",
         {"algorithm.corruption.kind=all", "algorithm.samples=2"},
         "algorithm.samples: 2 samples would be equal with corruption kind "
         "all; use 1"},
        {"CorruptionOfAnotherMethod",
         {"algorithm.corruption.kind=coupled"},
         "algorithm.corruption.kind: coupled is not for spg; it takes "
         "block_random, block_all, random, all, decode_states"},
        {"SamplesOfDecodeStates",
         {"algorithm.name=tracerl", "algorithm.samples=4"},
         "algorithm.samples: follows from the canvas with corruption kind "
         "decode_states; leave it out"},
        {"BlockOnlyWithoutABlock",
         {"algorithm.corruption={kind: random, score_block_only: true}"},
         "algorithm.corruption.score_block_only: is for corruption kind "
         "block_random"},
        {"SweepOfBlocks",
         {"algorithm={name: unigrpo, corruption: {kind: block_all}, unigrpo: "
          "{sweep: true}}"},
         "algorithm.unigrpo.sweep: is for corruption kind random"},
        {"JustGrpoInBlocks",
         {"algorithm.name=justgrpo", "rollout.decode.stop_at_eos=false"},
         "rollout.decode.block_tokens: must be 1: justgrpo scores a canvas "
         "that was written from left to right"},
        {"StaleTeacher",
         {"algorithm.name=dtm", "rollout.decode.stop_at_eos=false"},
         "schedule.max_staleness: must be 0: dtm learns from its teacher's "
         "own draws, and the teacher is the policy at the round's start"},
        {"AdvantageOfDtm",
         {"algorithm={name: dtm, advantage: mean}",
          "rollout.decode.stop_at_eos=false", "schedule.max_staleness=0"},
         "algorithm.advantage: is not for dtm: it weighs by the reward "
         "itself"},
        {"TailThatWasNotDecoded",
         {"algorithm.name=espo"},
         "rollout.decode.stop_at_eos: must be false: espo scores the tail "
         "behind the first EOS"},
        {"RatioUpsideDown",
         {"algorithm.corruption.ratio=[0.9, 0.1]"},
         "algorithm.corruption.ratio: the smaller share comes first"},
        {"UnknownCompat",
         {"compat=bugs"},
         "compat[0]: \"bugs\" is unknown; known are published_block_law, "
         "published_wd1_batch, ignore_unmatched_targets, "
         "published_math_format"},
        {"PaddingInARun",
         {"compat=attend_padding"},
         "compat[0]: attend_padding has no place in a run: no forward of it "
         "mixes prompt lengths, so nothing is padded; mdrlctl generate has it"},
        {"LoRAOfARandomBase",
         {"lora.enabled=true", "model.init=random"},
         "lora.enabled: must be false with model.init random: an adapter "
         "belongs to a base that every worker can read"},
        {"LoRAWithDropout",
         {"lora.enabled=true", "lora.dropout=0.05"},
         "lora.dropout: must be 0: the passes of a step must see the same "
         "adapter"},
        {"BlockCausalCache",
         {"rollout.decode.cache=block_causal"},
         "rollout.decode.cache: block_causal is not in this build; none, "
         "prefix and dual are"},
        {"GuidanceWithACache",
         {"rollout.decode.cache=dual", "rollout.decode.cfg_scale=1.5"},
         "rollout.decode.cfg_scale: must be 0.0 with a cache: guidance has "
         "none"},
        {"Arrival",
         {"schedule.order=arrival"},
         "schedule.order: arrival is not in this build; fixed_lag is"},
        {"ColdRollout",
         {"rollout.decode.temperature=0"},
         "rollout.decode.temperature: must be above 0.0: else all completions "
         "of a group are equal and nothing is learnt"},
        {"ForbiddenWord",
         {"rollout.decode.forbid=[mask, 3, bos]"},
         "rollout.decode.forbid[2]: \"bos\" is neither a token id nor one of "
         "mask, eos, pad"},
        {"SubmitOfAnUnknownTask",
         {"submit={file: f, task: math}"},
         "submit[0].task: tasks has no \"math\""},
        {"TrainingOnTheTestSplit",
         {"submit={make: {count: 1, split: test}, task: sudoku4}"},
         "submit[0].held_out: must be true: the test split is not "
         "trained on"},
        {"SubmitOfNothing",
         {"submit={task: sudoku4}"},
         "submit[0]: needs file: FILE or make: {count, ...}"},
        {"TwoSetsOfOneName",
         {"submit=[{file: f, task: sudoku4}, {file: g, task: sudoku4}]"},
         "submit[1].name: \"sudoku4\" stands here twice"},
        {"GeneratorThatIsNotThere",
         {"sft={make: {task: gsm8k, count: 3}}"},
         "sft[0].make: there is no generator for \"gsm8k\"; there are "
         "sudoku4, sort, countdown, sudoku9"},
        {"WarmUpLongerThanItsStage",
         {"sft={data: f, steps: 20}"},
         "sft[0].warmup_steps: 50 must be less than the stage's 20 steps"},
        {"LeaseShorterThanHeartbeats",
         {"timeouts.lease=3s"},
         "timeouts.lease: 3s must be longer than 3 x timeouts.heartbeat (3s)"},
        {"AlarmBeforeTheGroupsDeadline",
         {"watchdog.alarm_after=600s"},
         "watchdog.alarm_after: 600s must be longer than 2 x "
         "timeouts.group_deadline (600s)"},
        {"FetchShorterThanACollective",
         {"timeouts.collective=120s"},
         "timeouts.fetch: 120s must be longer than timeouts.collective "
         "(120s)"},
        {"GraceTooShortForACheckpoint",
         {"checkpoint.on_sigterm=true"},
         "timeouts.grace: 30s must be longer than timeouts.checkpoint_write, "
         "with checkpoint.on_sigterm (120s)"},
        {"OpenAddressWithoutTls",
         {"run.listen=\"0.0.0.0:7070\""},
         "run.listen: \"0.0.0.0:7070\" is not a loopback address; without "
         "TLS only 127.0.0.1, [::1], localhost and unix:PATH are allowed"},
    }),
    [](const auto& info) { return info.param.name; });

TEST(CheckConfigTest, DtmNeedsNeitherGroupsNorNoise) {
  EXPECT_THAT(Found({"algorithm.name=dtm", "rollout.decode.stop_at_eos=false",
                     "schedule.max_staleness=0", "schedule.group_size=1",
                     "rollout.decode.temperature=0"}),
              IsEmpty());
}

TEST(CheckConfigTest, FindingsCarryTheirSourceAndTheirKindOfError) {
  const LoadedConfig wrong = With({"schedule.group_size=1"});
  EXPECT_EQ(FindingText(CheckConfig(wrong.run)[0], wrong),
            "--set: schedule.group_size: must be at least 2: an advantage "
            "compares the completions of one prompt");
  EXPECT_EQ(RequireClean(wrong).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RequireClean(With({"security.insecure=false"})).code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(DerivedTest, OnlyLoopbackIsLoopback) {
  EXPECT_TRUE(IsLoopback("127.0.0.1:0"));
  EXPECT_TRUE(IsLoopback("127.8.8.8:7070"));
  EXPECT_TRUE(IsLoopback("[::1]:7070"));
  EXPECT_TRUE(IsLoopback("localhost:7070"));
  EXPECT_TRUE(IsLoopback("unix:/tmp/s"));
  EXPECT_FALSE(IsLoopback("0.0.0.0:7070"));
  EXPECT_FALSE(IsLoopback("[::]:7070"));
  EXPECT_FALSE(IsLoopback("127.0.0.1.example.org:7070"));
  EXPECT_FALSE(IsLoopback("learner:7070"));
}

TEST(DerivedTest, EvaluationsChangeWhatTheyNameInTheRolloutsSettings) {
  const auto decodes = EvaluationDecodes(
      With({"evaluation.decode=[{canvas_tokens: 64}, {decode_steps: 9}]"}).run);
  ASSERT_EQ(decodes.size(), 2u);
  EXPECT_EQ(decodes[0].canvas_tokens(), 64u);
  EXPECT_EQ(decodes[0].decode_steps(), 128u);
  EXPECT_EQ(decodes[1].decode_steps(), 9u);
  EXPECT_EQ(decodes[0].temperature(), 0.0);
  EXPECT_EQ(EvaluationDecodes(With({"evaluation.decode=[]"}).run).size(), 1u);
}

}  // namespace
}  // namespace mdrl
