#include "client/report/derived_numbers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "common/config/load_config.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

config::v1::Run Quickstart(const std::vector<std::string>& sets) {
  return LoadConfig({.path = "examples/quickstart/run.yaml", .sets = sets})
      ->run;
}

LladaConfig Shape() {
  return *ReadLladaConfig("examples/quickstart/model/config.json");
}

TEST(DerivedNumbersTest, ARoundAndItsLagAreArithmetic) {
  const DerivedNumbers numbers =
      Derive(Quickstart({"schedule.max_staleness=3"}), std::nullopt);
  EXPECT_EQ(numbers.completions, 12u * 8u);
  EXPECT_EQ(numbers.canvas_tokens, 12u * 8u * 16u);
  EXPECT_EQ(numbers.open_tickets, 12u * 4u);
  EXPECT_EQ(numbers.lag_steps, 3u * 2u + 1u);
  EXPECT_EQ(numbers.replay_rounds, 10u);
  EXPECT_FALSE(numbers.model.has_value());
}

TEST(DerivedNumbersTest, AStepScoresEachCompletionWithEverySample) {
  const DerivedNumbers numbers =
      Derive(Quickstart({"schedule.minibatches=3", "algorithm.samples=5"}),
             std::nullopt);
  EXPECT_EQ(numbers.step_completions, 12u * 8u / 3u);
  EXPECT_EQ(numbers.step_tokens, 12u * 8u / 3u * 5u * 16u);
  EXPECT_EQ(numbers.all_steps, 40u * 2u * 3u);
  EXPECT_THAT(DerivedText(numbers),
              HasSubstr("step     32 completions x 5 samples, canvases of at "
                        "most 2560 tokens; 240 steps in all\n"));
  EXPECT_FALSE(
      Derive(Quickstart({"run.stop={rounds: 0, hours: 1}"}), std::nullopt)
          .all_steps.has_value());
}

TEST(DerivedNumbersTest, ThePublicationIsTheModelInFloats) {
  const DerivedNumbers numbers = Derive(Quickstart({}), Shape());
  ASSERT_TRUE(numbers.model.has_value());
  EXPECT_EQ(numbers.model->parameters, 164288u);
  EXPECT_EQ(numbers.model->publication_bytes, 4u * 164288u);
  // Weights, gradient and two moments at least.
  EXPECT_GT(numbers.model->learner_bytes, 16u * 164288u);
  EXPECT_THAT(DerivedText(numbers), HasSubstr("657 kB per publication"));
}

TEST(DerivedNumbersTest, AdaptersAreSmallerThanWhatTheyAdapt) {
  const DerivedNumbers numbers =
      Derive(Quickstart({"lora.enabled=true", "lora.rank=2"}), Shape());
  EXPECT_LT(numbers.model->publication_bytes, 4u * 164288u / 4u);
  EXPECT_GT(numbers.model->publication_bytes, 0u);
}

TEST(DerivedNumbersTest, AnAdapterIsAsLargeAsItsTargets) {
  const auto trained = [](const std::string& targets) {
    return Derive(Quickstart({"lora.enabled=true", "lora.rank=2",
                              "lora.targets=" + targets}),
                  Shape())
        .model->trained;
  };
  const LladaConfig c = Shape();
  const uint64_t square = 2 * 2 * c.d_model * c.n_layers;
  EXPECT_EQ(trained("q_proj"), square);
  EXPECT_EQ(trained("published"),
            3 * square + 2 * (c.d_model + c.mlp_hidden) * c.n_layers);
  EXPECT_EQ(trained("no_such_map"), trained("block"));
}

TEST(DerivedNumbersTest, SmallerMicroBatchesNeedLessMemory) {
  const auto bytes = [](const std::string& tokens) {
    return Derive(Quickstart({"optimizer.micro_batch_tokens=" + tokens}),
                  Shape())
        .model->learner_bytes;
  };
  EXPECT_GT(bytes("4096"), bytes("2048"));
  // All of a step's sequences: no more than that is ever held.
  EXPECT_EQ(bytes("100000000"), bytes("200000000"));
}

// A folder with no more than config.json tells the weights' type, too.
TEST(DerivedNumbersTest, AFrozenBaseIsAsLargeAsItsTypeSays) {
  LladaConfig shape = Shape();
  const auto learner = [&](const std::string& dtype, uint64_t stored) {
    shape.torch_dtype = dtype;
    return Derive(Quickstart({"lora.enabled=true", "lora.rank=2"}), shape,
                  stored)
        .model->learner_bytes;
  };
  EXPECT_EQ(learner("bfloat16", 0), learner("", 2 * 164288));
  EXPECT_EQ(learner("float32", 0), learner("", 4 * 164288));
  EXPECT_LT(learner("bfloat16", 0), learner("float32", 0));
}

// What the example's comment promises is what `config check` prints there.
TEST(DerivedNumbersTest, TheLargeExampleFitsOneGpuAsItsCommentSays) {
  const std::string path = "examples/gsm8k/run.yaml";
  const auto loaded = LoadConfig({.path = path});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  LladaConfig large;  // LLaDA-8B
  large.d_model = 4096;
  large.n_layers = large.n_heads = large.n_kv_heads = 32;
  large.mlp_hidden = 12288;
  large.vocab = 126464;
  large.max_sequence = 4096;
  const uint64_t stored = 16'031'162'368;
  const DerivedNumbers numbers = Derive(loaded->run, large, stored);
  EXPECT_LT(numbers.model->learner_gpu_bytes + numbers.model->worker_gpu_bytes,
            70e9);
  const std::string text = DerivedText(numbers);
  const size_t line = text.find("gpu      ");
  ASSERT_NE(line, std::string::npos) << text;
  std::ifstream file(path);
  const std::string comment(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(comment,
              HasSubstr(text.substr(line, text.find(", and 2", line) - line)));
  // On a CPU the base stays mapped as it is stored.
  EXPECT_GT(numbers.model->worker_bytes, stored);
  EXPECT_LT(numbers.model->worker_bytes, 2 * stored);
}

TEST(DerivedNumbersTest, TwiceTheWorkTakesTwiceTheTime) {
  const auto once = Derive(Quickstart({}), Shape()).model;
  const auto twice =
      Derive(Quickstart({"schedule.iterations=4"}), Shape()).model;
  EXPECT_DOUBLE_EQ(twice->train_seconds, 2.0 * once->train_seconds);
  EXPECT_DOUBLE_EQ(twice->decode_seconds, once->decode_seconds);
}

TEST(DerivedNumbersTest, ThePageAndTheObjectTellTheSame) {
  const DerivedNumbers numbers =
      Derive(Quickstart({"checkpoint.every_rounds=0"}), Shape());
  const auto json = nlohmann::json::parse(DerivedJson(numbers));
  EXPECT_EQ(json["completions"], 96);
  EXPECT_EQ(json["parameters"], 164288);
  EXPECT_FALSE(json.contains("replay_rounds"));
  EXPECT_THAT(DerivedText(numbers), HasSubstr("replay   all rounds"));
}

}  // namespace
}  // namespace mdrl
