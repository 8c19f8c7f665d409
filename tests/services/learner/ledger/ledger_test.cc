#include "services/learner/ledger/ledger.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include "common/base/status_reason.h"
#include "services/learner/ledger/reader.h"
#include "tests/services/learner/ledger/run_builder.h"

namespace mdrl {
namespace {

using ::mdrl::testing::GroupOf;
using ::mdrl::testing::IdOf;
using ::mdrl::testing::IssueAndGrant;
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

class LedgerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Ledger> Open(LedgerOptions options = {}) {
    options.path = path();
    auto ledger = Ledger::Open(std::move(options));
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return ledger.ok() ? *std::move(ledger) : nullptr;
  }
  std::unique_ptr<LedgerReader> Read() {
    auto reader = LedgerReader::Open(path());
    EXPECT_TRUE(reader.ok()) << reader.status();
    return reader.ok() ? *std::move(reader) : nullptr;
  }
  // One number, by a connection that knows nothing of ours.
  int64_t Ask(const std::string& sql) {
    sqlite3* db = nullptr;
    sqlite3_open_v2(path().c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
  }
  std::string path() const { return folder_.File("ledger.db"); }

  ScratchFolder folder_;
};

TEST_F(LedgerTest, AGroupGoesFromTicketToTrained) {
  const auto ledger = Open();
  for (const uint64_t n : {0, 1}) {
    ASSERT_TRUE(ledger->Commit(IssueAndGrant(n)).ok());
    ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(MakeSubmit(n))).ok());
  }
  const auto first =
      ledger->Commit(LedgerWrite().Add(MakeRound(0)).Add(MakeStep(0)));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Ask("SELECT count(*) FROM tickets WHERE state = 4"), 2);
  const auto last = ledger->Commit(
      LedgerWrite().Add(MakeStep(1)).Add(MakeClosed(0)).Add(MakePolicy(1)));
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(Ask("SELECT count(*) FROM tickets WHERE state = 5 "
                "AND closed_seq IS NOT NULL"),
            2);
  EXPECT_EQ(Ask("SELECT count(*) FROM completions WHERE advantage = 0.25"), 2);
  EXPECT_EQ(Ask("SELECT max(seq) FROM events"), static_cast<int64_t>(*last));
  EXPECT_EQ(Ask("SELECT count(*) FROM events WHERE kind = 'step'"), 2);
}

TEST_F(LedgerTest, ASecondSubmissionIsToldWhichWasAccepted) {
  const auto ledger = Open();
  ASSERT_TRUE(ledger->Commit(IssueAndGrant(0)).ok());
  const auto accepted = ledger->Commit(LedgerWrite().Add(MakeSubmit(0)));
  ASSERT_TRUE(accepted.ok());
  const auto again = ledger->Commit(LedgerWrite().Add(MakeSubmit(0)));
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
  const auto known = AcceptedOf(again.status());
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(known->attempt, 1u);
  EXPECT_EQ(known->seq, *accepted);
  EXPECT_EQ(known->content_sha256, MakeSubmit(0).content_sha256);
}

