#include "common/base/philox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace mdrl {
namespace {

using ::testing::ElementsAre;

// Known answers of Random123 (kat_vectors, philox4x32 with 10 rounds).
TEST(PhiloxTest, ReproducesThePublishedVectors) {
  EXPECT_THAT(Philox4x32({0, 0, 0, 0}, 0),
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(
      Philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, ~0ull),
      ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                         0x299f31d0a4093822ull),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(PhiloxTest, UniformsAreExactAndInsideTheOpenInterval) {
  EXPECT_EQ(PhiloxUniform(0), 0x1p-24f);
  EXPECT_EQ(PhiloxUniform(0xffffffff), 1.0f - 0x1p-24f);
}

TEST(PhiloxTest, BelowCoversItsRangeAndNoMore) {
  EXPECT_EQ(PhiloxBelow(0, 7), 0u);
  EXPECT_EQ(PhiloxBelow(0xffffffff, 7), 6u);
  EXPECT_EQ(PhiloxBelow(0xffffffff, 1), 0u);
}

TEST(PhiloxTest, PermutationHoldsEveryIndexOnce) {
  PhiloxSequence sequence(1, Stream::kCorruption, 0, 0, 0);
  auto order = sequence.NextPermutation(100);
  std::sort(order.begin(), order.end());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
}

TEST(PhiloxTest, FillAgreesWithSingleNumbers) {
  const PhiloxSequence sequence(77, Stream::kGumbel, 5, 6, 7);
  std::array<uint32_t, 11> words{};
  sequence.Fill(3, words);
  for (size_t i = 0; i < words.size(); ++i) {
    EXPECT_EQ(words[i], sequence.At(3 + i)) << i;
  }
}

// One vector per stream. They pin the layout of key and counter: a change here
// is a change of every run's random numbers.
TEST(PhiloxTest, TheStreamTableIsPinned) {
  std::array<uint8_t, 16> id{};
  for (int i = 0; i < 16; ++i) id[i] = static_cast<uint8_t>(i);
  const uint64_t key = PhiloxKey(/*run_seed=*/42, /*purpose=*/1, id);
  const uint64_t key0 = PhiloxKey(/*run_seed=*/42, /*purpose=*/0, id);
  EXPECT_EQ(key, 0x919f6ae7d05e7156ull);
  EXPECT_EQ(key0, 0x1c2d7dc22b9766b8ull);
  EXPECT_EQ(PhiloxSequence(key, Stream::kPromptOrder, 3, 0, 0).At(9),
            0x5d0ecd49u);
  EXPECT_EQ(PhiloxSequence(key, Stream::kGumbel, 17, 5, 2).At(9), 0x5c3a5fd4u);
  EXPECT_EQ(PhiloxSequence(key, Stream::kRemasking, 0, 5, 2).At(9),
            0x2f9222b1u);
  EXPECT_EQ(PhiloxSequence(key, Stream::kCorruption, 2, (1u << 16) + 3,
                           (1u << 24) - 1)
                .At(9),
            0xa2669e96u);
  EXPECT_EQ(PhiloxSequence(key0, Stream::kInit, 0, 0, 0).At(9), 0x85323e6bu);
  EXPECT_EQ(PhiloxSequence(key0, Stream::kSft, 11, 4, 0).At(9), 0x60f27380u);
}

}  // namespace
}  // namespace mdrl
