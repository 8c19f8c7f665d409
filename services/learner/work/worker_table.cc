#include "services/learner/work/worker_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/log.h"

namespace mdrl {
namespace {

constexpr uint32_t kSlots = 256;
constexpr uint32_t kMaxCapacity = 1024;  // leases; beyond it is a mistake

std::string Describe(const Build& build) {
  return absl::StrCat(build.version, " (git ", build.git, ", torch ",
                      build.torch, ", cuda ", build.cuda, ")");
}

bool SameBuild(const Build& a, const Build& b) {
  return a.version == b.version && a.git == b.git && a.torch == b.torch &&
         a.cuda == b.cuda;
}

absl::Status Differs(std::string_view reason, std::string_view what,
                     std::string_view ours, std::string_view theirs) {
  return Refusal(absl::StatusCode::kFailedPrecondition, reason,
                 absl::StrCat("the worker's ", std::string(what), " is ",
                              std::string(theirs), ", this run needs ",
                              std::string(ours)));
}

}  // namespace

std::string_view LeasePhaseName(RenewRequest::Phase phase) {
  switch (phase) {
    case RenewRequest::Phase::kQueued:
      return "QUEUED";
    case RenewRequest::Phase::kAwaitingPolicy:
      return "AWAITING_POLICY";
    case RenewRequest::Phase::kDecoding:
      return "DECODING";
    case RenewRequest::Phase::kScoring:
      return "SCORING";
    case RenewRequest::Phase::kSubmitting:
      return "SUBMITTING";
    case RenewRequest::Phase::kUnspecified:
      break;
  }
  return "UNKNOWN";
}

std::string_view WorkerStateName(WorkerState state) {
  switch (state) {
    case WorkerState::kWarming:
      return "WARMING";
    case WorkerState::kReady:
      return "READY";
    case WorkerState::kSuspect:
      return "SUSPECT";
    case WorkerState::kLost:
      return "LOST";
    case WorkerState::kDraining:
      return "DRAINING";
  }
  return "UNKNOWN";
}

absl::Status Refusal(absl::StatusCode code, std::string_view reason,
                     std::string_view text,
                     std::optional<absl::Duration> retry_after) {
  return WithDetail(absl::Status(code, absl::StrCat(std::string(reason), ": ",
                                                    std::string(text))),
                    {.reason = std::string(reason),
                     .field = "",
                     .retry_after = retry_after,
                     .facts = {}});
}

bool Worker::CanScore(std::string_view task, std::string_view rubric) const {
  return std::any_of(
      scorers.begin(), scorers.end(),
      [&](const RegisterRequest::Scorer& scorer) {
        return scorer.task == task &&
               (scorer.rubrics.empty() ||
                std::find(scorer.rubrics.begin(), scorer.rubrics.end(),
                          rubric) != scorer.rubrics.end());
      });
}

absl::Status WorkerTable::CheckFits(const RegisterRequest& request) const {
  if (request.name.empty() || request.name.size() > 128) {
    return absl::InvalidArgumentError(
        "a worker needs a name of 1 to 128 bytes");
  }
  if (request.capacity == 0 || request.capacity > kMaxCapacity) {
    return absl::InvalidArgumentError(
        absl::StrCat("capacity is ", request.capacity, ", it must be 1 to ",
                     kMaxCapacity, " leases"));
  }
  if (request.build.proto_revision != options_.build.proto_revision) {
    return Differs(reason::kRevisionDiffers, "protocol revision",
                   absl::StrCat(options_.build.proto_revision),
                   absl::StrCat(request.build.proto_revision));
  }
  if (options_.same_build && !SameBuild(request.build, options_.build)) {
    return Differs(reason::kBuildDiffers, "build", Describe(options_.build),
                   Describe(request.build));
  }
  if (request.base_model_hash != options_.base_model_hash) {
    return Differs(reason::kModelDiffers, "base model hash",
                   options_.base_model_hash.ToHex(),
                   request.base_model_hash.ToHex());
  }
  if (request.tokenizer_hash != options_.tokenizer_hash) {
    return Differs(reason::kTokenizerDiffers, "tokenizer hash",
                   options_.tokenizer_hash.ToHex(),
                   request.tokenizer_hash.ToHex());
  }
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> WorkerTable::SlotFor(const std::string& name) const {
  const auto known = slots_.find(name);
  if (known != slots_.end()) return known->second;
  std::vector<bool> taken(kSlots, false);
  for (const auto& [other, slot] : slots_) taken[slot] = true;
  const auto free = std::find(taken.begin(), taken.end(), false);
  if (free == taken.end()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "this run has seen ", kSlots, " worker names; use one of them again"));
  }
  return static_cast<uint32_t>(free - taken.begin());
}

