#include "services/learner/corruption/corruption_law.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/learner/corruption/bernoulli.h"
#include "services/learner/corruption/block_all.h"
#include "services/learner/corruption/block_random.h"
#include "services/learner/corruption/draw_source.h"
#include "services/learner/corruption/random.h"
#include "services/learner/corruption/registry.h"
#include "tests/services/learner/corruption/recorded_draws.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Scope = DrawSource::Scope;

constexpr int32_t kMask = 99;

Completion MakeCompletion(std::vector<int32_t> tokens, uint32_t effective) {
  Completion completion;
  completion.tokens = std::move(tokens);
  completion.effective_tokens = effective;
  return completion;
}

TEST(CorruptionLawTest, SameDrawsGiveSameCanvasesWhateverTheBatch) {
  const std::vector<int32_t> prompt = {1, 2, 3};
  const Completion completion = MakeCompletion({4, 5, 6, 7, 8, 9, 2, 2}, 7);
  const BlockRandomLaw law({.mask_id = kMask, .samples = 3, .block_tokens = 4});
  const Place place{.completion = 5, .group_size = 8, .step_in_round = 1};
  PhiloxDraws alone(42, 0, place);
  const auto first = law.Draw(prompt, completion, place, alone);

  // Another completion of the group is drawn before: nothing changes.
  const Place other{.completion = 4, .group_size = 8, .step_in_round = 1};
  PhiloxDraws before(42, 0, other);
  law.Draw(prompt, completion, other, before);
  PhiloxDraws again(42, 0, place);
  const auto second = law.Draw(prompt, completion, place, again);

  ASSERT_EQ(first.size(), 3u);
  for (size_t s = 0; s < first.size(); ++s) {
    EXPECT_EQ(first[s].input, second[s].input);
    EXPECT_EQ(first[s].scored, second[s].scored);
  }
}

TEST(CorruptionLawTest, AnotherStepOfTheRoundDrawsOtherCanvases) {
  const Completion completion = MakeCompletion(std::vector<int32_t>(64, 7), 64);
  const RandomLaw law({.mask_id = kMask, .samples = 1});
  const Place step0{.completion = 0, .step_in_round = 0};
  const Place step1{.completion = 0, .step_in_round = 1};
  PhiloxDraws draws0(42, 0, step0);
  PhiloxDraws draws1(42, 0, step1);
  EXPECT_NE(law.Draw({}, completion, step0, draws0)[0].input,
            law.Draw({}, completion, step1, draws1)[0].input);
}

TEST(CorruptionLawTest, PhiloxDrawsReadTheirLineOfTheStreamTable) {
  const Place place{.completion = 6, .step_in_round = 3};
  PhiloxDraws draws(77, 2, place);
  const uint32_t use_and_step = 2 * 65536 + 3;

  draws.Open(Scope::kSample, 1);
  PhiloxSequence sample(77, Stream::kCorruption, 2, use_and_step, 6);
  EXPECT_EQ(draws.Between(3, 12), 3 + static_cast<int>(sample.NextBelow(10)));
  EXPECT_EQ(draws.Permutation(9), sample.NextPermutation(9));
  EXPECT_EQ(draws.Uniforms(1)[0], sample.NextUniform());

  draws.Open(Scope::kCompletion, 0);
  PhiloxSequence completion(77, Stream::kCorruption, 0, use_and_step, 6);
  EXPECT_EQ(draws.Permutation(5), completion.NextPermutation(5));

  draws.Open(Scope::kGroup, 0);
  PhiloxSequence group(77, Stream::kCorruption, 0, use_and_step, (1 << 24) - 1);
  EXPECT_EQ(draws.Uniforms(2)[0], group.NextUniform());
}

TEST(CorruptionLawTest, SftDrawsAreKeyedByRowAndStep) {
  PhiloxSftDraws draws(5, /*row=*/7, /*step=*/11);
  PhiloxSequence expected(5, Stream::kSft, 7, 11, 0);
  EXPECT_EQ(draws.Uniforms(1)[0], expected.NextUniform());
}

TEST(CorruptionLawTest, BlockRandomMasksPartOfItsBlockAndAllThatFollows) {
  RecordedDraws draws;
  draws.At(Scope::kCompletion, 0).permutations = {{1, 0, 2}};
  auto& line = draws.At(Scope::kSample, 0);
  line.counts = {1};
  line.permutations = {{1, 0}};
  line.uniforms = {0.9f, 0.1f, 0.2f, 0.05f};
  const BlockRandomLaw law(
      {.mask_id = kMask, .samples = 1, .block_tokens = 2, .mask_prompt = 0.15});
  const auto samples =
      law.Draw(std::vector<int32_t>{1, 2},
               MakeCompletion({3, 4, 5, 6, 7, 2}, 5), Place{}, draws);
  // Prompt 1 2: the second is perturbed. Block 0: 4 is perturbed and scored.
  // Block 1: position q is masked where the permutation is below the count.
  EXPECT_THAT(samples[0].input,
              ElementsAre(1, kMask, 3, kMask, 5, kMask, kMask, kMask));
  EXPECT_THAT(samples[0].target, ElementsAre(3, 4, 5, 6, 7, 2));
  EXPECT_THAT(samples[0].scored,
              ElementsAre(false, true, false, true, true, false));
  EXPECT_DOUBLE_EQ(samples[0].weight, 5.0 / 3.0);
}