TEST_F(LedgerTest, ARefusedWriteDoesNotDisturbItsNeighbours) {
  // The seventh row completes the batch: all four writes share a transaction.
  const auto ledger =
      Open({.commit_delay = absl::Hours(1), .commit_events = 7});
  std::vector<std::promise<absl::StatusOr<uint64_t>>> outcomes(4);
  const auto enqueue = [&](int i, LedgerWrite write) {
    ASSERT_TRUE(ledger
                    ->Enqueue(std::move(write),
                              [&, i](absl::StatusOr<uint64_t> seq) {
                                outcomes[i].set_value(std::move(seq));
                              })
                    .ok());
  };
  enqueue(0, IssueAndGrant(0));
  enqueue(1, LedgerWrite().Add(MakeSubmit(0)));
  enqueue(2, LedgerWrite().Add(MakeTicket(5)).Add(MakeSubmit(0)));
  enqueue(3, IssueAndGrant(1));
  EXPECT_TRUE(outcomes[0].get_future().get().ok());
  EXPECT_TRUE(outcomes[1].get_future().get().ok());
  EXPECT_EQ(outcomes[2].get_future().get().status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(outcomes[3].get_future().get().ok());
  EXPECT_EQ(ledger->commits(), 1u);
  EXPECT_EQ(Ask("SELECT count(*) FROM tickets"), 2) << "ticket 5 went back";
  EXPECT_EQ(Ask("SELECT max(seq) - count(*) FROM events"), 0) << "seq is dense";
}

TEST_F(LedgerTest, TheLedgerIsTheLastGuardOfTheWayOfAGroup) {
  const auto ledger = Open();
  const auto code = [&](LedgerWrite write) {
    return ledger->Commit(std::move(write)).status().code();
  };
  using absl::StatusCode;
  EXPECT_EQ(code(LedgerWrite().Add(MakeGrant(0))),
            StatusCode::kFailedPrecondition)
      << "a lease without a ticket";
  ASSERT_EQ(code(LedgerWrite().Add(MakeTicket(0))), StatusCode::kOk);
  EXPECT_EQ(code(LedgerWrite().Add(MakeTicket(0))), StatusCode::kAlreadyExists);
  EXPECT_EQ(code(LedgerWrite().Add(MakeSubmit(0))),
            StatusCode::kFailedPrecondition)
      << "an attempt that was never granted";
  EXPECT_EQ(code(LedgerWrite().Add(MakeRound(0))),
            StatusCode::kFailedPrecondition)
      << "a round of groups that never came";
  EXPECT_EQ(code(LedgerWrite().Add(MakeStep(0))),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(LedgerWrite().Add(
                TicketDropped{{Purpose::kTrain, 0}, Reason::kCancelled})),
            StatusCode::kOk);
  EXPECT_EQ(code(LedgerWrite().Add(MakeGrant(0))),
            StatusCode::kFailedPrecondition)
      << "a lease on a dropped ticket";
  EXPECT_EQ(Ask("SELECT count(*) FROM round_groups"), 0);
}

TEST_F(LedgerTest, AnExpiredLeaseFreesItsTicketAndItsLateGroupIsStillTaken) {
  const auto ledger = Open();
  ASSERT_TRUE(ledger->Commit(IssueAndGrant(0)).ok());
  ASSERT_TRUE(ledger
                  ->Commit(LedgerWrite().Add(LeaseEnded{
                      {GroupOf(0), 1}, Reason::kLeaseExpired, "silent"}))
                  .ok());
  EXPECT_EQ(Ask("SELECT state FROM tickets"), 1);
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(MakeGrant(0, 2))).ok());
  EXPECT_EQ(ledger
                ->Commit(LedgerWrite().Add(
                    LeaseEnded{{GroupOf(0), 1}, Reason::kLeaseExpired, ""}))
                .status()
                .code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(MakeSubmit(0, 1))).ok());
  EXPECT_EQ(Ask("SELECT state FROM tickets"), 3);
  EXPECT_EQ(Ask("SELECT ended_by FROM leases WHERE attempt = 2"),
            static_cast<int64_t>(Reason::kSuperseded));
}

TEST_F(LedgerTest, APromptSetArrivesInPartsAndShowsWhenItIsWhole) {
  const auto prompts = MakePrompts(5);
  PromptsPending head = MakePending({prompts.begin(), prompts.begin() + 3});
  PromptsPending tail = MakePending({prompts.begin() + 3, prompts.end()});
  tail.first_index = 3;
  const auto ledger = Open();
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(head)).ok());
  EXPECT_EQ(
      ledger->Commit(LedgerWrite().Add(MakeAdded(prompts))).status().code(),
      absl::StatusCode::kFailedPrecondition)
      << "two prompts are missing";
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(tail)).ok());
  const auto reader = Read();
  const Digest sha = MakeAdded(prompts).sha256;
  EXPECT_EQ(reader->FindPrompt(sha, 4).status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(MakeAdded(prompts))).ok());
  const auto found = reader->FindPrompt(sha, 4);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->prompt.turns, prompts[4].turns);
  EXPECT_EQ(found->tokens, (std::vector<int32_t>{1, 2, 3}));
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(MakePending(prompts))).ok());
  EXPECT_EQ(
      ledger->Commit(LedgerWrite().Add(MakeAdded(prompts))).status().code(),
      absl::StatusCode::kAlreadyExists);
}

