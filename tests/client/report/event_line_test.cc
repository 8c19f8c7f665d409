#include "client/report/event_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/report/csv.h"

namespace mdrl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

v1::Event Step() {
  v1::Event event;
  event.set_kind("step");
  auto& numbers = *event.mutable_numbers();
  numbers["step"] = 3;
  numbers["round"] = 1;
  numbers["inner"] = 1;
  numbers["loss"] = -0.0213;
  numbers["gap"] = 0.272;
  numbers["grad_norm"] = 0.1904;
  numbers["reward.gsm8k.mean"] = 1.84;
  numbers["staleness.1"] = 16;
  (*event.mutable_facts())["chain"] = "9c41";
  return event;
}

TEST(EventLineTest, AStepIsCountedFromOne) {
  EXPECT_EQ(EventLine(Step()),
            "step   2.2  loss -0.0213  reward gsm8k 1.840  gap 0.27  grad "
            "0.190  lag 1.0");
}

TEST(EventLineTest, AKindThatNobodyKnowsShowsAllItHas) {
  v1::Event event;
  event.set_kind("lease_ended");
  event.set_subject("g12");
  (*event.mutable_facts())["reason"] = "LATE";
  (*event.mutable_numbers())["attempt"] = 2;
  EXPECT_EQ(EventLine(event), "lease_ended g12  reason LATE  attempt 2");
}

TEST(EventLineTest, ATableHasTheSameColumnsForEveryStep) {
  const auto columns = StepColumns(Step());
  EXPECT_EQ(columns.front(), "step");
  EXPECT_THAT(columns, Contains("reward.gsm8k.mean"));
  EXPECT_THAT(columns, Not(Contains("staleness.1")));
  v1::Event other = Step();
  (*other.mutable_numbers())["staleness.3"] = 16;
  EXPECT_EQ(StepCells(other, columns).size(), columns.size());
  const auto few = StepCells(Step(), {"step", "loss", "elbo", "lag", "chain"});
  EXPECT_THAT(few, ElementsAre("3", "-0.0213", "", "1", "9c41"));
}

TEST(CsvTest, OnlyWhatNeedsQuotesHasThem) {
  EXPECT_EQ(CsvRow({"a", "", "b c"}), "a,,b c\n");
  EXPECT_EQ(CsvRow({"", "a,b", "say \"x\"", "two\nlines"}),
            ",\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n");
}

}  // namespace
}  // namespace mdrl
