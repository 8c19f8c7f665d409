// Random histories against the table's invariants: three workers
// that crash, lose replies, repeat and reorder what they send.

#include <map>
#include <random>
#include <set>

#include "gtest/gtest.h"
#include "services/learner/work/lease_table.h"
#include "tests/testing/fake_clock.h"

namespace mdrl {
namespace {

using Outcome = SubmitGroupReply::Outcome;

constexpr uint64_t kB = 3;

struct History {
  explicit History(uint64_t seed, uint64_t max_staleness)
      : random(seed),
        k(max_staleness),
        table({.groups_per_round = kB, .max_staleness = max_staleness}) {
    table.SetNewest(0);
  }

  uint32_t Below(uint32_t n) {
    return std::uniform_int_distribution<uint32_t>(0, n - 1)(random);
  }

  RegistrationId Registration(int worker) const {
    RegistrationId id;
    id.bytes[0] = static_cast<uint8_t>(worker + 1);
    id.bytes[1] = static_cast<uint8_t>(lives[worker]);
    id.bytes[2] = static_cast<uint8_t>(lives[worker] >> 8);
    return id;
  }

  void Issue() {
    while (auto ticket = table.NextTraining(6)) {
      const uint64_t n = prompts++;
      for (int i = 0; i < 4; ++i) {
        ticket->of.group_id.bytes[i] = static_cast<uint8_t>(n >> (8 * i));
      }
      // Issued as the bound allows, never beyond it.
      ASSERT_LE(*ticket->due_round - *ticket->exact_version, k);
      table.Issue(*ticket);
    }
  }

  void Lease(int worker) {
    for (const Ticket& ticket :
         table.Grant({.registration = Registration(worker),
         .slot = static_cast<uint32_t>(worker),
         .room = 1 + Below(3),
         .call = ++calls[worker],
         .can_do = [](const Ticket&) { return true; }},
                     clock.Now())) {
      if (Below(10) == 0) continue;  // the reply is lost
      held[worker].push_back(ticket);
    }
  }

  void Submit(int worker) {
    if (held[worker].empty()) return;
    const size_t pick = Below(held[worker].size());
    const Ticket ticket = held[worker][pick];
    sent.push_back(ticket);
    if (Below(4) != 0) {
      held[worker].erase(held[worker].begin() + pick);
    }
    Deliver(ticket);
  }

  void Deliver(const Ticket& ticket) {
    LeaseTable::Submission submission;
    submission.key = {ticket.of.group_id, ticket.attempts};
    submission.purpose = Purpose::kTrain;
    submission.ticket = ticket.id.number;
    submission.version_min = *ticket.exact_version;
    submission.version_max = *ticket.exact_version;
    const auto verdict = table.Judge(submission);
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    if (verdict->outcome != Outcome::kAccepted) return;
    table.Accept(submission);
    // I8: one acceptance per group.
    ASSERT_TRUE(acknowledged.emplace(ticket.of.group_id, ticket).second);
  }

  void Renew(int worker) {
    RenewRequest request;
    request.caller.registration_id = Registration(worker);
    request.lease_call_seen = calls[worker];
    for (const Ticket& ticket : held[worker]) {
      request.leases.push_back({.key = {ticket.of.group_id, ticket.attempts},
                                .phase = RenewRequest::Phase::kDecoding,
                                .progress = ++progress,
                                .progress_total = 0});
    }
    const auto renewal = table.Renew(request, clock.Now());
    for (const auto& revoked : renewal.revoked) {
      std::erase_if(held[worker], [&](const Ticket& ticket) {
        return ticket.of.group_id == revoked.key.group_id &&
               ticket.attempts == revoked.key.attempt;
      });
    }
    Mend(renewal.endings);
  }

  void Crash(int worker) {
    const RegistrationId before = Registration(worker);
    ++lives[worker];
    std::vector<LeaseKey> kept;
    if (Below(2) == 0) {
      held[worker].clear();
    } else {
      for (const Ticket& t : held[worker]) {
        kept.push_back({t.of.group_id, t.attempts});
      }
    }
    if (Below(2) == 0) {
      Mend(table.EndAll(before, Reason::kWorkerLost));
    }
    const auto adoption =
        table.Adopt(Registration(worker), worker, before, kept, clock.Now());
    Mend(adoption.endings);
    const std::set<LeaseKey> adopted(adoption.adopted.begin(),
                                     adoption.adopted.end());
    std::erase_if(held[worker], [&](const Ticket& t) {
      return !adopted.contains({t.of.group_id, t.attempts});
    });
  }

