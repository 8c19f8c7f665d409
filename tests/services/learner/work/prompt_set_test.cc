#include "services/learner/work/prompt_set.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

PromptSet MakeSet(uint8_t n, uint64_t count,
                  PromptSetState state = PromptSetState::kActive) {
  PromptSet set;
  set.sha256.bytes[0] = n;
  set.name = absl::StrCat("set", n);
  set.task = "sort";
  set.state = state;
  set.count = count;
  return set;
}

TEST(PromptLibraryTest, EachPassDrawsEveryPromptOnceInItsOwnOrder) {
  PromptLibrary library({.seed = 7});
  ASSERT_TRUE(library.Add(MakeSet(1, 20)).ok());
  std::vector<uint64_t> passes[2];
  std::set<GroupId> groups;
  for (uint64_t n = 0; n < 40; ++n) {
    const auto of = library.Draw(n);
    ASSERT_TRUE(of.has_value());
    EXPECT_EQ(of->occurrence, n / 20);
    passes[n / 20].push_back(of->index);
    EXPECT_TRUE(groups.insert(of->group_id).second);
  }
  EXPECT_NE(passes[0], passes[1]);
  std::vector<uint64_t> all(20);
  for (uint64_t i = 0; i < 20; ++i) all[i] = i;
  EXPECT_THAT(passes[0], testing::UnorderedElementsAreArray(all));
  EXPECT_THAT(passes[1], testing::UnorderedElementsAreArray(all));
}

TEST(PromptLibraryTest, ACursorContinuesWhereItStood) {
  PromptLibrary whole({.seed = 7});
  ASSERT_TRUE(whole.Add(MakeSet(1, 10)).ok());
  std::vector<Occurrence> expected;
  for (uint64_t n = 0; n < 25; ++n) expected.push_back(*whole.Draw(n));
  PromptLibrary first({.seed = 7});
  ASSERT_TRUE(first.Add(MakeSet(1, 10)).ok());
  for (uint64_t n = 0; n < 13; ++n) first.Draw(n);
  PromptLibrary second({.seed = 7});
  PromptSet resumed = MakeSet(1, 10);
  resumed.cursor = first.sets()[0]->cursor;
  ASSERT_TRUE(second.Add(std::move(resumed)).ok());
  for (uint64_t n = 13; n < 25; ++n) EXPECT_EQ(*second.Draw(n), expected[n]);
}

TEST(PromptLibraryTest, TheOrderDependsOnTheSeed) {
  std::vector<uint64_t> orders[2];
  for (const uint64_t seed : {0, 1}) {
    PromptLibrary library({.seed = seed});
    ASSERT_TRUE(library.Add(MakeSet(1, 30)).ok());
    for (uint64_t n = 0; n < 30; ++n) {
      orders[seed].push_back(library.Draw(n)->index);
    }
  }
  EXPECT_NE(orders[0], orders[1]);
}

TEST(PromptLibraryTest, SetsAreMixedByWeight) {
  PromptLibrary library({.seed = 7});
  PromptSet heavy = MakeSet(1, 10);
  heavy.weight = 3.0;
  PromptSet light = MakeSet(2, 10);
  light.weight = 1.0;
  ASSERT_TRUE(library.Add(std::move(heavy)).ok());
  ASSERT_TRUE(library.Add(std::move(light)).ok());
  for (uint64_t n = 0; n < 400; ++n) library.Draw(n);
  EXPECT_NEAR(library.sets()[0]->issued, 300.0, 4.0);
  EXPECT_NEAR(library.sets()[1]->issued, 100.0, 4.0);
}

TEST(PromptLibraryTest, WithoutWeightsEveryPromptComesEquallyOften) {
  PromptLibrary library({.seed = 7});
  ASSERT_TRUE(library.Add(MakeSet(1, 90)).ok());
  ASSERT_TRUE(library.Add(MakeSet(2, 10)).ok());
  for (uint64_t n = 0; n < 1000; ++n) library.Draw(n);
  EXPECT_NEAR(library.sets()[0]->issued, 900.0, 6.0);
}

TEST(PromptLibraryTest, HeldOutOverLongAndQuarantinedPromptsAreNotDrawn) {
  PromptLibrary library({.seed = 7});
  PromptSet set = MakeSet(1, 4);
  set.MarkOverLength(0);
  ASSERT_TRUE(library.Add(std::move(set)).ok());
  ASSERT_TRUE(library.Add(MakeSet(2, 4, PromptSetState::kHeldOut)).ok());
  Digest sha256;
  sha256.bytes[0] = 1;
  library.Quarantine(sha256, 1);
  for (uint64_t n = 0; n < 20; ++n) {
    const auto of = library.Draw(n);
    ASSERT_TRUE(of.has_value());
    EXPECT_EQ(of->set_sha256, sha256);
    EXPECT_GE(of->index, 2u);
  }
  EXPECT_EQ(library.Find(sha256)->over_length_count, 1u);
  EXPECT_THAT(library.Find(sha256)->quarantined, testing::ElementsAre(1));
  library.Quarantine(sha256, 2);
  library.Quarantine(sha256, 3);
  EXPECT_FALSE(library.CanDraw());
  EXPECT_FALSE(library.Draw(20).has_value());
}

TEST(PromptLibraryTest, NamesAndContentsAreTakenOnce) {
  PromptLibrary library({.seed = 7});
  ASSERT_TRUE(library.Add(MakeSet(1, 4)).ok());
  EXPECT_EQ(library.Add(MakeSet(1, 4)).code(),
            absl::StatusCode::kAlreadyExists);
  PromptSet namesake = MakeSet(2, 4);
  namesake.name = "set1";
  EXPECT_EQ(library.Add(std::move(namesake)).code(),
            absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace mdrl
