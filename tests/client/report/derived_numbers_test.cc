#include "client/report/derived_numbers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
