#include "common/config/load_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mdrl {
namespace {

using config::v1::Algorithm;
using config::v1::Decode;
using RunConfig = config::v1::Run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kRequired[] = "run: {name: r}\nmodel: {path: m}\n";

absl::StatusOr<LoadedConfig> Load(
    const std::string& text, std::vector<std::string> sets = {},
    std::map<std::string, std::string> environment = {}) {
  return LoadConfig({.path = "",
                     .text = kRequired + text,  // `text` starts in line 3
                     .environment = std::move(environment),
                     .sets = std::move(sets)});
}

RunConfig Loaded(const std::string& text, std::vector<std::string> sets = {},
                 std::map<std::string, std::string> environment = {}) {
  const auto loaded = Load(text, std::move(sets), std::move(environment));
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  return loaded.ok() ? loaded->run : RunConfig();
}

std::string Refusal(const std::string& text, std::vector<std::string> sets = {},
                    std::map<std::string, std::string> environment = {}) {
  const auto loaded = Load(text, std::move(sets), std::move(environment));
  if (loaded.ok()) return "not refused";
  EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(loaded.status().message());
}

TEST(LoadConfigTest, KeysThatNobodyNamesHaveTheirDefaults) {
  const RunConfig run = Loaded("");
  EXPECT_EQ(run.run().seed(), 42u);
  EXPECT_EQ(run.run().listen(), "127.0.0.1:7070");
  EXPECT_FALSE(run.run().has_dir());
  EXPECT_EQ(run.rollout().decode().reveal(), Decode::LOW_CONFIDENCE);
  EXPECT_THAT(run.rollout().decode().forbid(), ElementsAre("mask"));
  EXPECT_THAT(run.optimizer().betas(), ElementsAre(0.9, 0.99));
  EXPECT_EQ(run.optimizer().lr(), 3e-6);
  EXPECT_FALSE(run.algorithm().corruption().has_kind());
  EXPECT_EQ(run.algorithm().spg().negative(), Algorithm::Spg::MIX);
  EXPECT_EQ(run.algorithm().tracerl().eos_scored(), 1u);
  EXPECT_EQ(run.ledger().commit_delay().nanos(), 5'000'000);
  EXPECT_EQ(run.reward().programs().memory(), 512u << 20);
  ASSERT_EQ(run.evaluation().decode_size(), 3);
  EXPECT_EQ(run.evaluation().decode(2).canvas_tokens(), 512u);
  EXPECT_FALSE(run.evaluation().decode(2).has_block_tokens());
  EXPECT_EQ(run.submit_size(), 0);
}

TEST(LoadConfigTest, ASectionKeepsTheDefaultsOfKeysItLeavesOut) {
  const RunConfig run = Loaded("schedule: {group_size: 8}\n");
  EXPECT_EQ(run.schedule().group_size(), 8u);
  EXPECT_EQ(run.schedule().groups_per_round(), 16u);
}

TEST(LoadConfigTest, ElementsOfListsAndMapsHaveTheirOwnDefaults) {
  const RunConfig run = Loaded(
      "tasks: {sudoku4: {rubric: bare}}\n"
      "sft: [{data: a.jsonl, steps: 7}, {make: {task: sort, count: 3}}]\n");
  EXPECT_EQ(run.tasks().at("sudoku4").text_after_eos(), config::v1::Task::CUT);
  ASSERT_EQ(run.sft_size(), 2);
  EXPECT_EQ(run.sft(0).steps(), 7u);
  EXPECT_EQ(run.sft(0).batch(), 32u);
  EXPECT_EQ(run.sft(1).steps(), 900u);
  EXPECT_TRUE(run.sft(1).has_make());
  EXPECT_EQ(run.sft(1).make().split(), config::v1::Make::TRAIN);
}

TEST(LoadConfigTest, OneValueMayStandWhereAListMay) {
  const RunConfig run = Loaded(
      "rollout: {peers: {reward: 'unix:r'}, decode: {forbid: 7}}\n"
      "evaluation: {decode: {canvas_tokens: 16}}\n"
      "compat: published_block_law\n");
  EXPECT_THAT(run.rollout().peers().reward(), ElementsAre("unix:r"));
  EXPECT_THAT(run.rollout().decode().forbid(), ElementsAre("7"));
  EXPECT_THAT(run.compat(), ElementsAre("published_block_law"));
  EXPECT_EQ(run.evaluation().decode_size(), 1);
}

TEST(LoadConfigTest, UnitsAndNumbersAreReadInEveryUsualSpelling) {
  const RunConfig run = Loaded(
      "timeouts: {heartbeat: 1500ms, lease: 2m}\n"
      "reward: {programs: {memory: 1.5GiB}}\n"
      "optimizer: {lr: 3e-6, eps: .1, weight_decay: +0.5, grad_clip: 1}\n");
  EXPECT_EQ(run.timeouts().heartbeat().seconds(), 1);
  EXPECT_EQ(run.timeouts().heartbeat().nanos(), 500'000'000);
  EXPECT_EQ(run.timeouts().lease().seconds(), 120);
  EXPECT_EQ(run.reward().programs().memory(), 3u << 29);
  EXPECT_EQ(run.optimizer().lr(), 3e-6);
  EXPECT_EQ(run.optimizer().eps(), 0.1);
  EXPECT_EQ(run.optimizer().weight_decay(), 0.5);
  EXPECT_EQ(run.optimizer().grad_clip(), 1.0);
}

TEST(LoadConfigTest, AutoTakesAwayAValueButAQuotedAutoIsAText) {
  EXPECT_FALSE(Loaded("policy: {kept: auto}").policy().has_kept());
  EXPECT_EQ(Loaded("policy: {kept: 4}").policy().kept(), 4u);
  EXPECT_FALSE(Loaded("security: {cert: auto}").security().has_cert());
  EXPECT_EQ(Loaded("security: {cert: \"auto\"}").security().cert(), "auto");
}

TEST(LoadConfigTest, TextsAreKeptAsTheyAreWritten) {
  const RunConfig run = Loaded(
      "reward: {verifier_versions: {a: 0123, b: 1.0, c: yes, d: \"\"}}\n");
  const auto& versions = run.reward().verifier_versions();
  EXPECT_EQ(versions.at("a"), "0123");
  EXPECT_EQ(versions.at("b"), "1.0");
  EXPECT_EQ(versions.at("c"), "yes");
  EXPECT_EQ(versions.at("d"), "");
}

TEST(LoadConfigTest, LaterSourcesWin) {
  const std::map<std::string, std::string> environment = {
      {"MDRL_RUN__SEED", "2"},
      {"MDRL_OPTIMIZER__LR", "1e-4"},
      {"MDRL_COMPAT", "[a, b]"},
      {"MDRL_GOLDEN_DIR", "/somewhere"},  // not a key of the configuration
      {"PATH", "/bin"}};
  const RunConfig run = Loaded("optimizer: {lr: 1.0, eps: 0.5}",
                               {"run.seed=3", "run.seed=4"}, environment);
  EXPECT_EQ(run.run().seed(), 4u);
  EXPECT_EQ(run.optimizer().lr(), 1e-4);
  EXPECT_EQ(run.optimizer().eps(), 0.5);
  EXPECT_THAT(run.compat(), ElementsAre("a", "b"));
}

TEST(LoadConfigTest, SetReachesIntoListsAndMaps) {
  const RunConfig run = Loaded(
      "sft: [{data: a, steps: 7}, {data: b}]\ntasks: {t: {rubric: bare}}\n",
      {"sft[1].steps=5", "sft.0.lr=0.5", "tasks.t.rubric=eval",
       "tasks.new.rubric=bare", "rollout.decode={canvas_tokens: 64}"});
  EXPECT_EQ(run.sft(1).steps(), 5u);
  EXPECT_EQ(run.sft(0).lr(), 0.5);
  EXPECT_EQ(run.tasks().at("t").rubric(), "eval");
  EXPECT_EQ(run.tasks().at("new").text_after_eos(), config::v1::Task::CUT);
  EXPECT_EQ(run.rollout().decode().canvas_tokens(), 64u);
  EXPECT_EQ(run.rollout().decode().block_tokens(), 32u);
}

TEST(LoadConfigTest, SettingOneWarmUpClearsTheOthersDefault) {
  EXPECT_EQ(Loaded("").optimizer().warmup_ratio(), 1e-4);
  const RunConfig steps = Loaded("optimizer: {warmup_steps: 3}");
  EXPECT_EQ(steps.optimizer().warmup_steps(), 3u);
  EXPECT_EQ(steps.optimizer().warmup_ratio(), 0.0);
  const RunConfig later =
      Loaded("optimizer: {warmup_steps: 3}", {"optimizer.warmup_ratio=0.1"});
  EXPECT_EQ(later.optimizer().warmup_steps(), 0u);
  EXPECT_EQ(later.optimizer().warmup_ratio(), 0.1);
}

TEST(LoadConfigTest, EnvironmentVariablesExpandInValues) {
  const RunConfig run = Loaded(
      "security: {ca: \"${env:HERE}/ca.pem\"}\nup: {rollouts: \"${env:N}\"}\n",
      {}, {{"HERE", "/etc"}, {"N", "3"}});
  EXPECT_EQ(run.security().ca(), "/etc/ca.pem");
  EXPECT_EQ(run.up().rollouts(), 3u);
  EXPECT_EQ(Refusal("security: {ca: \"${env:HERE}\"}"),
            "line 3: security.ca: the environment variable \"HERE\" is not "
            "set");
}

TEST(LoadConfigTest, SourcesSayWhereAKeyWasSet) {
  const auto loaded = Load("sft:\n- data: a\n  steps: 5\n", {"run.seed=1"},
                           {{"MDRL_UP__REWARDS", "2"}});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->sources.at("sft[0].steps"), "line 5");
  EXPECT_EQ(loaded->sources.at("run.seed"), "--set");
  EXPECT_EQ(loaded->sources.at("up.rewards"), "environment MDRL_UP__REWARDS");
  EXPECT_FALSE(loaded->IsSet("run.listen"));
}

