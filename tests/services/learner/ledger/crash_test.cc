// Kills a process that writes a small run, at every statement and at every
// file operation below it, and looks at what the next start finds.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>
#include <set>

#include "absl/strings/numbers.h"
#include "services/learner/ledger/ledger.h"
#include "services/learner/ledger/recovery.h"
#include "tests/services/learner/ledger/run_builder.h"

namespace mdrl {
namespace {

using ::mdrl::testing::ChainAt;
using ::mdrl::testing::GroupOf;
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

constexpr uint64_t kRounds = 2;

// The places are the same ones under a sanitizer, where each costs more.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kStride = 7;
#else
constexpr int kStride = 1;
#endif

// The whole run: writes in their order. Consecutive writes with the same
// number are queued together and share a commit.
struct Scripted {
  int together;
  LedgerWrite write;
};

std::vector<Scripted> Script() {
  std::vector<Scripted> script;
  int number = 0;
  const auto add = [&](LedgerWrite write) {
    script.push_back({number, std::move(write)});
  };
  add(LedgerWrite().Add(MetaSet{"run_id", "0123456789abcdef"}));
  ++number;
  add(LedgerWrite().Add(MakePending(MakePrompts(kSetPrompts))));
  ++number;
  add(LedgerWrite().Add(MakeAdded(MakePrompts(kSetPrompts))));
  for (uint64_t round = 0; round < kRounds; ++round) {
    ++number;
    for (uint64_t n = 2 * round; n < 2 * round + 2; ++n) {
      add(LedgerWrite().Add(MakeTicket(n)).Add(MakeGrant(n)));
    }
    ++number;
    for (uint64_t n = 2 * round; n < 2 * round + 2; ++n) {
      add(LedgerWrite().Add(MakeSubmit(n)));
    }
    ++number;
    add(LedgerWrite().Add(MakeRound(round)).Add(MakeStep(2 * round)));
    ++number;
    add(LedgerWrite()
            .Add(MakeStep(2 * round + 1))
            .Add(MakeClosed(round))
            .Add(MakePolicy(round + 1)));
  }
  ++number;
  add(LedgerWrite().Add(MakeTicket(4)).Add(MakeGrant(4)));
  ++number;
  add(LedgerWrite().Add(
      TicketDropped{{Purpose::kTrain, 4}, Reason::kCancelled}));
  return script;
}

// ---- in the process that is killed ----

std::atomic<int> places_left{0};  // 0: never

void MaybeDie() {
  if (places_left > 0 && --places_left == 0) kill(getpid(), SIGKILL);
}

// The machine's file system, which dies before each write and each fsync.
sqlite3_vfs mortal_vfs;
sqlite3_io_methods mortal_methods;
const sqlite3_io_methods* true_methods = nullptr;
const sqlite3_vfs* true_vfs = nullptr;

int MortalWrite(sqlite3_file* file, const void* bytes, int size,
                sqlite3_int64 at) {
  MaybeDie();
  return true_methods->xWrite(file, bytes, size, at);
}
int MortalSync(sqlite3_file* file, int flags) {
  MaybeDie();
  return true_methods->xSync(file, flags);
}
int MortalOpen(sqlite3_vfs* vfs, const char* name, sqlite3_file* file,
               int flags, int* out_flags) {
  const int code = true_vfs->xOpen(vfs, name, file, flags, out_flags);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  if (true_methods == nullptr) {
    true_methods = file->pMethods;
    mortal_methods = *true_methods;
    mortal_methods.xWrite = MortalWrite;
    mortal_methods.xSync = MortalSync;
  }
  if (file->pMethods == true_methods) file->pMethods = &mortal_methods;
  return code;
}

void InstallMortalFiles() {
  true_vfs = sqlite3_vfs_find(nullptr);
  mortal_vfs = *true_vfs;
  mortal_vfs.zName = "mortal";
  mortal_vfs.xOpen = MortalOpen;
  sqlite3_vfs_register(&mortal_vfs, 1);
}

// Writes the script, one line into `told` for every answer. Exit code 0 if it
// came to the end; what is there already is skipped.
int WriteRun(const std::string& path, int die_at, int told) {
  InstallMortalFiles();
  places_left = die_at;
  auto ledger = Ledger::Open({.path = path,
                              .commit_delay = absl::Hours(1),
                              .fail_point = [](auto) { MaybeDie(); }});
  if (!ledger.ok()) return 3;
  const std::vector<Scripted> script = Script();
  std::atomic<int> wrong = 0;
  for (size_t i = 0; i < script.size(); ++i) {
    const auto tell = [told, i, &wrong](absl::StatusOr<uint64_t> seq) {
      if (!seq.ok() && !absl::IsAlreadyExists(seq.status()) &&
          !absl::IsFailedPrecondition(seq.status())) {
        ++wrong;
      }
      const std::string line = absl::StrCat(i, "\n");
      if (write(told, line.data(), line.size()) < 0) ++wrong;
    };
    const bool last_together =
        i + 1 == script.size() || script[i + 1].together != script[i].together;
    if (last_together) {
      tell((*ledger)->Commit(script[i].write));
    } else if (!(*ledger)->Enqueue(script[i].write, tell).ok()) {
      return 4;
    }
  }
  (*ledger)->Close();
  return wrong == 0 ? 0 : 5;
}

// ---- in the test ----

int RunChild(const std::string& path, int die_at, const std::string& told) {
  const std::string die_text = absl::StrCat(die_at);
  char* const argv[] = {
      const_cast<char*>("crash_test"), const_cast<char*>("write-run"),
      const_cast<char*>(path.c_str()), const_cast<char*>(die_text.c_str()),
      const_cast<char*>(told.c_str()), nullptr};
  pid_t pid = 0;
  EXPECT_EQ(
      posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, argv, environ), 0);
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

absl::StatusOr<RecoveredRun> Recover(const std::string& path) {
  return RecoverRun({.path = path, .codec = TestCodec(), .first_round = 0});
}

std::set<int> Told(const std::string& path) {
  std::set<int> told;
  std::ifstream file(path);
  for (int i; file >> i;) told.insert(i);
  return told;
}

// Whether the rows of a scripted write are there: its last one shows it.
struct Shows {
  const RecoveredRun& run;
  bool operator()(const MetaSet& row) const {
    return run.meta.contains(row.key);
  }
  bool operator()(const PromptSetAdded&) const {
    return run.prompt_sets.size() == 1;
  }
  bool operator()(const LeaseGranted& row) const {
    return Counts().issued > row.ticket.number;
  }
  bool operator()(const GroupSubmitted& row) const {
    if (InRound(row.key.group_id)) return true;
    for (const StoredTicket& ticket : run.open_tickets) {
      if (ticket.issued.group_id == row.key.group_id) {
        return ticket.group.has_value();
      }
    }
    return false;
  }
  bool operator()(const StepCommitted& row) const {
    return run.last_step.has_value() && run.last_step->step >= row.step;
  }
  bool operator()(const PolicyPublished& row) const {
    return run.policies.size() >= row.version;
  }
  bool operator()(const TicketDropped&) const {
    return !Counts().dropped.empty();
  }
  bool operator()(const auto&) const { return true; }

