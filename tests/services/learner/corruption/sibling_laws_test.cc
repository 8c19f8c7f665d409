// What the laws of SPG's siblings promise beside the published masks.
#include <algorithm>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/learner/corruption/block_random.h"
#include "services/learner/corruption/coupled.h"
#include "services/learner/corruption/decode_states.h"
#include "services/learner/corruption/draw_source.h"
#include "services/learner/corruption/left_to_right.h"
#include "services/learner/corruption/random.h"
#include "services/learner/corruption/suffix_block.h"
#include "tests/services/learner/corruption/recorded_draws.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using Scope = DrawSource::Scope;

constexpr int32_t kMask = 99;
constexpr int32_t kEos = 2;

Completion MakeCompletion(std::vector<int32_t> tokens, uint32_t effective) {
  Completion completion;
  completion.tokens = std::move(tokens);
  completion.effective_tokens = effective;
  return completion;
}

int Scored(const Sample& sample) {
  return static_cast<int>(
      std::count(sample.scored.begin(), sample.scored.end(), true));
}

TEST(CoupledLawTest, APairScoresEachPositionExactlyOnceTheTailIncluded) {
  const CoupledLaw law({.mask_id = kMask, .pairs = 2});
  const Completion completion = MakeCompletion({3, 4, 5, 2, 2, 2}, 4);
  for (int c = 0; c < 6; ++c) {
    const Place place{.completion = c, .group_size = 6};
    PhiloxDraws draws(9, 0, place);
    const auto samples =
        law.Draw(std::vector<int32_t>{7, 8}, completion, place, draws);
    ASSERT_EQ(samples.size(), 4u);
    for (int m = 0; m < 2; ++m) {
      const Sample &chosen = samples[2 * m], &others = samples[2 * m + 1];
      for (int i = 0; i < 6; ++i) {
        EXPECT_NE(chosen.scored[i], others.scored[i]);
        EXPECT_EQ(chosen.input[2 + i] == kMask, chosen.scored[i]);
      }
      EXPECT_EQ(chosen.input[0], 7);
    }
  }
}

TEST(CoupledLawTest, CountsOfAGroupAreSpreadOverTheWholeRange) {
  const CoupledLaw law({.mask_id = kMask, .pairs = 1});
  const Completion completion = MakeCompletion(std::vector<int32_t>(7, 3), 7);
  std::multiset<int> counts;
  for (int c = 0; c < 8; ++c) {
    const Place place{.completion = c, .group_size = 8};
    PhiloxDraws draws(11, 0, place);
    counts.insert(Scored(law.Draw({}, completion, place, draws)[0]));
  }
  EXPECT_THAT(counts, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(RandomLawTest, StratifiedCountsVisitEveryCountWhenThereAreAsManySamples) {
  const RandomLaw law(
      {.mask_id = kMask, .samples = 5, .count = CountLaw::kStratified});
  PhiloxDraws draws(4, 0, Place{});
  std::multiset<int> counts;
  for (const Sample& sample :
       law.Draw({}, MakeCompletion({3, 4, 5, 6, 2, 2}, 5), Place{}, draws)) {
    counts.insert(Scored(sample));
    EXPECT_DOUBLE_EQ(sample.weight, 5.0 / Scored(sample));
    EXPECT_EQ(sample.input.back(), kMask);
  }
  EXPECT_THAT(counts, ElementsAre(1, 2, 3, 4, 5));
}

TEST(RandomLawTest, ASweepEndsAtTheHighestRatioWhateverItsStart) {
  const RandomLaw law({.mask_id = kMask,
                       .samples = 2,
                       .ratio = {0.1, 0.9},
                       .count = CountLaw::kSwept});
  const Completion completion = MakeCompletion(std::vector<int32_t>(50, 3), 50);
  std::vector<std::vector<int>> counts(2);
  for (int step = 0; step < 4; ++step) {
    const Place place{.step_in_round = step, .steps_in_round = 4};
    PhiloxDraws draws(4, 0, place);
    const auto samples = law.Draw({}, completion, place, draws);
    for (int s = 0; s < 2; ++s) counts[s].push_back(Scored(samples[s]));
  }
  for (int s = 0; s < 2; ++s) {
    EXPECT_EQ(counts[s].back(), 45);
    const int step = (45 - counts[s][0]) / 3;
    EXPECT_NEAR(counts[s][1] - counts[s][0], step, 1);
    EXPECT_NEAR(counts[s][2] - counts[s][1], step, 1);
  }
  EXPECT_NE(counts[0][0], counts[1][0]);
}

TEST(BlockRandomLawTest, MayScoreTheChosenBlockAlone) {
  RecordedDraws draws;
  draws.At(Scope::kCompletion, 0).permutations = {{0, 1}};
  draws.At(Scope::kSample, 0).counts = {1};
  draws.At(Scope::kSample, 0).permutations = {{0, 1}};
  const BlockRandomLaw law({.mask_id = kMask,
                            .samples = 1,
                            .block_tokens = 2,
                            .mask_prompt = 0.0,
                            .score_block_only = true});
  const auto samples =
      law.Draw({}, MakeCompletion({3, 4, 5, 6}, 4), Place{}, draws);
  EXPECT_THAT(samples[0].input, ElementsAre(kMask, 4, kMask, kMask));
  EXPECT_THAT(samples[0].scored, ElementsAre(true, false, false, false));
}

TEST(SuffixBlockLawTest, TheLastBlocksAreMaskedAndScoredOnlyIfAsked) {
  for (const bool active_only : {true, false}) {
    RecordedDraws draws;
    draws.At(Scope::kSample, 0).counts = {3};  // one block and one position
    draws.At(Scope::kSample, 0).uniforms = {0.7f, 0.2f};
    const SuffixBlockLaw law(
        {.mask_id = kMask, .block_tokens = 2, .active_only = active_only});
    const auto samples =
        law.Draw({}, MakeCompletion({3, 4, 5, 6, 2, 2}, 5), Place{}, draws);
    EXPECT_THAT(samples[0].input, ElementsAre(3, 4, 5, kMask, kMask, kMask));
    EXPECT_THAT(samples[0].scored, ElementsAre(false, false, false, true,
                                               !active_only, !active_only));
  }
}

TEST(DecodeStatesLawTest, WhatWasNeverRevealedIsMaskedAndNotScored) {
  Completion completion = MakeCompletion({3, 4, 2, 2, 2}, 3);
  completion.reveal_step = {0, 4, 4, 9, kNeverRevealed};
  RecordedDraws none;
  const DecodeStatesLaw law(
      {.mask_id = kMask, .eos_id = kEos, .merge = 1, .eos_scored = 1});
  const auto samples = law.Draw({}, completion, Place{}, none);
  ASSERT_EQ(samples.size(), 2u);  // step 9 revealed only a second EOS
  EXPECT_THAT(samples[0].scored, ElementsAre(true, false, false, false, false));
  EXPECT_THAT(samples[1].input, ElementsAre(3, kMask, kMask, kMask, kMask));
  EXPECT_THAT(samples[1].scored, ElementsAre(false, true, true, false, false));
}

TEST(LeftToRightLawTest, EachPositionIsScoredOnceBehindACleanPrefix) {
  RecordedDraws none;
  const LeftToRightLaw law({.mask_id = kMask});
  const auto samples = law.Draw(std::vector<int32_t>{1},
                                MakeCompletion({3, 2, 2}, 2), Place{}, none);
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_THAT(samples[1].input, ElementsAre(1, 3, kMask, kMask));
  EXPECT_THAT(samples[2].scored, ElementsAre(false, false, true));
}

}  // namespace
}  // namespace mdrl
