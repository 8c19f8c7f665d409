#include "common/text/bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Merges = std::vector<std::pair<std::string, std::string>>;

// Letters 'a' to 'z' have their place as id; joined tokens follow from 100 on,
// in the order of the merges.
TokenizerSpec Letters(const Merges& merges) {
  TokenizerSpec spec;
  for (char c = 'a'; c <= 'z'; ++c) {
    spec.vocab.emplace_back(std::string(1, c), c - 'a');
  }
  for (size_t i = 0; i < merges.size(); ++i) {
    spec.vocab.emplace_back(merges[i].first + merges[i].second, 100 + i);
  }
  spec.merges = merges;
  return spec;
}

std::vector<int32_t> Encode(const TokenizerSpec& spec,
                            const std::string& text) {
  const auto bpe = Bpe::Create(spec);
  EXPECT_TRUE(bpe.ok()) << bpe.status();
  Bpe::Scratch scratch;
  std::vector<int32_t> ids;
  EXPECT_EQ(bpe->Append(text, &scratch, &ids), std::nullopt);
  return ids;
}

TEST(BpeTest, TheLowestRankIsJoinedFirstAndOfEqualOnesTheLeftmost) {
  const Merges merges = {{"a", "b"}, {"b", "c"}, {"ab", "c"}, {"a", "a"}};
  EXPECT_THAT(Encode(Letters(merges), "abc"), ElementsAre(102));
  EXPECT_THAT(Encode(Letters(merges), "bcab"), ElementsAre(101, 100));
  EXPECT_THAT(Encode(Letters(merges), "aaaaa"), ElementsAre(103, 103, 0));
  EXPECT_THAT(Encode(Letters(merges), "aab"), ElementsAre(0, 100));
}

TEST(BpeTest, ATokenThatMergesNeverReachIsNotUsed) {
  const Merges merges = {{"x", "y"}, {"y", "z"}, {"x", "yz"}};
  EXPECT_THAT(Encode(Letters(merges), "xyz"), ElementsAre(100, 25));
  TokenizerSpec ignoring = Letters(merges);
  ignoring.ignore_merges = true;
  EXPECT_THAT(Encode(ignoring, "xyz"), ElementsAre(102));
  EXPECT_THAT(Encode(ignoring, "xyzz"), ElementsAre(100, 25, 25));
}

TEST(BpeTest, LongPiecesTakeNoQuadraticTime) {
  const Merges merges = {{"a", "a"}, {"aa", "aa"}, {"aaaa", "aaaa"}};
  const std::vector<int32_t> ids =
      Encode(Letters(merges), std::string(1 << 17, 'a'));
  EXPECT_EQ(ids.size(), size_t{1} << 14);
  EXPECT_EQ(ids.front(), 102);
}

TEST(BpeTest, TheFirstCharacterWithoutATokenIsPointedAt) {
  const auto bpe = Bpe::Create(Letters({}));
  Bpe::Scratch scratch;
  std::vector<int32_t> ids;
  EXPECT_EQ(bpe->Append("abé", &scratch, &ids), 2u);
  EXPECT_TRUE(ids.empty());
}

TEST(BpeTest, AMergeOfUnknownTokensIsRefused) {
  TokenizerSpec spec = Letters({{"a", "b"}});
  spec.merges.emplace_back("a", "c");
  const auto bpe = Bpe::Create(spec);
  EXPECT_THAT(std::string(bpe.status().message()),
              HasSubstr("merges[1] needs token \"ac\""));
}

}  // namespace
}  // namespace mdrl
