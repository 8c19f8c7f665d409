// Which group is with whom: tickets, leases, and which submission counts.
//
// A pure state machine without threads, disk or clock of its own: every call
// says what time it is, every decision comes back as a value for the ledger.
// Not thread-safe; the desk owns it under its lock. Rules of the order
// fixed_lag (docs/protocol.md):
//
//   ticket n is due in round d = n / B and is decoded with exactly version
//   m = max(0, d - k); it is issued while d <= V + k, V the newest version.
//
// So a group trained in round t was decoded with t - k: the staleness bound.
#ifndef MDRL_SERVICES_LEARNER_WORK_LEASE_TABLE_H_
#define MDRL_SERVICES_LEARNER_WORK_LEASE_TABLE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/rollout_calls.h"
#include "services/learner/work/ticket.h"
#include "services/learner/work/ticket_facts.h"

namespace mdrl {

struct LeaseTableOptions {
  uint64_t groups_per_round = 1;  // B
  uint64_t max_staleness = 0;     // k, in rounds
  uint64_t rounds_limit = 0;      // no ticket due in it or later; 0: none
  absl::Duration lease_for = absl::Seconds(15);
  absl::Duration stall = absl::Seconds(10);
  absl::Duration group_deadline = absl::Seconds(300);
  uint32_t quarantine_after = 2;  // workers with the same typed failure
  uint32_t max_attempts = 8;      // that say something about the prompt
  double evaluation_share = 0.25;
  // Told of each ticket that is issued or closed; its state says which.
  std::function<void(const Ticket&)> on_ticket = nullptr;
};

// What the ledger knew of a ticket that was open.
struct RecoveredTicket {
  Ticket ticket;
  // LEASED: by whom. SUBMITTED or IN_ROUND: the accepted group.
  uint32_t slot = 0;
  uint32_t accepted_attempt = 0;
  Digest content_sha256;
  bool vacant = false;  // ISSUED: its prompt is not given out any more
};

class LeaseTable {
 public:
  explicit LeaseTable(LeaseTableOptions options) : options_(options) {}

  // --- tickets ---

  // The next training ticket that may be issued, with number, due round and
  // version filled in; nullopt while the bound, the limit or `no_more_tickets`
  // forbids it. `capacity` is that of all READY workers.
  std::optional<Ticket> NextTraining(uint64_t capacity) const;
  // REQUIRES: training tickets in order, each as NextTraining said, with its
  // prompt; other purposes: a number never used.
  void Issue(Ticket ticket);
  // Gives a poisoned training ticket another prompt. REQUIRES: it waits for
  // one.
  void Replace(const TicketId& key, const Occurrence& of,
               const std::string& task);
  // Open tickets that wait for another prompt.
  std::vector<TicketId> Vacant() const;
  // Takes the prompt away from a training ticket that has no group yet: its
  // lease ends for `why`, and it waits for another one. Nothing if the ticket
  // is not ISSUED or LEASED.
  Endings Vacate(const TicketId& key, Reason why);
  // V: version `newest` may now be decoded with. REQUIRES: never falls.
  void SetNewest(Version newest);
  // The tickets of `round` train from now on. REQUIRES: all are SUBMITTED.
  void BeginRound(uint64_t round);
  // They are done and free their places. REQUIRES: BeginRound(round) before.
  void FinishRound(uint64_t round);
  // An evaluation's or generation's group was taken in.
  void Finish(const TicketId& key);
  // Closes an open ticket; its lease, if any, ends with the same reason.
  Endings Drop(const TicketId& key, Reason reason);
  // Nothing is issued any more; what is open may finish.
  void NoMoreTickets() { no_more_tickets_ = true; }
  // The first round that can no longer fill, once nothing more is issued.
  uint64_t FirstUnfillableRound() const {
    return next_training_ / options_.groups_per_round;
  }

  // --- leases ---

