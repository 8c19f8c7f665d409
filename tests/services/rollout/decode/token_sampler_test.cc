#include "services/rollout/decode/token_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "services/rollout/decode/remasking.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(MostConfidentTest, TiesGoToTheLowerIndex) {
  EXPECT_THAT(MostConfident(std::vector<float>{.5f, .9f, .5f, .9f, .5f}, 3),
              ElementsAre(0, 1, 3));
  EXPECT_THAT(MostConfident(std::vector<float>{.5f, .9f}, 7),
              ElementsAre(0, 1));
  EXPECT_THAT(MostConfident(std::vector<float>{.5f, .9f}, 0), IsEmpty());
}

TEST(AtLeastTest, TheBestOneIsKeptWhateverTheThreshold) {
  const std::vector<float> confidence = {.5f, .9f, .25f, .9f};
  EXPECT_THAT(AtLeast(confidence, .95f), ElementsAre(1));
  EXPECT_THAT(AtLeast(confidence, .9f), ElementsAre(1, 3));
  EXPECT_THAT(AtLeast(confidence, .5f), ElementsAre(0, 1, 3));
  EXPECT_THAT(AtLeast(confidence, 0.0f), ElementsAre(0, 1, 2, 3));
}

TEST(PhiloxNoiseTest, FollowsTheStreamTable) {
  const PhiloxNoise noise;
  const NoiseKey key{
      .philox_key = 77, .completion = 3, .step = 5, .position = 11};
  const PhiloxSequence gumbel(77, Stream::kGumbel, 11, 5, 3);
  std::vector<float> drawn(700);
  noise.Gumbel(key, 8, drawn);
  for (size_t i = 0; i < drawn.size(); ++i) {
    EXPECT_EQ(drawn[i], -std::log(-std::log(PhiloxUniform(gumbel.At(8 + i)))))
        << i;
  }
  EXPECT_EQ(
      noise.Remasking(key),
      PhiloxUniform(PhiloxSequence(77, Stream::kRemasking, 0, 5, 3).At(11)));
}

TEST(TokenSamplerTest, AtTemperatureZeroTheFirstLargestLogitWins) {
  const PhiloxNoise noise;
  const TokenSampler sampler(0.0f, {}, noise);
  std::vector<float> logits = {1, 3, 2, 3};
  const auto choice = sampler.Choose(logits, {});
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->token, 1);
  EXPECT_NEAR(choice->confidence, 1 / (2 + std::exp(-1.0) + std::exp(-2.0)),
              1e-6);
}

TEST(TokenSamplerTest, ForbiddenTokensHaveNoShareOfTheProbability) {
  const PhiloxNoise noise;
  const TokenSampler sampler(0.0f, {1, 3}, noise);
  std::vector<float> logits = {1, 3, 2, 3};
  const auto choice = sampler.Choose(logits, {});
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->token, 2);
  EXPECT_NEAR(choice->confidence, 1 / (1 + std::exp(-1.0)), 1e-6);
}

TEST(TokenSamplerTest, BrokenLogitsAreNoticed) {
  const PhiloxNoise noise;
  const TokenSampler sampler(0.0f, {}, noise);
  std::vector<float> nan = {1, NAN, 2}, infinite = {1, kInfinity, 2},
                     nothing = {-kInfinity, -kInfinity};
  EXPECT_FALSE(sampler.Choose(nan, {}).has_value());
  EXPECT_FALSE(sampler.Choose(infinite, {}).has_value());
  EXPECT_FALSE(sampler.Choose(nothing, {}).has_value());
}

// Chi-square with 4 degrees of freedom; 23.5 is its 0.9999 quantile. The seed
// is fixed, so the test cannot flicker.
TEST(TokenSamplerTest, SamplesSoftmaxOfLogitsOverTemperature) {
  const PhiloxNoise noise;
  const std::vector<float> logits = {0.0f, 1.0f, -0.5f, 0.3f, 2.0f};
  constexpr int kDraws = 40000;
  for (const float temperature : {0.5f, 1.0f, 2.0f}) {
    const TokenSampler sampler(temperature, {}, noise);
    std::vector<int> seen(logits.size());
    for (uint32_t i = 0; i < kDraws; ++i) {
      std::vector<float> copy = logits;
      const auto choice = sampler.Choose(
          copy, {.philox_key = 1, .step = i % 200, .position = i / 200});
      ASSERT_TRUE(choice.has_value());
      ++seen[choice->token];
    }
    double total = 0, chi_square = 0;
    for (const float l : logits) total += std::exp(l / temperature);
    for (size_t v = 0; v < logits.size(); ++v) {
      const double expected =
          kDraws * std::exp(logits[v] / temperature) / total;
      chi_square += (seen[v] - expected) * (seen[v] - expected) / expected;
    }
    EXPECT_LT(chi_square, 23.5) << "temperature " << temperature;
  }
}

}  // namespace
}  // namespace mdrl