  // A quarantined prompt's ticket gets another prompt.
  void Mend(const Endings& endings) {
    for (const Poisoned& poisoned : endings.poisoned) {
      Occurrence of;
      const uint64_t n = prompts++;
      for (int i = 0; i < 4; ++i) {
        of.group_id.bytes[i] = static_cast<uint8_t>(n >> (8 * i));
      }
      table.Replace(poisoned.ticket, of, "");
    }
  }

  void Train() {
    for (uint64_t n = round * kB; n < (round + 1) * kB; ++n) {
      const Ticket* ticket = table.Find({Purpose::kTrain, n});
      if (ticket == nullptr || ticket->state != TicketState::kSubmitted) return;
    }
    for (uint64_t n = round * kB; n < (round + 1) * kB; ++n) {
      const Ticket* ticket = table.Find({Purpose::kTrain, n});
      // I4: exactly the version that the ticket says, within the bound.
      ASSERT_EQ(*ticket->exact_version, round > k ? round - k : 0);
      // I2: no group trains twice.
      ASSERT_TRUE(trained.insert(ticket->of.group_id).second);
      ASSERT_TRUE(acknowledged.contains(ticket->of.group_id));
    }
    table.BeginRound(round);
    table.FinishRound(round);
    table.SetNewest(++round);
  }

  void Check() {
    // I1: issued = trained + dropped + open.
    const LeaseTable::Counts counts = table.counts(Purpose::kTrain);
    ASSERT_EQ(counts.issued,
              counts.trained + counts.dropped_total() + counts.open_total());
    ASSERT_EQ(counts.trained, trained.size());
    ASSERT_LE(counts.open_total(), (k + 1) * kB);
    // I3: what was acknowledged is trained or open.
    for (const auto& [group, ticket] : acknowledged) {
      if (trained.contains(group)) continue;
      const Ticket* open = table.Find(group);
      ASSERT_NE(open, nullptr);
      ASSERT_EQ(open->state, TicketState::kSubmitted);
    }
  }

  void Step() {
    const int worker = static_cast<int>(Below(3));
    switch (Below(12)) {
      case 0:
      case 1:
      case 2:
        Lease(worker);
        break;
      case 3:
      case 4:
      case 5:
        Submit(worker);
        break;
      case 6:
        if (!sent.empty()) Deliver(sent[Below(sent.size())]);
        break;
      case 7:
        Renew(worker);
        break;
      case 8:
        clock.Advance(absl::Seconds(Below(6)));
        break;
      case 9:
        if (Below(5) == 0) Crash(worker);
        break;
      case 10:
        Mend(table.Expire(clock.Now()));
        break;
      default:
        Train();
        Issue();
    }
  }

  std::mt19937_64 random;
  const uint64_t k;
  FakeClock clock;
  LeaseTable table;
  std::vector<Ticket> held[3];
  std::vector<Ticket> sent;
  uint64_t lives[3] = {0, 0, 0};
  uint64_t calls[3] = {0, 0, 0};
  uint64_t progress = 0;
  uint64_t prompts = 0;
  uint64_t round = 0;
  std::map<GroupId, Ticket> acknowledged;
  std::set<GroupId> trained;
};

class LeaseTableModelTest
    : public testing::TestWithParam<std::tuple<uint64_t, uint64_t>> {};

TEST_P(LeaseTableModelTest, InvariantsHoldThroughCrashesRepeatsAndReorders) {
  const auto [first_seed, k] = GetParam();
  uint64_t rounds = 0;
  for (uint64_t seed = first_seed * 50; seed < (first_seed + 1) * 50; ++seed) {
    SCOPED_TRACE(seed);
    History history(seed, k);
    history.Issue();
    for (int step = 0; step < 600; ++step) {
      history.Step();
      if (HasFatalFailure()) return;
    }
    history.Check();
    if (HasFatalFailure()) return;
    rounds += history.round;
  }
  EXPECT_GT(rounds, 50u * 3u) << "the histories hardly train anything";
}

INSTANTIATE_TEST_SUITE_P(Seeds, LeaseTableModelTest,
                         testing::Combine(testing::Range<uint64_t>(0, 4),
                                          testing::Values(0, 1, 3)));

}  // namespace
}  // namespace mdrl
