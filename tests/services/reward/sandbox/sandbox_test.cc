#include "services/reward/sandbox/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/services/reward/sandbox/hostile_programs.h"
#include "tests/services/reward/sandbox/traces.h"

namespace mdrl {
namespace {

using End = ProgramResult::End;
using testing::HasSubstr;

std::unique_ptr<Sandbox> Make(absl::Duration wall, bool weak = false) {
  Sandbox::Options options;
  options.limits.wall = wall;
  options.limits.cpu = absl::Seconds(20);
  options.limits.memory_bytes = 256u << 20;
  options.weak = weak;
  auto sandbox = Sandbox::Create(options);
  EXPECT_TRUE(sandbox.ok()) << sandbox.status();
  return sandbox.ok() ? *std::move(sandbox) : nullptr;
}

ProgramResult RunJob(const Sandbox& sandbox, const ProgramJob& job) {
  const auto result = sandbox.Start(job).Wait();
  EXPECT_TRUE(result.ok()) << result.status();
  return result.value_or(ProgramResult());
}

TEST(SandboxTest, ACorrectProgramPassesAndAWrongOneFails) {
  const auto sandbox = Make(absl::Seconds(20));
  ASSERT_NE(sandbox, nullptr);
  EXPECT_EQ(sandbox->walls(), Walls::kStrong);
  EXPECT_EQ(sandbox->name(), "bubblewrap");

  const ProgramResult right =
      RunJob(*sandbox, {"def f(x): return x + 1", kHostileTests, "f"});
  const ProgramResult wrong =
      RunJob(*sandbox, {"def f(x): return x", kHostileTests, "f"});

  EXPECT_EQ(right.end, End::kJudged) << right.message;
  EXPECT_TRUE(right.all_passed());
  EXPECT_EQ(wrong.end, End::kJudged) << wrong.message;
  EXPECT_FALSE(wrong.all_passed());
  EXPECT_EQ(wrong.total, 1u);
}

TEST(SandboxTest, ValuesOfEveryPlainTypeCrossAndArgumentsChangeInPlace) {
  const auto sandbox = Make(absl::Seconds(20));
  ASSERT_NE(sandbox, nullptr);
  const ProgramResult result = RunJob(
      *sandbox,
      {"from collections import deque\n"
       "def same(x): return x\n"
       "def sort(x): x.sort()\n"
       "def count(n):\n  yield from range(n)\n"
       "def apply(g, x): return g(x)\n",
       R"(for x in (None, True, -3, 10**40, 2.5, float("inf"), "é\ud800", b"\xff",
          [1, [2]], (1, (2,)), {1: {"a": (1,)}}, {1, 2}, frozenset({3}), 1j, range(3)):
    assert same(x) == x and type(same(x)) is type(x), x
x = [3, 1, 2]
assert sort(x) is None and x == [1, 2, 3]
assert list(count(3)) == [0, 1, 2]
assert apply(lambda x: x * 2, 21) == 42
)",
       "same"});
  EXPECT_TRUE(result.all_passed()) << result.message;
}

TEST(SandboxTest, UnitTestsMayAskTheProgramsObjects) {
  const auto sandbox = Make(absl::Seconds(20));
  ASSERT_NE(sandbox, nullptr);
  const ProgramResult result = RunJob(*sandbox, {R"(
class Empty(ValueError): pass
class Stack:
  def __init__(self): self.items = []
  def push(self, x): self.items.append(x)
  def pop(self):
    if not self.items: raise Empty("nothing here")
    return self.items.pop()
  def __len__(self): return len(self.items)
)",
                                                 R"(import pytest
from solution import *
def test_push():
  s = Stack()
  s.push(3)
  assert len(s) == 1 and s.items == [3] and isinstance(s, Stack)
def test_empty():
  with pytest.raises(Empty, match="nothing"):
    Stack().pop()
@pytest.mark.parametrize("n,last", [(1, 0), (3, 2)])
def test_last(n, last):
  s = Stack()
  for i in range(n): s.push(i)
  assert s.pop() == pytest.approx(last)
class TestWrong:
  def test_wrong(self): assert Stack().pop() == 1
)",
                                                 "", true});
  EXPECT_EQ(result.end, End::kJudged) << result.message;
  EXPECT_EQ(result.passed, 4u) << result.message;
  EXPECT_EQ(result.total, 5u);
  EXPECT_THAT(result.message, HasSubstr("nothing here"));
}

