#include "services/learner/desk/desk_metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/record/outcome.h"

namespace mdrl {
namespace {

// "no_prompts"
std::string Lower(std::string_view word) {
  return absl::AsciiStrToLower(std::string(word));
}

// All that types.proto names but the unspecified one.
std::vector<std::string> AllReasons() {
  std::vector<std::string> all;
  const std::string_view none = ReasonName(Reason::kUnspecified);
  for (uint32_t i = 1; ReasonName(static_cast<Reason>(i)) != none; ++i) {
    all.push_back(Lower(ReasonName(static_cast<Reason>(i))));
  }
  return all;
}

std::string_view OutcomeWord(SubmitGroupReply::Outcome outcome) {
  using SubmitOutcome = SubmitGroupReply::Outcome;
  switch (outcome) {
    case SubmitOutcome::kAccepted:
      return "accepted";
    case SubmitOutcome::kDuplicate:
      return "duplicate";
    case SubmitOutcome::kSuperseded:
      return "superseded";
    case SubmitOutcome::kLate:
      return "late";
    case SubmitOutcome::kUnspecified:
    case SubmitOutcome::kCancelled:
      break;
  }
  return "cancelled";
}

// The label's value; reasons that no ticket ends with count as cancelled.
std::string_view DropWord(Reason reason) {
  switch (reason) {
    case Reason::kLate:
      return "late";
    case Reason::kPromptPoison:
      return "prompt_poison";
    case Reason::kRolledBack:
      return "rolled_back";
    case Reason::kDraining:
      return "draining";
    default:
      return "cancelled";
  }
}

// "256/128"
std::string DecodeWord(const DecodeSettings& decode) {
  return absl::StrCat(decode.canvas_tokens, "/", decode.decode_steps);
}

// Waits that somebody wanted, and the time before the first policy.
bool IsIntended(Reason why) {
  return why == Reason::kNoPrompts || why == Reason::kPaused ||
         why == Reason::kDraining || why == Reason::kFinished ||
         why == Reason::kReplaying || why == Reason::kUnspecified;
}

}  // namespace

DeskMetrics::DeskMetrics(Registry& registry,
                         const std::vector<std::string>& tasks,
                         absl::Time start)
    : DeskMetrics(registry, LabelSets{{"task", tasks}}, start,
                  Families{registry.AddCounters("mdrl_leases_total"),
                           registry.AddCounters("mdrl_worker_lost_total"),
                           registry.AddGauges("mdrl_queue_depth"),
                           registry.AddGauges("mdrl_queue_capacity")}) {}

DeskMetrics::DeskMetrics(Registry& registry, const LabelSets& tasks,
                         absl::Time start, const Families& families)
    : leases_granted(families.leases.At({"granted"})),
      leases_adopted(families.leases.At({"adopted"})),
      determinism_mismatches(
          registry.AddCounter("mdrl_determinism_mismatches_total")),
      snapshots_retained(registry.AddGauge("mdrl_snapshots_retained")),
      prompts_left(registry.AddGauges("mdrl_prompts_left", tasks)),
      prompts_quarantined(
          registry.AddGauges("mdrl_prompts_quarantined", tasks)),
      worker_joins(registry.AddCounters("mdrl_worker_joins_total")),
      worker_join_seconds(registry.AddHistograms("mdrl_worker_join_seconds")),
      workers_lost(families.lost.At({"worker_lost"})),
      groups_depth(families.depth.At({"groups"})),
      groups_capacity(families.capacity.At({"groups"})),
      ledger_depth(families.depth.At({"ledger"})),
      ledger_capacity(families.capacity.At({"ledger"})),
      staleness_bound(registry.AddGauge("mdrl_staleness_bound_versions")),
      leases_(families.leases),
      issued_(registry.AddCounters("mdrl_tickets_issued_total", tasks)),
      trained_(registry.AddCounters("mdrl_tickets_trained_total", tasks)),
      dropped_(registry.AddCounters("mdrl_tickets_dropped_total", tasks)),
      open_(registry.AddGauges("mdrl_tickets_open")),
      limit_(registry.AddGauge("mdrl_tickets_limit")),
      imbalance_(registry.AddGauge("mdrl_tickets_imbalance")),
      age_(registry.AddHistogram("mdrl_ticket_age_seconds")),
      submits_(registry.AddCounters("mdrl_submits_total")),
      rewards_(registry.AddCounters("mdrl_learner_rewards_total", tasks)),
      positive_(registry.AddCounters("mdrl_learner_reward_positive_sum_total",
                                     tasks)),
      negative_(registry.AddCounters(
          "mdrl_learner_reward_negative_abs_sum_total", tasks)),
      accuracy_(registry.AddGauges("mdrl_evaluation_accuracy_ratio")),
      prompts_(registry.AddGauges("mdrl_evaluation_prompts")),
      evaluated_version_(registry.AddGauges("mdrl_evaluation_version")),
      evaluation_seconds_(
          registry.AddHistograms("mdrl_evaluation_seconds", tasks)),
      workers_(registry.AddGauges("mdrl_workers")),
      worker_leases_(registry.AddGauges("mdrl_worker_leases")),
      worker_lag_(registry.AddGauges("mdrl_worker_policy_lag_versions")),
      worker_heard_(registry.AddGauges("mdrl_worker_heard_seconds")),
      version_(registry.AddGauge("mdrl_policy_version")),
      published_(registry.AddCounters("mdrl_policy_published_total")),
      changed_(registry.AddGauge("mdrl_snapshot_changed_ratio")),
      waiting_(registry.AddGauges("mdrl_waiting", {{"reason", AllReasons()}})),
      stalled_(registry.AddGauges("mdrl_stalled_seconds").At({"learner"})),
      alarms_(registry.AddCounters("mdrl_watchdog_alarms_total",
                                   {{"reason", AllReasons()}})) {
  NoteProgress(start);
}

void DeskMetrics::CountTicket(const Ticket& ticket, absl::Time now) {
  if (ticket.id.purpose != Purpose::kTrain) return;
  switch (ticket.state) {
    case TicketState::kIssued:
      issued_.At({ticket.task}).Increment();
      break;
    case TicketState::kTrained:
      trained_.At({ticket.task}).Increment();
      age_.Observe(now - ticket.issued);
      break;
    case TicketState::kDropped:
      dropped_.At({ticket.task, DropWord(ticket.dropped)}).Increment();
      break;
    default:
      break;
  }
}

void DeskMetrics::CountLeaseEnd(const LeaseEnd& end) {
  std::string_view event = "revoked";
  if (end.given_back) {
    event = "returned";
  } else if (end.why == Reason::kLeaseExpired ||
             end.why == Reason::kWorkerLost) {
    event = "expired";
  } else if (end.why == Reason::kLeaseUndelivered) {
    event = "undelivered";
  }
  leases_.At({event}).Increment();
}

void DeskMetrics::CountSubmit(SubmitGroupReply::Outcome outcome) {
  submits_.At({OutcomeWord(outcome)}).Increment();
}

void DeskMetrics::CountRewards(const std::string& task, const Group& group) {
  for (const Completion& completion : group.completions) {
    rewards_.At({task, OutcomeLabel(completion.score.outcome)}).Increment();
    const double reward = completion.score.reward.value_or(0.0);
    if (reward > 0.0) positive_.At({task}).Increment(reward);
    if (reward < 0.0) negative_.At({task}).Increment(-reward);
  }
}

void DeskMetrics::CountEvaluation(const EvaluationView& view) {
  if (view.state != EvaluationView::State::kDone) return;
  std::map<std::string, bool> tasks;
  for (const EvaluationRow& row : view.rows) {
    const std::string decode = DecodeWord(row.decode);
    const uint64_t counted = row.done - std::min(row.done, row.service_errors);
    accuracy_.At({row.task, decode})
        .Set(counted == 0 ? 0.0
                          : static_cast<double>(row.correct) /
                                static_cast<double>(counted));
    prompts_.At({row.task, decode}).Set(static_cast<double>(row.total));
    evaluated_version_.At({row.task})
        .Set(static_cast<double>(view.policy.version.value_or(0)));
    if (tasks.emplace(row.task, true).second) {
      evaluation_seconds_.At({row.task}).Observe(view.took);
    }
  }
}

void DeskMetrics::CountPublished(const Snapshot& snapshot,
                                 const Snapshot* parent) {
  const Manifest& manifest = snapshot.manifest;
  // A checkpoint's policy begins an epoch as the first one does.
  published_
      .At({manifest.cause == Cause::kInitial || parent == nullptr ? "initial"
                                                                  : "round"})
      .Increment();
  const std::vector<ChunkHash>& chunks = manifest.chunk_xxh3_128;
  uint64_t same = 0;
  for (size_t i = 0; parent != nullptr && i < chunks.size(); ++i) {
    const std::vector<ChunkHash>& before = parent->manifest.chunk_xxh3_128;
    same += i < before.size() && before[i] == chunks[i];
  }
  changed_.Set(chunks.empty() ? 0.0
                              : 1.0 - static_cast<double>(same) /
                                          static_cast<double>(chunks.size()));
}

void DeskMetrics::NoteProgress(absl::Time now) {
  moved_ns_.store(absl::ToUnixNanos(now));
}

void DeskMetrics::ShowStatus(const RunStatus& status, absl::Time now) {
  const LeaseTable::Counts& tickets = status.tickets;
  const std::pair<TicketState, std::string_view> states[] = {
      {TicketState::kIssued, "issued"},
      {TicketState::kLeased, "leased"},
      {TicketState::kSubmitted, "submitted"},
      {TicketState::kInRound, "in_round"}};
  for (const auto& [state, word] : states) {
    const auto open = tickets.open.find(state);
    open_.At({word}).Set(
        open == tickets.open.end() ? 0.0 : static_cast<double>(open->second));
  }
  limit_.Set(static_cast<double>(status.ticket_limit));
  // In signed numbers: too few is as wrong as too many.
  imbalance_.Set(static_cast<double>(tickets.issued) -
                 static_cast<double>(tickets.trained) -
                 static_cast<double>(tickets.dropped_total()) -
                 static_cast<double>(tickets.open_total()));
  version_.Set(static_cast<double>(status.newest.version.value_or(0)));
  ShowWorkers(status);
  ShowWaiting(status.waits_for, now);
}

void DeskMetrics::CountAlarm(Reason why) {
  // Without a cause there is no progress, which is one.
  if (why == Reason::kUnspecified) why = Reason::kNoProgress;
  alarms_.At({Lower(ReasonName(why))}).Increment();
}

void DeskMetrics::ShowWorkers(const RunStatus& status) {
  std::map<WorkerState, int> states;
  const uint64_t newest = status.newest.version.value_or(0);
  for (const RunStatus::Worker& worker : status.workers) {
    ++states[worker.state];
    const std::string slot = absl::StrCat(worker.slot);
    if (worker.state == WorkerState::kLost) {
      // It holds nothing and follows nothing.
      worker_leases_.Remove({slot});
      worker_lag_.Remove({slot});
      worker_heard_.Remove({slot});
      continue;
    }
    const uint64_t active = worker.active.version.value_or(0);
    worker_leases_.At({slot}).Set(worker.leases);
    worker_lag_.At({slot}).Set(
        static_cast<double>(newest - std::min(newest, active)));
    worker_heard_.At({slot}).Set(absl::ToDoubleSeconds(worker.last_heard));
  }
  for (const WorkerState state :
       {WorkerState::kWarming, WorkerState::kReady, WorkerState::kSuspect,
        WorkerState::kLost, WorkerState::kDraining}) {
    workers_.At({Lower(WorkerStateName(state))}).Set(states[state]);
  }
}

void DeskMetrics::ShowWaiting(Reason why, absl::Time now) {
  for (const std::string& reason : AllReasons()) {
    waiting_.At({"learner", reason})
        .Set(why != Reason::kUnspecified && reason == Lower(ReasonName(why)));
  }
  // What follows an intended wait has until then had no reason to move.
  if (IsIntended(why)) NoteProgress(now);
  const absl::Time moved = absl::FromUnixNanos(moved_ns_.load());
  stalled_.Set(std::max(0.0, absl::ToDoubleSeconds(now - moved)));
}

}  // namespace mdrl
