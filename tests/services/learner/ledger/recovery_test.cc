#include "services/learner/ledger/recovery.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "services/learner/ledger/ledger.h"
#include "tests/services/learner/ledger/run_builder.h"

namespace mdrl {
namespace {

using ::mdrl::testing::ChainAt;
using ::mdrl::testing::GroupOf;
using ::mdrl::testing::IdOf;
using ::mdrl::testing::IssueAndGrant;
using ::mdrl::testing::kSetPrompts;
using ::mdrl::testing::MakeAdded;
using ::mdrl::testing::MakeClosed;
using ::mdrl::testing::MakeGrant;
using ::mdrl::testing::MakePending;
using ::mdrl::testing::MakePolicy;
using ::mdrl::testing::MakePrompts;
using ::mdrl::testing::MakeRound;
using ::mdrl::testing::MakeStep;
using ::mdrl::testing::MakeSubmit;
using ::mdrl::testing::MakeTicket;
using ::mdrl::testing::ScratchFolder;
using ::mdrl::testing::TestCodec;

class RecoveryTest : public ::testing::Test {
 protected:
  // Round 0 closed, round 1 after its first step, ticket 4 leased twice,
  // ticket 5 submitted, ticket 6 dropped.
  void WriteRun() {
    auto ledger = Ledger::Open({.path = path()});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    const auto put = [&](LedgerWrite write) {
      const auto seq = (*ledger)->Commit(std::move(write));
      ASSERT_TRUE(seq.ok()) << seq.status();
    };
    put(LedgerWrite().Add(EpochStarted{1, "build", ""}));
    put(LedgerWrite().Add(MakePending(MakePrompts(kSetPrompts))));
    put(LedgerWrite().Add(MakeAdded(MakePrompts(kSetPrompts))));
    put(LedgerWrite().Add(
        PromptSetCursor{MakeAdded(MakePrompts(kSetPrompts)).sha256, 1, 2}));
    put(LedgerWrite().Add(
        WorkerRegistered{3, "rollout-a", IdOf<BootId>(1), "b", "cpu"}));
    for (uint64_t n = 0; n < 7; ++n) put(IssueAndGrant(n));
    for (const uint64_t n : {0, 1, 2, 3, 5}) {
      put(LedgerWrite().Add(MakeSubmit(n)));
    }
    put(LedgerWrite().Add(MakeRound(0)).Add(MakeStep(0)));
    put(LedgerWrite().Add(MakeStep(1)).Add(MakeClosed(0)).Add(MakePolicy(1)));
    put(LedgerWrite().Add(MakeRound(1)).Add(MakeStep(2)));
    put(LedgerWrite().Add(
        LeaseEnded{{GroupOf(4), 1}, Reason::kWorkerLost, ""}));
    LeaseGranted again = MakeGrant(4, 2);
    again.slot = 3;
    put(LedgerWrite().Add(again));
    put(LedgerWrite().Add(TicketDropped{{Purpose::kTrain, 6}, Reason::kLate}));
    put(LedgerWrite().Add(
        CheckpointWritten{"step-000002", 2, 0, 1, IdOf<Digest>(9)}));
  }
  absl::StatusOr<RecoveredRun> Recover(uint64_t first_round = 0) {
    return RecoverRun(
        {.path = path(), .codec = TestCodec(), .first_round = first_round});
  }
  // Behind everyone's back, as a bug or a bad disk would.
  void Damage(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  std::string path() const { return folder_.File("ledger.db"); }

  ScratchFolder folder_;
};

TEST_F(RecoveryTest, AnEmptyLedgerIsAnEmptyRun) {
  ASSERT_TRUE(Ledger::Open({.path = path()}).ok());
  const auto run = Recover();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->last_epoch, 0u);
  EXPECT_TRUE(run->open_tickets.empty());
  EXPECT_FALSE(run->last_step.has_value());
}

TEST_F(RecoveryTest, EverythingOpenComesBack) {
  WriteRun();
  const auto run = Recover();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->last_epoch, 1u);
  EXPECT_FALSE(run->clean_end);
  ASSERT_EQ(run->prompt_sets.size(), 1u);
  EXPECT_EQ(run->prompt_sets[0].added.count, kSetPrompts);
  EXPECT_EQ(run->prompt_sets[0].cursor, 2u);
  EXPECT_EQ(run->next_ticket.at(Purpose::kTrain), 7u);
  const TicketCounts& counts = run->tickets.at(Purpose::kTrain);
  EXPECT_EQ(counts.trained, 2u);
  EXPECT_EQ(counts.open, 4u);
  EXPECT_EQ(counts.dropped.at(Reason::kLate), 1u);
  ASSERT_EQ(run->open_tickets.size(), 4u);  // 2 and 3 in a round, 4, 5
  EXPECT_EQ(run->open_tickets[0].state, TicketState::kInRound);
  const StoredTicket& leased = run->open_tickets[2];
  EXPECT_EQ(leased.state, TicketState::kLeased);
  EXPECT_EQ(leased.attempts, 2u);
  EXPECT_EQ(leased.slot, 3u);
  EXPECT_EQ(leased.lease_epoch, 1u);
  const StoredTicket& submitted = run->open_tickets[3];
  ASSERT_TRUE(submitted.group.has_value());
  EXPECT_EQ(submitted.group->group, ::mdrl::testing::MakeGroup(5));
  ASSERT_EQ(run->workers.size(), 1u);
  EXPECT_EQ(run->workers[0].name, "rollout-a");
  EXPECT_EQ(run->checkpoints.size(), 1u);
}

TEST_F(RecoveryTest, RoundsAfterTheCheckpointComeWithGroupsAndSteps) {
  WriteRun();
  const auto run = Recover(1);
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_EQ(run->rounds.size(), 1u);
  EXPECT_FALSE(run->rounds[0].closed);
  ASSERT_EQ(run->rounds[0].groups.size(), 2u);
  EXPECT_EQ(run->rounds[0].groups[1].group.ticket, 3u);
  ASSERT_EQ(run->rounds[0].steps.size(), 1u);
  EXPECT_EQ(run->rounds[0].steps[0].chain, ChainAt(2));
  EXPECT_EQ(run->last_step->step, 2u);
  EXPECT_EQ(run->last_round, 1u);
  EXPECT_EQ(run->policies.size(), 1u);
}

TEST_F(RecoveryTest, ADamagedGroupIsNamed) {
  WriteRun();
  Damage(
      "UPDATE groups SET body = replace(body, '5:1', '4:1') "
      "WHERE ticket = 5");
  const auto run = Recover();
  EXPECT_EQ(run.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(run.status().message().find("groups " + GroupOf(5).ToHex()),
            std::string::npos)
      << run.status();
}

TEST_F(RecoveryTest, ADamagedPromptBatchOrChainIsNamed) {
  WriteRun();
  const struct {
    const char* sql;
    const char* key;
  } kCases[] = {
      {"UPDATE prompts SET body = replace(body, 'sort 1', 'sort 7') "
       "WHERE idx = 1",
       "prompts"},
      {"UPDATE prompts SET body = (SELECT body FROM prompts WHERE idx = 1)",
       "prompts"},
      {"UPDATE round_groups SET place = 9 WHERE round = 1 AND place = 0",
       "round_groups 1"},
      {"UPDATE steps SET params_hash = zeroblob(16) WHERE step = 1", "steps 1"},
  };
  for (const auto& damage : kCases) {
    SCOPED_TRACE(damage.sql);
    Damage("VACUUM INTO '" + folder_.File("good.db") + "'");
    Damage(damage.sql);
    const auto run = Recover();
    EXPECT_EQ(run.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_NE(run.status().message().find(damage.key), std::string::npos)
        << run.status();
    std::filesystem::remove(path() + "-wal");
    std::filesystem::remove(path() + "-shm");
    std::filesystem::rename(folder_.File("good.db"), path());
  }
  EXPECT_TRUE(Recover().ok()) << "the copies were good";
}

TEST_F(RecoveryTest, DamagedPagesAreRefusedOrHarmlessButNeverBelieved) {
  WriteRun();
  const auto good = Recover();
  ASSERT_TRUE(good.ok());
  const auto size = std::filesystem::file_size(path());
  int refused = 0;
  for (uint64_t page = 0; page < size / 4096; ++page) {
    SCOPED_TRACE(page);
    const std::string copy = folder_.File("damaged.db");
    std::filesystem::copy_file(
        path(), copy, std::filesystem::copy_options::overwrite_existing);
    {
      std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(page * 4096));
      file << std::string(600, '\x5A');
    }
    const auto run = RecoverRun({.path = copy, .codec = TestCodec()});
    if (!run.ok()) {
      EXPECT_EQ(run.status().code(), absl::StatusCode::kDataLoss)
          << run.status();
      ++refused;
    }
    std::filesystem::remove(copy + "-wal");
    std::filesystem::remove(copy + "-shm");
  }
  EXPECT_GT(refused, 15);
}

TEST_F(RecoveryTest, ThereIsNothingToRecoverWithoutALedger) {
  EXPECT_EQ(Recover().status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mdrl