absl::StatusOr<WorkerTable::Registered> WorkerTable::Register(
    const RegisterRequest& request, absl::Time now) {
  const absl::Status fits = CheckFits(request);
  if (!fits.ok()) return fits;
  const auto known = workers_.find(request.name);
  Registered registered;
  if (known != workers_.end() && !known->second.lost) {
    Worker& old = known->second;
    if (old.boot_id == request.boot_id && old.life == request.life) {
      old.last_heard = now;
      return Registered{.worker = &old, .previous = {}, .repeated = true};
    }
    const WorkerState state = StateOf(old, now);
    if (old.boot_id != request.boot_id && state != WorkerState::kSuspect &&
        state != WorkerState::kLost) {
      return Refusal(
          absl::StatusCode::kFailedPrecondition, reason::kNameInUse,
          absl::StrCat("another process works under the name ", request.name,
                       " and was heard ",
                       absl::FormatDuration(now - old.last_heard), " ago"),
          options_.lease_for - (now - old.last_heard));
    }
  }
  const absl::StatusOr<uint32_t> slot = SlotFor(request.name);
  if (!slot.ok()) return slot.status();
  registered.new_slot = slots_.emplace(request.name, *slot).second;
  if (known != workers_.end()) {
    registered.previous = known->second.registration_id;
    by_registration_.erase(known->second.registration_id);
  }
  const Digest id = Sha256()
                        .String("mdrl.registration.v1")
                        .Bytes(options_.run_id)
                        .U64(options_.epoch)
                        .U64(++registrations_)
                        .Finish();
  Worker worker{.slot = *slot,
                .name = request.name,
                .boot_id = request.boot_id,
                .life = request.life,
                .registration_id = {},
                .capacity = request.capacity,
                .build = request.build,
                .device = request.device,
                .scorers = request.scorers,
                .last_heard = now};
  std::copy_n(id.bytes.begin(), worker.registration_id.bytes.size(),
              worker.registration_id.bytes.begin());
  by_registration_[worker.registration_id] = request.name;
  workers_[request.name] = std::move(worker);
  registered.worker = &workers_[request.name];
  return registered;
}

absl::StatusOr<Worker*> WorkerTable::Hear(const Caller& caller,
                                          absl::Time now) {
  if (caller.run_id != options_.run_id || caller.epoch != options_.epoch) {
    return Refusal(
        absl::StatusCode::kAborted, reason::kEpochChanged,
        absl::StrCat("the learner is in epoch ", options_.epoch, " of run ",
                     options_.run_id.ToHex(6), ", the call is for epoch ",
                     caller.epoch, " of run ", caller.run_id.ToHex(6),
                     "; register again"));
  }
  const auto found = by_registration_.find(caller.registration_id);
  if (found == by_registration_.end()) {
    return Refusal(absl::StatusCode::kAborted, reason::kRegistrationUnknown,
                   "this registration is over or unknown; register again");
  }
  Worker& worker = workers_.at(found->second);
  worker.last_heard = std::max(worker.last_heard, now);
  return &worker;
}

void WorkerTable::Renewed(Worker& worker, const RenewRequest& request) {
  if (request.state != RenewRequest::Worker::kUnspecified) {
    worker.said = request.state;
  }
  worker.active = request.active;
  worker.staging = request.staging;
  worker.busy_seconds = request.busy_seconds;
  worker.phases.clear();
  for (const RenewRequest::Held& held : request.leases) {
    ++worker.phases[held.phase];
  }
}

std::vector<const Worker*> WorkerTable::Expire(absl::Time now) {
  std::vector<const Worker*> lost;
  for (auto& [name, worker] : workers_) {
    if (worker.lost || now - worker.last_heard < options_.lease_for) continue;
    worker.lost = true;
    by_registration_.erase(worker.registration_id);
    lost.push_back(&worker);
  }
  return lost;
}

WorkerState WorkerTable::StateOf(const Worker& worker, absl::Time now) const {
  if (worker.lost) return WorkerState::kLost;
  if (now - worker.last_heard > 2 * options_.heartbeat) {
    return WorkerState::kSuspect;
  }
  switch (worker.said) {
    case RenewRequest::Worker::kReady:
      return worker.drain ? WorkerState::kDraining : WorkerState::kReady;
    case RenewRequest::Worker::kDraining:
      return WorkerState::kDraining;
    default:
      return WorkerState::kWarming;
  }
}

uint64_t WorkerTable::ReadyCapacity(absl::Time now) const {
  uint64_t capacity = 0;
  for (const auto& [name, worker] : workers_) {
    if (StateOf(worker, now) == WorkerState::kReady) {
      capacity += worker.capacity;
    }
  }
  return capacity;
}

Worker* WorkerTable::FindByRegistration(const RegistrationId& registration) {
  const auto found = by_registration_.find(registration);
  return found == by_registration_.end() ? nullptr
                                         : &workers_.at(found->second);
}

const Worker* WorkerTable::FindByName(std::string_view name) const {
  const auto found = workers_.find(name);
  return found == workers_.end() ? nullptr : &found->second;
}

Worker* WorkerTable::FindByName(std::string_view name) {
  const auto found = workers_.find(name);
  return found == workers_.end() ? nullptr : &found->second;
}

std::vector<const Worker*> WorkerTable::All() const {
  std::vector<const Worker*> all;
  for (const auto& [name, worker] : workers_) all.push_back(&worker);
  std::sort(all.begin(), all.end(),
            [](const Worker* a, const Worker* b) { return a->slot < b->slot; });
  return all;
}

void WorkerTable::RecoverSlot(std::string name, uint32_t slot) {
  MDRL_CHECK(slot < kSlots) << "slot " << slot << " of " << name;
  slots_[std::move(name)] = slot;
}

}  // namespace mdrl
