#include "client/report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/report/text_columns.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PageState Busy() {
  PageState state;
  state.run = "quickstart";
  state.state = "RUNNING";
  state.epoch = 1;
  state.rounds = 12;
  state.steps = 24;
  state.version = 12;
  state.lag = 0.5;
  state.tickets_open = 9;
  state.tickets_limit = 12;
  state.tokens_per_second = 1234.0;
  state.elapsed = absl::Seconds(31);
  state.rewards["sudoku4"] = {0.1, 0.2, 0.4, 0.5};
  state.evaluations = {{.version = 0,
                        .task = "sudoku4",
                        .decode = "16/8",
                        .done = 256,
                        .total = 256,
                        .correct = 37},
                       {.version = 10,
                        .task = "sudoku4",
                        .decode = "16/8",
                        .done = 64,
                        .total = 256,
                        .correct = 32,
                        .running = true}};
  state.numbers = {{"loss", -0.0213}, {"gap", 0.27}};
  state.busy = {
      {"learner",
       {{"wait_groups", 0.61}, {"training", 0.387}, {"publishing", 0.003}}},
      {"rollout-0", {{"decode", 0.9}, {"no_lease", 0.1}}}};
  state.workers = {{.slot = 0,
                    .name = "rollout-0",
                    .state = "READY",
                    .version = 12,
                    .leases = 4,
                    .tokens_per_second = 612,
                    .heard = absl::Seconds(0.4)}};
  state.waits = {{.reason = "DECODING",
                  .level = "NORMAL",
                  .text = "round 12 has 3 of 12 groups",
                  .acts_in = absl::Seconds(212)}};
  state.checkpoint = "step-000020";
  return state;
}

std::string Text(const PageState& state, const PageStyle& style) {
  return absl::StrJoin(RenderPage(state, style), "\n");
}

TEST(PageTest, ShowsAllThatIsKnown) {
  EXPECT_EQ(
      Text(Busy(), {.width = 90, .height = 30, .unicode = false}),
      R"(quickstart  RUNNING                                           epoch 1  12 rounds  24 steps
policy 12  lag 0.5  tickets 9 of 12 open  1,234 tokens/s  saved step-000020           31 s

reward   sudoku4    0.500  mean   0.300  _-*#
step     loss -0.0213  gap 0.27

test     policy 0     sudoku4 16/8   14.5 %  of 256
         policy 10    sudoku4 16/8   50.0 %  64 of 256 so far

time     learner    wait_groups 61 %  training 39 %
         rollout-0  decode 90 %  no_lease 10 %

workers  slot 0  rollout-0  READY  policy 12  4 leases  612 tokens/s  0.4 s ago

waits    round 12 has 3 of 12 groups  DECODING NORMAL, acts in 3 min 32 s)");
}

TEST(PageTest, NothingIsKnownAtFirst) {
  const auto page = RenderPage(PageState(), {});
  ASSERT_EQ(page.size(), 2u);
  EXPECT_THAT(page[1], HasSubstr("policy none  tickets 0 of 0 open"));
}

// A run of 40 workers on five tasks: more than any screen has room for.
PageState Crowded() {
  PageState state = Busy();
  for (int i = 0; i < 5; ++i) {
    state.rewards[absl::StrCat("task-", i)].assign(300, 0.5);
  }
  for (int i = 1; i < 40; ++i) {
    state.workers.push_back({.slot = static_cast<uint64_t>(i),
                             .name = absl::StrCat("rollout-", i),
                             .state = "READY"});
    state.busy.push_back({absl::StrCat("rollout-", i), {{"decode", 1.0}}});
    state.news.push_back(absl::StrCat("worker_ready rollout-", i));
    state.evaluations.push_back({.version = static_cast<uint64_t>(i),
                                 .task = "sudoku4",
                                 .decode = "16/8"});
  }
  return state;
}

TEST(PageTest, FitsEveryScreen) {
  for (const size_t width : {20, 40, 80, 200}) {
    for (const size_t height : {1, 3, 10, 24, 60}) {
      const auto page = RenderPage(
          Crowded(), {.width = width, .height = height, .color = true});
      EXPECT_LE(page.size(), height);
      for (const std::string& line : page) EXPECT_LE(Columns(line), width);
    }
  }
}

TEST(PageTest, OnAnEightyByTwentyFourScreenEverySectionHasItsPlace) {
  const std::string page = Text(Crowded(), {.unicode = false});
  for (const char* label :
       {"reward ", "step ", "test ", "time ", "workers ", "waits "}) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat("\n", label)));
  }
  // Of evaluations the newest are what people look for.
  EXPECT_THAT(page, HasSubstr("policy 39"));
  EXPECT_THAT(page, Not(HasSubstr("policy 30 ")));
}

TEST(PageTest, AStageHasABar) {
  PageState state;
  state.supervised = {.stage = 1, .step = 300, .steps = 900, .loss = 1.25};
  EXPECT_THAT(Text(state, {}),
              HasSubstr("sft      stage 1  [##########....................]  "
                        "step 300 of 900  loss 1.250"));
}

TEST(PageTest, ColoursAreOnlyThereWhenAskedFor) {
  PageState state = Busy();
  state.waits[0].level = "STUCK";
  EXPECT_THAT(Text(state, {.color = true}),
              HasSubstr("\033[31mDECODING STUCK"));
  EXPECT_THAT(Text(state, {.color = false}), Not(HasSubstr("\033")));
}

}  // namespace
}  // namespace mdrl