TEST(CorruptionLawTest, AMaskTokenWrittenByThePolicyCountsAsMasked) {
  RecordedDraws draws;
  draws.At(Scope::kCompletion, 0).permutations = {{1, 0}};
  const BlockAllLaw law({.mask_id = kMask, .samples = 1, .block_tokens = 2});
  const auto samples =
      law.Draw({}, MakeCompletion({kMask, 4, 5, 6}, 4), Place{}, draws);
  EXPECT_THAT(samples[0].scored, ElementsAre(true, false, true, true));
  EXPECT_EQ(samples[0].target[0], kMask);
}

TEST(CorruptionLawTest, BlocksRepeatOnlyWhenThereAreMoreSamplesThanBlocks) {
  for (int completion = 0; completion < 50; ++completion) {
    PhiloxDraws draws(3, 0, Place{.completion = completion});
    const std::vector<int> blocks =
        ChooseBlocks(BlockChoice::kWithoutReplacement, /*samples=*/7,
                     /*effective_tokens=*/17, /*canvas_tokens=*/64,
                     /*block_tokens=*/8, draws);
    EXPECT_EQ(std::set<int>(blocks.begin(), blocks.begin() + 3),
              (std::set<int>{0, 1, 2}));
    EXPECT_LE(std::count(blocks.begin(), blocks.end(), 0), 3);
    EXPECT_GE(std::count(blocks.begin(), blocks.end(), 0), 2);
  }
}

TEST(CorruptionLawTest, FirstBlockIsUniformByDefaultAndSkewedByModulo) {
  std::map<BlockChoice, std::map<int, int>> counts;
  constexpr int kDraws = 9000;
  for (const auto choice :
       {BlockChoice::kWithoutReplacement, BlockChoice::kModulo}) {
    for (int completion = 0; completion < kDraws; ++completion) {
      PhiloxDraws draws(3, 0, Place{.completion = completion});
      ++counts[choice][ChooseBlocks(choice, 1, 24, 64, 8, draws)[0]];
    }
  }
  // Three blocks hold content: 1/3 each, but 3, 3, 2 of 8 modulo three.
  EXPECT_NEAR(counts[BlockChoice::kWithoutReplacement][2], kDraws / 3.0, 180);
  EXPECT_NEAR(counts[BlockChoice::kModulo][2], kDraws / 4.0, 180);
}

TEST(CorruptionLawTest, BernoulliScoresPaddingAndLeavesThePromptClean) {
  RecordedDraws draws;
  draws.At(Scope::kSample, 0).uniforms = {0.5f, 0.4f, 0.6f, 0.2f};
  const BernoulliLaw law({.mask_id = kMask});
  const auto samples = law.Draw(std::vector<int32_t>{1, 2},
                                MakeCompletion({3, 4, 4}, 2), Place{}, draws);
  EXPECT_THAT(samples[0].input, ElementsAre(1, 2, kMask, 4, kMask));
  EXPECT_THAT(samples[0].scored, ElementsAre(true, false, true));
  EXPECT_FLOAT_EQ(samples[0].weight, 1.0f / (0.999f * 0.5f + 0.001f));
}

TEST(CorruptionLawTest, UnknownKindIsRefusedWithTheListOfKinds) {
  const auto law = MakeCorruptionLaw({.kind = "blocks"});
  EXPECT_EQ(law.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(law.status().message()), HasSubstr("block_random"));
}

// A table model over four positions: log p of a position given the mask set.
double TableLogp(uint32_t masked, int position) {
  return -0.3 - 0.11 * ((masked * 2654435761u >> (3 * position)) % 17);
}

TEST(CorruptionLawTest, CountFormOfTheElboEqualsTheIntegralOverT) {
  constexpr int kN = 4;
  // All counts and permutations through the law: E_k[(n/k) sum log p].
  const RandomLaw law({.mask_id = kMask, .samples = 1});
  double count_form = 0.0;
  int permutations = 0;
  std::vector<int32_t> order(kN);
  std::iota(order.begin(), order.end(), 0);
  do {
    ++permutations;
    for (int k = 1; k <= kN; ++k) {
      RecordedDraws draws;
      draws.At(Scope::kSample, 0).counts = {k};
      draws.At(Scope::kSample, 0).permutations = {order};
      const Sample sample =
          law.Draw({}, MakeCompletion({1, 2, 3, 4}, kN), Place{}, draws)[0];
      uint32_t masked = 0;
      for (int i = 0; i < kN; ++i) masked |= uint32_t{sample.scored[i]} << i;
      for (int i = 0; i < kN; ++i) {
        if (sample.scored[i])
          count_form += sample.weight * TableLogp(masked, i);
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
  count_form /= permutations * kN;

  // Over subsets: the integral of t^(k-1) (1-t)^(n-k) is Beta(k, n-k+1).
  double integral = 0.0;
  for (uint32_t masked = 1; masked < (1u << kN); ++masked) {
    const int k = __builtin_popcount(masked);
    const double beta =
        std::tgamma(k) * std::tgamma(kN - k + 1) / std::tgamma(kN + 1);
    for (int i = 0; i < kN; ++i) {
      if (masked >> i & 1) integral += beta * TableLogp(masked, i);
    }
  }
  EXPECT_NEAR(count_form, integral, 1e-12);
}

}  // namespace
}  // namespace mdrl