TEST(SandboxTest, AFunctionMayBearTheNameOfABuiltin) {
  const auto sandbox = Make(absl::Seconds(20));
  ASSERT_NE(sandbox, nullptr);
  const ProgramResult result =
      RunJob(*sandbox, {"def sum(a, b): return a * b",
                        "def check(candidate):\n  assert sum(2, 3) == 6\n"
                        "  assert candidate(1, 1) == 1\ncheck(sum)",
                        "sum"});
  EXPECT_TRUE(result.all_passed()) << result.message;
}

TEST(SandboxTest, AProgramThatUsesItsProcessorTimeUpHasTimedOut) {
  Sandbox::Options options;
  options.limits.cpu = absl::Seconds(1);
  options.limits.wall = absl::Seconds(60);
  const auto sandbox = Sandbox::Create(options);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  const ProgramResult result =
      RunJob(**sandbox, {"while True: pass", kHostileTests, "f"});
  EXPECT_EQ(result.end, End::kTimeout);
  EXPECT_EQ(result.kill, ProgramResult::Kill::kCpu);
  EXPECT_THAT(result.message, HasSubstr("processor time"));
}

TEST(SandboxTest, ARunThatNobodyWaitsForIsEnded) {
  const auto sandbox = Make(absl::Minutes(10));
  ASSERT_NE(sandbox, nullptr);
  {
    const Sandbox::Pending dropped =
        sandbox->Start({"while True: pass", kHostileTests, "f"});
  }
  EXPECT_TRUE(RunJob(*sandbox, {"def f(x): return x + 1", kHostileTests, "f"})
                  .all_passed());
  WaitForRuns(*sandbox);
}

// The corpus, a few at a time: what waits forever with a short limit, the rest
// with one that only a hang reaches.
class HostileTest : public testing::Test {
 protected:
  const absl::Duration kShort = absl::Milliseconds(500);
  // Beyond the deadline, as promised on a quiet machine; ten times that where
  // others compute, too.
  const absl::Duration kLate = absl::Milliseconds(200) * 10;

  void RunCorpus() {
    std::vector<HostileProgram> group;
    for (const HostileProgram& hostile : HostilePrograms()) {
      group.push_back(hostile);
      if (group.size() == 6) RunTogether(group);
    }
    RunTogether(group);
  }

  const std::unique_ptr<Sandbox> patient_ = Make(absl::Seconds(60));
  const std::unique_ptr<Sandbox> hasty_ = Make(kShort);

 private:
  void RunTogether(std::vector<HostileProgram>& group) {
    std::vector<Sandbox::Pending> runs;
    for (const HostileProgram& hostile : group) {
      const bool waits = hostile.end == End::kTimeout;
      runs.push_back((waits ? hasty_ : patient_)->Start(JobOf(hostile)));
    }
    for (size_t i = 0; i < group.size(); ++i) {
      SCOPED_TRACE(group[i].name);
      const auto result = runs[i].Wait();
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_EQ(result->end, group[i].end) << result->message;
      EXPECT_FALSE(result->all_passed()) << result->message;
      EXPECT_FALSE(result->spoofed);
      if (group[i].end == End::kTimeout) {
        EXPECT_EQ(result->kill, ProgramResult::Kill::kWall);
        EXPECT_GE(result->took, kShort);
        EXPECT_LE(result->took, kShort + kLate);
      }
    }
    group.clear();
  }
};

TEST_F(HostileTest, EveryProgramGetsItsEndAndLeavesNothing) {
  ASSERT_NE(patient_, nullptr);
  ASSERT_NE(hasty_, nullptr);
  ASSERT_GE(HostilePrograms().size(), 60u);
  WaitForRuns(*patient_);
  WaitForRuns(*hasty_);
  const Traces before = LookForTraces();
  RunCorpus();
  WaitForRuns(*patient_);
  WaitForRuns(*hasty_);
  EXPECT_EQ(LookForTraces(), before);
}

TEST(SandboxTest, WallsThatStandAreUsedEvenWhereWeakOnesAreAllowed) {
  const auto sandbox = Make(absl::Seconds(20), /*weak=*/true);
  ASSERT_NE(sandbox, nullptr);
  EXPECT_EQ(sandbox->name(), "bubblewrap");
}

}  // namespace
}  // namespace mdrl