  struct GrantRequest {
    RegistrationId registration;
    uint32_t slot = 0;
    uint32_t room = 0;  // how many more leases it may get
    uint64_t call = 0;
    // Whether the worker has what the ticket's task needs.
    std::function<bool(const Ticket&)> can_do;
  };
  // Lends waiting tickets, returned ones first. While both kinds wait, every
  // 1/share-th lease of a registration is an evaluation's. A ticket whose
  // holder was lost goes to a worker that holds no other such ticket.
  std::vector<Ticket> Grant(const GrantRequest& request, absl::Time now);

  struct Renewal {
    std::vector<LeaseKey> renewed;
    std::vector<RenewReply::Revoked> revoked;
    Endings endings;
  };
  // Extends leases whose work moves, says which are over, and ends those that
  // never reached the worker.
  Renewal Renew(const RenewRequest& request, absl::Time now);

  struct Return {
    bool known = false;
    Endings endings;
  };
  // Over before its time, for `why`; to the front of the queue.
  Return GiveBack(const RegistrationId& registration,
                  const ReturnLeaseRequest::Returned& returned);

  struct Adoption {
    std::vector<LeaseKey> adopted;
    Endings endings;
  };
  // A worker registers (again) with what it holds. A held lease stays if its
  // group is open and no newer attempt was granted; leases of `previous` or,
  // after a restart, of `slot`, that it does not hold, end as WORKER_LOST.
  Adoption Adopt(const RegistrationId& registration, uint32_t slot,
                 const std::optional<RegistrationId>& previous,
                 const std::vector<LeaseKey>& held, absl::Time now);

  // Ends what is past its time (LEASE_EXPIRED, GROUP_STRAGGLES).
  Endings Expire(absl::Time now);
  // Ends all leases of a worker that is gone; they are suspects from now on.
  Endings EndAll(const RegistrationId& registration, Reason why);

  // --- submissions ---

  struct Submission {
    LeaseKey key;
    Purpose purpose = Purpose::kUnspecified;
    uint64_t ticket = 0;
    Digest content_sha256;
    Version version_min = 0;
    Version version_max = 0;
  };
  struct Verdict {
    SubmitGroupReply::Outcome outcome = SubmitGroupReply::Outcome::kUnspecified;
    uint32_t accepted_attempt = 0;
    Ticket ticket;    // ACCEPTED
    Endings endings;  // ACCEPTED: the lease itself and a newer one
    // SUPERSEDED with the accepted versions but other content.
    bool nondeterministic = false;
  };
  // Without changing anything: may this be accepted, and if not, what is the
  // answer? FailedPrecondition: never granted, or versions outside the lease.
  absl::StatusOr<Verdict> Judge(const Submission& submission) const;
  // Accepts it. REQUIRES: Judge said ACCEPTED, nothing happened since.
  Verdict Accept(const Submission& submission);

  // --- questions ---

  const Ticket* Find(const TicketId& key) const;
  // The ticket a group belongs to; null if closed or unknown.
  const Ticket* Find(const GroupId& group_id) const;
  uint32_t held(const RegistrationId& registration) const;
  // How many waiting tickets `can_do` accepts.
  bool AnyWaiting(const std::function<bool(const Ticket&)>& can_do) const;
  uint64_t waiting(Purpose purpose) const;
  // Every open ticket as it stands at `now`, by purpose and number; without
  // rubrics, which the desk knows.
  std::vector<TicketFacts> Facts(absl::Time now) const;
  // How long a training group takes from its grant to its acceptance: the
  // median of the last ones; zero if none was accepted yet.
  absl::Duration UsualGroup() const;
  Version newest() const { return newest_.value_or(0); }
  bool any_version() const { return newest_.has_value(); }
  uint64_t open_limit(uint64_t capacity) const;

