// Workers: register, lease, renew, return; what happens when a lease ends.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "nlohmann/json.hpp"
#include "services/learner/desk/front_desk.h"

namespace mdrl {
namespace {

// A parked call is answered at least this often, whatever its caller wants.
constexpr absl::Duration kLongestWait = absl::Minutes(2);
// Names of refused workers that are remembered; anyone may make up names.
constexpr size_t kMostRefused = 64;

}  // namespace

absl::Status FrontDesk::ServingLocked() const {
  if (!failed_.ok()) {
    return absl::UnavailableError("the learner has failed and is ending");
  }
  if (closed_) return absl::UnavailableError("the learner is closing");
  if (starting_) {
    return absl::UnavailableError(absl::StrCat(
        "the learner is starting: ",
        std::string(LoopPhaseName(phases_.phase())), " ", phases_.detail()));
  }
  return absl::OkStatus();
}

void FrontDesk::Register(RegisterRequest request,
                         Answer<RegisterReply> answer) {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    const absl::Status status = RegisterLocked(request, answer, outbox);
    if (!status.ok()) outbox.push_back([&answer, status] { answer(status); });
    journal_.Flush();
  }
  RunAll(outbox);
}

absl::Status FrontDesk::RegisterLocked(const RegisterRequest& request,
                                       const Answer<RegisterReply>& answer,
                                       Outbox& outbox) {
  const absl::Status serving = ServingLocked();
  if (!serving.ok()) return serving;
  const absl::Time now = clock_.Now();
  const auto registered = workers_.Register(request, now);
  if (!registered.ok()) {
    Log(LogLevel::kWarn, "worker_refused",
        std::string(registered.status().message()), {{"worker", request.name}});
    NoteRefusedLocked(request.name, registered.status(), now);
    return registered.status();
  }
  const Worker& worker = *registered->worker;
  if (registered->previous.has_value()) {
    lease_calls_.Forget(
        *registered->previous,
        Refusal(absl::StatusCode::kAborted, reason::kRegistrationUnknown,
                "the worker has registered again"),
        outbox);
  }
  const LeaseTable::Adoption adoption =
      table_.Adopt(worker.registration_id, worker.slot, registered->previous,
                   request.held, now);
  EndedLocked(adoption.endings, outbox);
  metrics_.leases_adopted.Increment(
      static_cast<double>(adoption.adopted.size()));
  refused_.erase(worker.name);
  if (!registered->repeated) {
    // Warm: it brings policies, or comes back under its name.
    registered->worker->came_warm =
        registered->previous.has_value() || !request.resident.empty();
    metrics_.worker_joins.At({worker.came_warm ? "warm" : "cold"}).Increment();
    Log(LogLevel::kInfo, "worker_registered", "a worker has come",
        {{"worker", worker.name}, {"slot", absl::StrCat(worker.slot)}});
    journal_.Add(WorkerRegistered{.slot = worker.slot,
                                  .name = worker.name,
                                  .boot_id = worker.boot_id,
                                  .build = worker.build.version,
                                  .device = worker.device});
  }
  RegisterReply reply{.run_id = options_.run_id,
                      .epoch = options_.epoch,
                      .registration_id = worker.registration_id,
                      .slot = worker.slot,
                      .build = options_.build,
                      .newest = {},
                      .adopted = adoption.adopted,
                      .heartbeat = options_.heartbeat,
                      .lease_for = options_.lease_for,
                      .warmup_for = options_.warmup,
                      .rollout_config = options_.rollout_config};
  if (const auto newest = store_.Newest()) reply.newest = newest->ref();
  AnswerAfterCommitLocked(answer, std::move(reply), outbox);
  PumpLocked(outbox);
  return absl::OkStatus();
}

