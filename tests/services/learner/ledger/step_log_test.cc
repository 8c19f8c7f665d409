#include "services/learner/ledger/step_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "services/learner/ledger/ledger.h"
#include "services/learner/ledger/reader.h"
#include "tests/services/learner/ledger/run_builder.h"

namespace mdrl {
namespace {

using ::mdrl::testing::IssueAndGrant;
using ::mdrl::testing::MakeRound;
using ::mdrl::testing::MakeStep;
using ::mdrl::testing::MakeSubmit;

class StepLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ledger = Ledger::Open({.path = folder_.File("ledger.db")});
    ASSERT_TRUE(ledger.ok());
    for (const uint64_t n : {0, 1}) {
      ASSERT_TRUE((*ledger)->Commit(IssueAndGrant(n)).ok());
      ASSERT_TRUE((*ledger)->Commit(LedgerWrite().Add(MakeSubmit(n))).ok());
    }
    ASSERT_TRUE((*ledger)
                    ->Commit(LedgerWrite()
                                 .Add(MakeRound(0))
                                 .Add(MakeStep(0))
                                 .Add(MakeStep(1)))
                    .ok());
    auto reader = LedgerReader::Open(folder_.File("ledger.db"));
    ASSERT_TRUE(reader.ok());
    reader_ = *std::move(reader);
  }
  void Put(const std::string& text) {
    std::ofstream(path(), std::ios::binary) << text;
  }
  std::string Text() const {
    std::ostringstream text;
    text << std::ifstream(path(), std::ios::binary).rdbuf();
    return text.str();
  }
  std::string path() const { return folder_.File("steps.jsonl"); }

  ::mdrl::testing::ScratchFolder folder_;
  std::unique_ptr<LedgerReader> reader_;
  const std::string zero_ = MakeStep(0).numbers + "\n";
  const std::string one_ = MakeStep(1).numbers + "\n";
};

TEST_F(StepLogTest, AMissingFileIsWrittenFromTheLedger) {
  auto log = StepLog::Open(path(), *reader_);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(Text(), zero_ + one_);
  ASSERT_TRUE((*log)->Append("{\"step\":2}").ok());
  EXPECT_EQ(Text(), zero_ + one_ + "{\"step\":2}\n");
}

TEST_F(StepLogTest, WhatWasNotCommittedIsCut) {
  Put(zero_ + one_ + "{\"step\":2}\n{\"step\":3");
  ASSERT_TRUE(StepLog::Open(path(), *reader_).ok());
  EXPECT_EQ(Text(), zero_ + one_);
}

TEST_F(StepLogTest, ATornOrForeignLineIsReplaced) {
  for (const std::string& torn :
       {zero_ + one_.substr(0, 5), zero_ + one_.substr(0, one_.size() - 1),
        zero_ + "{\"step\":1,\"loss\":7}\n"}) {
    Put(torn);
    ASSERT_TRUE(StepLog::Open(path(), *reader_).ok());
    EXPECT_EQ(Text(), zero_ + one_) << torn;
  }
}

}  // namespace
}  // namespace mdrl