struct RefusalCase {
  std::string name;
  std::string text;
  std::string sentence;
};

class RefusalTest : public testing::TestWithParam<RefusalCase> {};

TEST_P(RefusalTest, SaysLineKeyAndWhatWouldBeRight) {
  EXPECT_EQ(Refusal(GetParam().text), GetParam().sentence);
}

INSTANTIATE_TEST_SUITE_P(
    LoadConfig, RefusalTest,
    testing::ValuesIn(std::vector<RefusalCase>{
        {"MisspeltWordOfOtherPrograms", "optimizer: {leraning_rate: 1}",
         "line 3: optimizer.leraning_rate: unknown key; did you mean "
         "optimizer.lr?"},
        {"MisspeltKey", "\n\nschedule:\n  groupsize: 3",
         "line 6: schedule.groupsize: unknown key; did you mean "
         "schedule.group_size?"},
        {"KeyOfAnotherSection", "optimizer: {group_size: 3}",
         "line 3: optimizer.group_size: unknown key; did you mean "
         "schedule.group_size?"},
        {"MisspeltSection", "optimiser: {lr: 1}",
         "line 3: optimiser: unknown key; did you mean optimizer?"},
        {"KeyNearNothing", "log: {quietly_please_please: 1}",
         "line 3: log.quietly_please_please: unknown key; here stand level, "
         "format"},
        {"KeyInsideAList", "sft: [{data: a}, {data: b, stepz: 1}]",
         "line 3: sft[1].stepz: unknown key; did you mean sft[1].steps?"},
        {"DuplicateKey", "log: {level: info, level: warn}",
         "line 3: log.level: stands here a second time; first in line 3"},
        {"DuplicateSection", "log: {}\nlog: {}",
         "line 4: log: stands here a second time; first in line 3"},
        {"DuplicateName", "tasks:\n  a: {rubric: x}\n  a: {rubric: y}",
         "line 5: tasks.a: stands here a second time; first in line 4"},
        {"YesIsNotABool", "evaluation: {at_end: yes}",
         "line 3: evaluation.at_end: \"yes\" is not true or false"},
        {"TextForANumber", "optimizer: {lr: fast}",
         "line 3: optimizer.lr: \"fast\" is not a number"},
        {"QuotedNumber", "up: {rollouts: \"2\"}",
         "line 3: up.rollouts: \"2\" is not a whole number; quotes make it a "
         "text"},
        {"FractionForAWholeNumber", "up: {rollouts: 1.5}",
         "line 3: up.rollouts: \"1.5\" is not a whole number"},
        {"OctalLookingNumber", "schedule: {group_size: 010}",
         "line 3: schedule.group_size: \"010\" is not a whole number"},
        {"InfinityIsNoNumber", "optimizer: {grad_clip: inf}",
         "line 3: optimizer.grad_clip: \"inf\" is not a number"},
        {"NegativeCount", "up: {rollouts: -1}",
         "line 3: up.rollouts: -1 is out of range: must be at least 1 and at "
         "most 256"},
        {"OutOfRange", "optimizer: {lr: 0.0}",
         "line 3: optimizer.lr: 0.0 is out of range: must be above 0.0"},
        {"OutOfRangeInAList", "optimizer: {betas: [0.9, 1.0]}",
         "line 3: optimizer.betas[1]: 1.0 is out of range: must be at least "
         "0.0 and below 1.0"},
        {"KeyOfAMethodMisspelt", "algorithm: {spg: {betta: 2}}",
         "line 3: algorithm.spg.betta: unknown key; did you mean "
         "algorithm.spg.beta?"},
        {"BetaBelowOne", "algorithm: {spg: {beta: 0.5}}",
         "line 3: algorithm.spg.beta: 0.5 is out of range: must be at least "
         "1.0"},
        {"OmegaAboveOne", "algorithm: {spg: {omega: 1.5}}",
         "line 3: algorithm.spg.omega: 1.5 is out of range: must be at least "
         "0.0 and at most 1.0"},
        {"OmegaBelowZero", "algorithm: {spg: {omega: -0.5}}",
         "line 3: algorithm.spg.omega: -0.5 is out of range: must be at least "
         "0.0 and at most 1.0"},
        {"NoSamples", "algorithm: {samples: 0}",
         "line 3: algorithm.samples: 0 is out of range: must be at least 1 and "
         "at most 1024"},
        {"NoIterations", "schedule: {iterations: 0}",
         "line 3: schedule.iterations: 0 is out of range: must be at least 1 "
         "and at most 1024"},
        {"TooManyElements", "optimizer: {betas: [0.9, 0.9, 0.9]}",
         "line 3: optimizer.betas: has 3 values; exactly 2 are expected"},
        {"DurationWithoutUnit", "timeouts: {lease: 15}",
         "line 3: timeouts.lease: \"15\" is not a duration such as 5ms or "
         "30s; its unit is missing"},
        {"NegativeDuration", "timeouts: {lease: -1s}",
         "line 3: timeouts.lease: -1s is out of range: must be above 0s"},
        {"SizeWithAForeignUnit", "reward: {programs: {memory: 512MB}}",
         "line 3: reward.programs.memory: \"512MB\" is not a size such as "
         "512MiB"},
        {"UnknownWord", "rollout: {decode: {reveal: confident}}",
         "line 3: rollout.decode.reveal: \"confident\" is not one of "
         "low_confidence, random, threshold"},
        {"EnumNamesAreLowerCase", "rollout: {decode: {reveal: RANDOM}}",
         "line 3: rollout.decode.reveal: \"RANDOM\" is not one of "
         "low_confidence, random, threshold"},
        {"AutoWhereThereIsNone", "run: {}\nup: {rollouts: auto}",
         "line 3: run: stands here a second time; first in line 1"},
        {"AutoForAPlainNumber", "up: {rollouts: auto}",
         "line 3: up.rollouts: \"auto\" is not a whole number"},
        {"EmptyValue", "up: {rollouts: }",
         "line 3: up.rollouts: is empty; expected a whole number"},
        {"EmptyText", "security:\n  ca:\n",
         "line 4: security.ca: is empty; expected a text (\"\" for an empty "
         "one)"},
        {"EmptyList", "compat:\n",
         "line 3: compat: is empty; write [] for an empty list"},
        {"ScalarForASection", "schedule: 5",
         "line 3: schedule: \"5\" stands where a section of keys is expected"},
        {"SectionForAScalar", "up: {rollouts: {a: 1}}",
         "line 3: up.rollouts: a section of keys stands where a whole number "
         "is expected"},
        {"ListForAMap", "tasks: [a]",
         "line 3: tasks: a list stands where a section of keys is expected; "
         "write {} for none"},
        {"BothOfAnEitherOr", "submit: {file: f, make: {count: 1}, task: t}",
         "line 3: submit[0].make: excludes file; give one of them"},
        {"MissingInAList", "submit:\n- {file: f}",
         "line 4: submit[0].task: is missing; it has no default"},
        {"MissingInAMap", "tasks:\n  t:\n    verifier: v",
         "line 4: tasks.t.rubric: is missing; it has no default"},
        {"TwoValuesOnALine", "log: {level: info",
         "line 3: not YAML: end of map flow not found"},
    }),
    [](const auto& info) { return info.param.name; });

