#include "common/tasks/sort.h"

#include <gtest/gtest.h>

#include <map>

namespace mdrl {
namespace {

TEST(SortTest, MultisetsSplitAsPublished) {
  std::map<Split, int> sizes;
  for (int n = 0; n < 10000; ++n) {
    std::string digits = std::to_string(10000 + n).substr(1);
    if (digits != Sorted(digits)) continue;
    ++sizes[SortSplit(digits)];
    std::swap(digits[0], digits[3]);
    EXPECT_EQ(SortSplit(digits), SortSplit(Sorted(digits)));
  }
  EXPECT_EQ(sizes[Split::kValidation], 57);
  EXPECT_EQ(sizes[Split::kTest], 71);
  EXPECT_EQ(sizes[Split::kTrain], 587);
}

TEST(SortTest, DrawsStayInTheirSplitAndDemonstrationsPermute) {
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    for (uint32_t i = 0; i < 200; ++i) {
      PhiloxSequence random(1, static_cast<Stream>(7), i, 0, 0);
      const std::string digits = DrawSort(split, random);
      EXPECT_TRUE(CheckSortDigits(digits).ok());
      EXPECT_EQ(SortSplit(digits), split);
      EXPECT_EQ(Sorted(ShuffledAnswer(digits, random)), Sorted(digits));
    }
  }
}

TEST(SortTest, FourDigitsOnly) {
  EXPECT_FALSE(CheckSortDigits("123").ok());
  EXPECT_FALSE(CheckSortDigits("12345").ok());
  EXPECT_FALSE(CheckSortDigits("12 4").ok());
}

}  // namespace
}  // namespace mdrl