  struct Counts {
    uint64_t issued = 0;
    uint64_t trained = 0;
    std::map<Reason, uint64_t> dropped;
    std::map<TicketState, uint64_t> open;
    uint64_t open_total() const;
    uint64_t dropped_total() const;
  };
  // issued = trained + dropped + open, always (I1).
  Counts counts(Purpose purpose) const;
  uint64_t nondeterministic() const { return nondeterministic_; }
  void CountNondeterministic() { ++nondeterministic_; }

  // --- restart ---

  // REQUIRES: nothing was issued yet. `counts` and `next` are of all tickets
  // ever; open leases wait one lease time from `now` for their holders.
  void Recover(Purpose purpose, uint64_t next, Counts counts,
               std::vector<RecoveredTicket> open, absl::Time now);

 private:
  struct Holder {
    RegistrationId registration;  // zero: from before a restart
    uint32_t slot = 0;
    uint64_t call = 0;
    absl::Time granted;
    absl::Time expires;
    absl::Time moved;
    RenewRequest::Phase phase = RenewRequest::Phase::kUnspecified;
    absl::Time phase_since = moved;
    uint64_t progress = 0;
    uint64_t progress_total = 0;
    Reason waits_for = Reason::kUnspecified;
    bool open_in_ledger = true;
  };
  struct Accepted {
    uint32_t attempt = 0;
    Digest content_sha256;
    Version version_min = 0;
    Version version_max = 0;
  };
  struct Entry {
    Ticket ticket;
    std::optional<Holder> holder = {};  // LEASED
    // ISSUED, but its prompt was taken away, for this reason.
    std::optional<Reason> vacant = {};
    bool suspect = false;  // its holder was lost
    Reason last_end = Reason::kUnspecified;
    absl::Time since = {};         // of the last change of state
    uint32_t blamed_attempts = 0;  // endings that say something of the prompt
    std::map<Reason, std::set<uint32_t>> failed_on =
        {};  // slots by typed failure
  };
  using Entries = std::map<TicketId, Entry>;

  bool Grantable(const Entry& entry, const GrantRequest& request) const;
  std::optional<TicketId> PickWaiting(Purpose purpose,
                                      const GrantRequest& request) const;
  void Lend(const TicketId& key, const GrantRequest& request, absl::Time now);
  void Hold(Entry& entry, Holder holder);
  void LetGo(Entry& entry);  // removes the holder from held_
  void End(Entry& entry, Reason why, std::string detail, Endings& endings);
  bool IsPoison(Entry& entry, Reason why, uint32_t slot) const;
  void EnqueueFront(const TicketId& key);
  void Unqueue(const TicketId& key);
  void Tell(const Ticket& ticket) const {
    if (options_.on_ticket) options_.on_ticket(ticket);
  }
  void EraseClosed(Entries::iterator entry, TicketState state);
  Reason WhyOver(const LeaseKey& key) const;
  Entry* OpenEntry(const GroupId& group_id);
  const Entry* OpenEntry(const GroupId& group_id) const;

  const LeaseTableOptions options_;
  absl::Time now_ = absl::UnixEpoch();      // of the last call that said it
  std::deque<absl::Duration> group_times_;  // of the last accepted groups
  std::optional<Version> newest_;
  bool no_more_tickets_ = false;
  uint64_t next_training_ = 0;
  Entries open_;
  std::map<GroupId, TicketId> by_group_;      // of open tickets
  std::map<GroupId, Accepted> accepted_;      // open and closed
  std::map<GroupId, Reason> dropped_groups_;  // closed without acceptance
  std::set<TicketId> waiting_;  // ISSUED, not vacant; earliest first
  std::map<RegistrationId, std::set<TicketId>> held_;
  std::map<RegistrationId, uint64_t> steps_ever_;  // of the last Renew
  std::map<RegistrationId, double> evaluation_credit_;
  std::map<Purpose, Counts> counts_;  // `open` is counted on demand
  uint64_t nondeterministic_ = 0;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_WORK_LEASE_TABLE_H_