TEST(LoadConfigTest, ErrorsNameTheFile) {
  const auto loaded =
      LoadConfig({.path = "a/run.yaml", .text = "run: {nam: x}"});
  EXPECT_EQ(loaded.status().message(),
            "a/run.yaml: line 1: run.nam: unknown key; did you mean run.name?");
}

TEST(LoadConfigTest, MissingRequiredKeysAndFilesAreNamed) {
  EXPECT_EQ(LoadConfig({.path = "f", .text = ""}).status().message(),
            "f: run.name: is missing; it has no default");
  EXPECT_EQ(LoadConfig({.path = "no/such.yaml"}).status().message(),
            "no/such.yaml: cannot be read: No such file or directory");
}

TEST(LoadConfigTest, ErrorsInSetsAndVariablesNameThem) {
  EXPECT_EQ(Refusal("", {"run.sed=3"}),
            "--set: run.sed: unknown key; did you mean run.seed?");
  EXPECT_EQ(Refusal("", {"run.seed"}),
            "--set run.seed: write it as section.key=value");
  EXPECT_EQ(Refusal("", {"run.seed=x"}),
            "--set: run.seed: \"x\" is not a whole number");
  EXPECT_EQ(Refusal("", {"sft[0].steps=3"}),
            "--set: sft: has 0 elements; there is no element \"0\"");
  EXPECT_EQ(Refusal("", {"run.seed.x=3"}),
            "--set: run.seed: has no keys below it; set it as a whole to a "
            "whole number");
  EXPECT_EQ(Refusal("", {}, {{"MDRL_RUN__SED", "3"}}),
            "environment MDRL_RUN__SED: run.sed: unknown key; did you mean "
            "run.seed?");
}