void FrontDesk::NoteRefusedLocked(const std::string& name,
                                  const absl::Status& why, absl::Time now) {
  if (refused_.size() >= kMostRefused && !refused_.contains(name)) return;
  Refused& refused = refused_[name];
  const bool news = refused.why != why;
  refused.why = why;
  refused.time = now;
  // A worker that tries again and again is one event, not one per try.
  if (!news) return;
  journal_.Add(EventNoted{
      .kind = "worker_refused",
      .subject = name,
      .body =
          nlohmann::json({{"reason", DetailOf(why).reason},
                          {"text", std::string(why.message())}})
              .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
}

void FrontDesk::Lease(LeaseRequest request, Answer<LeaseReply> answer) {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    const absl::Time now = clock_.Now();
    absl::Status status = ServingLocked();
    if (status.ok()) status = workers_.Hear(request.caller, now).status();
    if (status.ok() && request.max_leases == 0) {
      status =
          absl::InvalidArgumentError("max_leases is 0; ask for at least 1");
    }
    if (!status.ok()) {
      outbox.push_back([&answer, status] { answer(status); });
    } else if (lease_calls_.Arrive(request, answer, outbox) ==
               LeaseCalls::Arrival::kNew) {
      const LeaseCalls::Parked call{
          .registration = request.caller.registration_id,
          .call = request.caller.call,
          .max_leases = request.max_leases,
          .until = now + std::clamp(request.wait, absl::ZeroDuration(),
                                    kLongestWait)};
      lease_calls_.Park(call);
      if (!TryAnswerLocked(call, outbox) && call.until <= now) {
        EndWaitsLocked(now, outbox);
      }
    }
    journal_.Flush();
  }
  RunAll(outbox);
}

bool FrontDesk::TryAnswerLocked(const LeaseCalls::Parked& call,
                                Outbox& outbox) {
  Worker* worker = workers_.FindByRegistration(call.registration);
  if (worker == nullptr) return false;
  const absl::Time now = clock_.Now();
  if (stopped_.has_value() ||
      workers_.StateOf(*worker, now) == WorkerState::kDraining) {
    lease_calls_.Reply(
        call.registration, call.call,
        {.leases = {}, .none_because = stopped_.value_or(Reason::kDraining)},
        outbox);
    return true;
  }
  const uint32_t held = table_.held(call.registration);
  if (worker->said != RenewRequest::Worker::kReady || journal_.full() ||
      held >= worker->capacity) {
    return false;
  }
  const std::vector<Ticket> granted = table_.Grant(
      {.registration = call.registration,
       .slot = worker->slot,
       .room = std::min(call.max_leases, worker->capacity - held),
       .call = call.call,
       .can_do = [this, worker](const Ticket& ticket) MDRL_REQUIRES(
                     mutex_) { return CanDoLocked(*worker, ticket); }},
      now);
  if (granted.empty()) return false;
  metrics_.leases_granted.Increment(static_cast<double>(granted.size()));
  LeaseReply reply;
  bool journalled = false;
  for (const Ticket& ticket : granted) {
    absl::StatusOr<mdrl::Lease> lease = MakeLeaseLocked(ticket);
    if (!lease.ok()) {
      BreakLocked(lease.status());
      return false;
    }
    reply.leases.push_back(*std::move(lease));
    if (ticket.id.purpose == Purpose::kGenerate) continue;
    journalled = true;
    journal_.Add(LeaseGranted{.key = {ticket.of.group_id, ticket.attempts},
                              .ticket = ticket.id,
                              .slot = worker->slot});
  }
  if (!journalled) {
    lease_calls_.Reply(call.registration, call.call, std::move(reply), outbox);
    return true;
  }
  // It waits for the disk now, not for work.
  lease_calls_.parked().remove_if([&call](const LeaseCalls::Parked& parked) {
    return parked.registration == call.registration;
  });
  journal_.AfterCommit(
      [this, registration = call.registration, number = call.call,
       reply = std::move(reply)](const absl::StatusOr<uint64_t>& seq,
                                 Outbox& out) MDRL_REQUIRES(mutex_) {
        if (seq.ok()) {
          lease_calls_.Reply(registration, number, reply, out);
        } else {
          lease_calls_.Refuse(registration, seq.status(), out);
        }
      });
  return true;
}

void FrontDesk::PumpLocked(Outbox& outbox) {
  const std::vector<LeaseCalls::Parked> parked(lease_calls_.parked().begin(),
                                               lease_calls_.parked().end());
  for (const LeaseCalls::Parked& call : parked) TryAnswerLocked(call, outbox);
}

std::string FrontDesk::RubricOf(Purpose purpose,
                                const std::string& name) const {
  const auto task = options_.tasks.find(name);
  if (task == options_.tasks.end() || purpose == Purpose::kGenerate) return "";
  return purpose == Purpose::kTrain ? task->second.rubric
                                    : task->second.eval_rubric;
}

bool FrontDesk::CanDoLocked(const Worker& worker, const Ticket& ticket) const {
  const Purpose purpose = ticket.id.purpose;
  // What a person asks for goes on while the run is paused.
  if (purpose == Purpose::kTrain && paused_.has_value()) return false;
  return purpose == Purpose::kGenerate ||
         worker.CanScore(ticket.task, RubricOf(purpose, ticket.task));
}

absl::StatusOr<StoredPrompt> FrontDesk::PromptOfLocked(
    const Ticket& ticket) const {
  if (ticket.id.purpose == Purpose::kGenerate) {
    const GenerationBook::Generation* generation =
        generations_.Find(ticket.id.number);
    MDRL_CHECK(generation != nullptr)
        << "generation " << ticket.id.number << " is forgotten";
    return generation->prompt;
  }
  return reader_->FindPrompt(ticket.of.set_sha256, ticket.of.index);
}

absl::StatusOr<mdrl::Lease> FrontDesk::MakeLeaseLocked(
    const Ticket& ticket) const {
  MDRL_ASSIGN_OR_RETURN(StoredPrompt prompt, PromptOfLocked(ticket));
  mdrl::Lease lease;
  lease.key = {ticket.of.group_id, ticket.attempts};
  lease.purpose = ticket.id.purpose;
  lease.ticket = ticket.id.number;
  lease.prompt = std::move(prompt.prompt);
  lease.prompt_tokens = std::move(prompt.tokens);
  lease.group_size = GroupSizeLocked(ticket);
  lease.decode = DecodeLocked(ticket);
  lease.min_version = ticket.min_version;
  lease.exact_version = ticket.exact_version;
  lease.due_round = ticket.due_round;
  lease.philox_key = PhiloxKeyOf(ticket);
  lease.lease_for = options_.lease_for;
  lease.group_deadline = options_.group_deadline;
  lease.rubric = RubricOf(ticket.id.purpose, ticket.task);
  const auto task = options_.tasks.find(ticket.task);
  if (task != options_.tasks.end()) {
    if (ticket.id.purpose == Purpose::kTrain ||
        (ticket.id.purpose == Purpose::kEvaluate &&
         task->second.eval_rubric == task->second.rubric)) {
      lease.rubric_weights = task->second.weights;
    }
    lease.keep_text_after_eos = task->second.keep_text_after_eos;
    if (ticket.id.purpose == Purpose::kTrain) {
      lease.failure_reward = task->second.failure_reward;
    }
  }
  return lease;
}

uint64_t FrontDesk::PhiloxKeyOf(const Ticket& ticket) const {
  if (const auto* generation = GenerationLocked(ticket)) {
    return generation->philox_key;
  }
  return PhiloxKeyOf(ticket.id.purpose, ticket.of.set_sha256, ticket.of.index,
                     ticket.of.group_id);
}

const GenerationBook::Generation* FrontDesk::GenerationLocked(
    const Ticket& ticket) const {
  return ticket.id.purpose == Purpose::kGenerate
             ? generations_.Find(ticket.id.number)
             : nullptr;
}

uint32_t FrontDesk::GroupSizeLocked(const Ticket& ticket) const {
  if (const auto* generation = GenerationLocked(ticket)) {
    return generation->group_size;
  }
  const EvaluationBook::Part* part = evaluations_.PartOf(ticket.id.number);
  return ticket.id.purpose == Purpose::kEvaluate && part != nullptr
             ? evaluations_.GroupSize(part->evaluation)
             : options_.group_size;
}

const DecodeSettings& FrontDesk::DecodeLocked(const Ticket& ticket) const {
  if (const auto* generation = GenerationLocked(ticket)) {
    return generation->decode;
  }
  const EvaluationBook::Part* part = evaluations_.PartOf(ticket.id.number);
  return ticket.id.purpose == Purpose::kEvaluate && part != nullptr
             ? evaluations_.Find(part->evaluation)->rows[part->row].decode
             : options_.decode;
}

void FrontDesk::AbandonLease(const Caller& caller) {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    const auto& parked = lease_calls_.parked();
    const bool waits = std::any_of(
        parked.begin(), parked.end(), [&](const LeaseCalls::Parked& call) {
          return call.registration == caller.registration_id &&
                 call.call == caller.call;
        });
    if (waits) {
      lease_calls_.Refuse(caller.registration_id,
                          absl::CancelledError("its caller is gone"), outbox);
    }
  }
  RunAll(outbox);
}