TEST_F(LedgerTest, ASetWithAKnownHashIsWrittenInItsPlace) {
  const auto prompts = MakePrompts(3);
  PromptsPending part = MakePending(prompts);
  part.sha256 = MakeAdded(prompts).sha256;
  const auto ledger = Open();
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(part)).ok());
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(part)).ok()) << "another try";
  EXPECT_EQ(Read()->FindPrompt(*part.sha256, 0).status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(MakeAdded(prompts))).ok());
  EXPECT_TRUE(Read()->FindPrompt(*part.sha256, 2).ok());
  EXPECT_EQ(ledger->Commit(LedgerWrite().Add(part)).status().code(),
            absl::StatusCode::kAlreadyExists)
      << "a visible set never changes";
}

TEST_F(LedgerTest, PartsOfAnInterruptedSubmissionAreForgottenAtTheNextStart) {
  ASSERT_TRUE(
      Open()->Commit(LedgerWrite().Add(MakePending(MakePrompts(3)))).ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM prompts"), 3);
  Open();
  EXPECT_EQ(Ask("SELECT count(*) FROM prompts"), 0);
}

TEST_F(LedgerTest, ARememberedRequestGivesItsFirstAnswer) {
  const auto ledger = Open();
  const RequestRemembered row{IdOf<RequestId>(1), "Drain", IdOf<Digest>(2),
                              "answer"};
  ASSERT_TRUE(ledger->Commit(LedgerWrite().Add(row)).ok());
  EXPECT_EQ(ledger->Commit(LedgerWrite().Add(row)).status().code(),
            absl::StatusCode::kAlreadyExists);
  const auto found = Read()->FindRequest(row.request_id);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->reply, "answer");
  EXPECT_EQ(found->rpc, "Drain");
}

TEST_F(LedgerTest, TwoThreadsSubmitAndEveryGroupIsAcceptedOnce) {
  constexpr uint64_t kGroups = 40;
  const auto ledger = Open({.commit_delay = absl::Milliseconds(1)});
  LedgerWrite tickets;
  for (uint64_t n = 0; n < kGroups; ++n) {
    tickets.Add(MakeTicket(n)).Add(MakeGrant(n));
  }
  ASSERT_TRUE(ledger->Commit(tickets).ok());
  std::atomic<uint64_t> accepted = 0;
  std::atomic<uint64_t> known = 0;
  const auto submit_all = [&] {
    for (uint64_t n = 0; n < kGroups; ++n) {
      const auto count = [&](absl::StatusOr<uint64_t> seq) {
        ++(seq.ok() ? accepted : known);
      };
      ASSERT_TRUE(
          ledger->Enqueue(LedgerWrite().Add(MakeSubmit(n)), count).ok());
    }
  };
  std::thread other(submit_all);
  submit_all();
  other.join();
  ledger->Close();
  EXPECT_EQ(accepted, kGroups);
  EXPECT_EQ(known, kGroups);
  EXPECT_LT(ledger->commits(), 2 * kGroups) << "commits are shared";
}

TEST_F(LedgerTest, TheAnswerComesAfterTheCommit) {
  std::atomic<bool> committed = false;
  const auto ledger = Open({.fail_point = [&](std::string_view place) {
    if (place == "begin") committed = false;
    if (place == "committed") committed = true;
  }});
  std::promise<bool> seen;
  ASSERT_TRUE(
      ledger
          ->Enqueue(LedgerWrite().Add(EventNoted{"note", "", ""}),
                    [&](const auto&) { seen.set_value(committed.load()); })
          .ok());
  EXPECT_TRUE(seen.get_future().get());
}