TEST(LoadConfigAnywayTest, EverythingThatIsWrongIsWrittenDownWithItsLine) {
  std::vector<std::string> errors;
  const auto config =
      LoadConfigAnyway({.text = "run: {name: r, seeed: 3}\n"
                                "optimizer:\n"
                                "  lr: fast\n"
                                "  learning: 1\n"
                                "schedule: {group_size: 9}\n",
                        .sets = {"schedule.iterations=0", "no.such=1"}},
                       &errors);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(errors.size(), 6u);
  EXPECT_EQ(errors[0].substr(0, 26), "line 1: run.seeed: unknown");
  EXPECT_EQ(errors[1].substr(0, 22), "line 3: optimizer.lr: ");
  EXPECT_EQ(errors[2].substr(0, 28), "line 4: optimizer.learning: ");
  EXPECT_EQ(errors[3].substr(0, 29), "--set: schedule.iterations: 0");
  EXPECT_EQ(errors[4].substr(0, 10), "--set: no:");
  EXPECT_EQ(errors[5], "model.path: is missing; it has no default");
  // What could be read is there, the rest is at its default.
  EXPECT_EQ(config->run.schedule().group_size(), 9u);
  EXPECT_EQ(config->run.schedule().iterations(), 4u);
}

TEST(LoadConfigAnywayTest, TextThatIsNoYamlIsStillAnError) {
  std::vector<std::string> errors;
  EXPECT_FALSE(LoadConfigAnyway({.text = "a: [1"}, &errors).ok());
  EXPECT_TRUE(errors.empty());
}

}  // namespace
}  // namespace mdrl