absl::StatusOr<RenewReply> FrontDesk::Renew(const RenewRequest& request) {
  Outbox outbox;
  RenewReply reply;
  {
    MutexLock lock(mutex_);
    const absl::Status serving = ServingLocked();
    if (!serving.ok()) return serving;
    const absl::Time now = clock_.Now();
    const auto heard = workers_.Hear(request.caller, now);
    if (!heard.ok()) return heard.status();
    Worker& worker = **heard;
    const bool was_ready = worker.said == RenewRequest::Worker::kReady;
    workers_.Renewed(worker, request);
    if (!was_ready && worker.said == RenewRequest::Worker::kReady) {
      metrics_.worker_join_seconds.At({worker.came_warm ? "warm" : "cold"})
          .Observe(now - worker.registered);
      journal_.Add(EventNoted{
          .kind = "worker_ready",
          .subject = worker.name,
          .body = absl::StrCat("{\"slot\":", worker.slot,
                               ",\"capacity\":", worker.capacity, "}")});
    }
    LeaseTable::Renewal renewal = table_.Renew(request, now);
    EndedLocked(renewal.endings, outbox);
    reply.lease_for = options_.lease_for;
    reply.renewed = std::move(renewal.renewed);
    reply.revoked = std::move(renewal.revoked);
    if (const auto newest = store_.Newest()) reply.newest = newest->ref();
    reply.oldest_retained = store_.OldestRetained();
    reply.drain = worker.drain || stopped_.has_value();
    IssueLocked();
    PumpLocked(outbox);
    journal_.Flush();
  }
  RunAll(outbox);
  return reply;
}