TEST_F(LedgerTest, CloseCommitsWhatWaitsAndRefusesTheRest) {
  const auto ledger =
      Open({.commit_delay = absl::Hours(1), .commit_events = 1000});
  std::atomic<int> answered = 0;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(ledger
                    ->Enqueue(LedgerWrite().Add(EventNoted{"note", "", ""}),
                              [&](absl::StatusOr<uint64_t> seq) {
                                answered += seq.ok() ? 1 : 100;
                              })
                    .ok());
  }
  ledger->Close();
  EXPECT_EQ(answered, 10);
  EXPECT_EQ(ledger->Enqueue({}, [](const auto&) {}).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(ledger->Commit({}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(LedgerTest, AFullQueueSaysSoAndCloseWakesWhoWaitsForRoom) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<bool> first = true;
  const auto ledger = Open({.commit_delay = absl::ZeroDuration(),
                            .queue = 1,
                            .fail_point = [&](std::string_view place) {
                              if (place != "begin" || !first.exchange(false)) {
                                return;
                              }
                              entered.set_value();
                              go_on.get_future().wait();
                            }});
  const auto ignore = [](const absl::StatusOr<uint64_t>&) {};
  const LedgerWrite note = LedgerWrite().Add(EventNoted{"note", "", ""});
  ASSERT_TRUE(ledger->Enqueue(note, ignore).ok());
  entered.get_future().wait();
  ASSERT_TRUE(ledger->Enqueue(note, ignore).ok());
  const absl::Status full = ledger->Enqueue(note, ignore);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(full), "LEDGER_SLOW");
  std::thread waiting([&] {
    // Room came first, or Close() did: it answers either way.
    const auto outcome = ledger->Commit(note);
    EXPECT_TRUE(outcome.ok() || absl::IsUnavailable(outcome.status()));
  });
  std::thread closing([&] { ledger->Close(); });
  go_on.set_value();
  waiting.join();
  closing.join();
}

TEST_F(LedgerTest, AFullDiskFailsWhoWaitsAndAFreedOneGoesOn) {
  const auto ledger = Open();
  ASSERT_TRUE(ledger->Commit(IssueAndGrant(0)).ok());
  signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  rlimit tight = limit;
  tight.rlim_cur = 64 << 10;  // the log holds the schema: it is beyond this
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto full = ledger->Commit(LedgerWrite().Add(MakeSubmit(0)));
  const Reason failing = ledger->failing();
  const auto still = ledger->Commit(LedgerWrite().Add(MakeSubmit(0)));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(full.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(full.status()), "DISK_FULL") << full.status();
  EXPECT_EQ(failing, Reason::kDiskFull);
  EXPECT_FALSE(still.ok());
  const auto after = ledger->Commit(LedgerWrite().Add(MakeSubmit(0)));
  EXPECT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(ledger->failing(), Reason::kUnspecified);
  EXPECT_EQ(Ask("SELECT max(seq) - count(*) FROM events"), 0);
}

TEST_F(LedgerTest, OldEventsMakeRoom) {
  const auto ledger = Open({.commit_events = 4, .keep_events = 10});
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(
        ledger->Commit(LedgerWrite().Add(EventNoted{"note", "", ""})).ok());
  }
  EXPECT_EQ(Ask("SELECT count(*) FROM events"), 10);
  EXPECT_EQ(Ask("SELECT max(seq) FROM events"), 50);
}

TEST_F(LedgerTest, ANewerLedgerIsRefused) {
  Open()->Commit(LedgerWrite().Add(MetaSet{"schema", "99"})).IgnoreError();
  const auto refused = Ledger::Open({.path = path()});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(refused.status()), "LEDGER_NEWER");
  EXPECT_EQ(ReasonOf(LedgerReader::Open(path()).status()), "LEDGER_NEWER");
}

TEST_F(LedgerTest, AFileThatIsNoLedgerIsRefused) {
  std::ofstream(path()) << std::string(5000, 'x');
  EXPECT_EQ(Ledger::Open({.path = path()}).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(LedgerReader::Open(folder_.File("none.db")).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mdrl