  TicketCounts Counts() const {
    const auto found = run.tickets.find(Purpose::kTrain);
    return found == run.tickets.end() ? TicketCounts() : found->second;
  }
  bool InRound(const GroupId& id) const {
    for (const StoredRound& round : run.rounds) {
      for (const RecoveredGroup& group : round.groups) {
        if (group.stored.key.group_id == id) return true;
      }
    }
    return false;
  }
};

void ExpectInvariants(const RecoveredRun& run) {
  const TicketCounts counts = Shows{run}.Counts();
  uint64_t dropped = 0;
  for (const auto& [reason, count] : counts.dropped) dropped += count;
  EXPECT_EQ(counts.issued, counts.trained + dropped + counts.open) << "I1";
  EXPECT_EQ(counts.open, run.open_tickets.size()) << "I1";
  std::set<GroupId> used;
  for (const StoredRound& round : run.rounds) {
    EXPECT_EQ(round.groups.size(), 2u) << "a batch is whole";
    EXPECT_FALSE(round.steps.empty()) << "a round opens with its first step";
    EXPECT_EQ(round.closed, round.steps.size() == 2);
    EXPECT_EQ(round.closed, run.policies.size() > round.round);
    for (const RecoveredGroup& group : round.groups) {
      EXPECT_TRUE(used.insert(group.stored.key.group_id).second) << "I2";
    }
    for (const StepCommitted& step : round.steps) {
      EXPECT_EQ(step.chain, ChainAt(step.step)) << "I9";
    }
  }
}

TEST(CrashTest, WhateverWasAnsweredIsThereAfterAKillAtAnyPlace) {
  const std::vector<Scripted> script = Script();
  int die_at = 1;
  int killed = 0;
  for (;; die_at += kStride) {
    SCOPED_TRACE(absl::StrCat("killed at place ", die_at));
    ScratchFolder folder;
    const std::string path = folder.File("ledger.db");
    const int outcome = RunChild(path, die_at, folder.File("told"));
    if (outcome == 0) break;  // there is no such place any more
    ASSERT_EQ(outcome, -SIGKILL);
    const std::set<int> told = Told(folder.File("told"));
    {
      // As a learner starts: the writer first, then the reading.
      const auto ledger = Ledger::Open({.path = path});
      ASSERT_TRUE(ledger.ok()) << ledger.status();
      const auto run = Recover(path);
      ASSERT_TRUE(run.ok()) << run.status();
      ExpectInvariants(*run);
      for (const int i : told) {
        EXPECT_TRUE(std::visit(Shows{*run}, script[i].write.rows.back()))
            << "I3: write " << i << " was answered and is not there";
      }
    }
    // Every fourth place: the run goes on and ends as if nothing had been.
    if (++killed % 4 != 0) continue;
    ASSERT_EQ(RunChild(path, 0, folder.File("told2")), 0);
    const auto run = Recover(path);
    ASSERT_TRUE(run.ok()) << run.status();
    ExpectInvariants(*run);
    EXPECT_EQ(Shows{*run}.Counts().trained, 2 * kRounds);
    ASSERT_TRUE(run->last_step.has_value());
    EXPECT_EQ(run->last_step->chain, ChainAt(2 * kRounds - 1));
  }
  EXPECT_GT(die_at, 100) << "the kills missed most of the run";
}

}  // namespace

int WriteRunMain(char** argv) {
  int die_at = 0;
  const int told = open(argv[4], O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (told < 0 || !absl::SimpleAtoi(argv[3], &die_at)) return 2;
  return WriteRun(argv[2], die_at, told);
}

}  // namespace mdrl

int main(int argc, char** argv) {
  if (argc == 5 && strcmp(argv[1], "write-run") == 0) {
    return mdrl::WriteRunMain(argv);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