void FrontDesk::ReturnLease(ReturnLeaseRequest request,
                            Answer<ReturnLeaseReply> answer) {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    absl::Status status = ServingLocked();
    if (status.ok()) {
      status = workers_.Hear(request.caller, clock_.Now()).status();
    }
    ReturnLeaseReply reply;
    for (const ReturnLeaseRequest::Returned& returned : request.leases) {
      if (!status.ok()) break;
      const LeaseTable::Return result =
          table_.GiveBack(request.caller.registration_id, returned);
      if (!result.known) reply.unknown.push_back(returned.key);
      EndedLocked(result.endings, outbox);
    }
    if (status.ok()) {
      AnswerAfterCommitLocked(answer, std::move(reply), outbox);
      PumpLocked(outbox);
    } else {
      outbox.push_back([&answer, status] { answer(status); });
    }
    journal_.Flush();
  }
  RunAll(outbox);
}

void FrontDesk::EndedLocked(const Endings& endings, Outbox& outbox) {
  for (const LeaseEnd& end : endings.leases) {
    metrics_.CountLeaseEnd(end);
    Log(LogLevel::kInfo, "lease_ended", end.detail,
        {{"group", Print(end.key.group_id)},
         {"attempt", absl::StrCat(end.key.attempt)},
         {"slot", absl::StrCat(end.slot)},
         {"reason", std::string(ReasonName(end.why))}});
    if (!end.open_in_ledger || end.ticket.purpose == Purpose::kGenerate) {
      continue;
    }
    journal_.Add(
        LeaseEnded{.key = end.key, .ended_by = end.why, .detail = end.detail});
  }
  for (const Poisoned& poisoned : endings.poisoned) {
    if (poisoned.ticket.purpose == Purpose::kGenerate) {
      GenerationOverLocked(
          poisoned.ticket.number,
          absl::InternalError(absl::StrCat(
              "several workers failed to decode it, the last with ",
              std::string(ReasonName(poisoned.why)))),
          outbox);
      continue;
    }
    Log(LogLevel::kWarn, "prompt_quarantined",
        "the prompt failed too often and is not given out again",
        {{"set", poisoned.of.set_sha256.ToHex(6)},
         {"index", absl::StrCat(poisoned.of.index)},
         {"reason", std::string(ReasonName(poisoned.why))}});
    journal_.Add(PromptQuarantined{.set_sha256 = poisoned.of.set_sha256,
                                   .index = poisoned.of.index,
                                   .reason = Reason::kPromptPoison});
    library_.Quarantine(poisoned.of.set_sha256, poisoned.of.index);
    if (poisoned.ticket.purpose == Purpose::kTrain) continue;
    journal_.Add(TicketDropped{.ticket = poisoned.ticket,
                               .reason = Reason::kPromptPoison});
    const EvaluationBook::Part* part =
        evaluations_.PartOf(poisoned.ticket.number);
    if (part == nullptr) continue;
    const EvaluationId id = part->evaluation;
    if (evaluations_.TakeDropped(poisoned.ticket.number, clock_.Now())) {
      EvaluationOverLocked(id, outbox);
    }
  }
  if (!endings.poisoned.empty()) FillVacantLocked();
}

}  // namespace mdrl
