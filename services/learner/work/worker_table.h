// Who works here: registrations, slots, heartbeats, and whether a worker fits
// this run.
//
//  WARMING ──Renew says so──▶ READY ──2 heartbeats missed──▶ SUSPECT ──none for
//  a lease time──▶ LOST
//
// A pure state machine; not thread-safe, the desk owns it under its lock.
#ifndef MDRL_SERVICES_LEARNER_WORK_WORKER_TABLE_H_
#define MDRL_SERVICES_LEARNER_WORK_WORKER_TABLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/rollout_calls.h"

namespace mdrl {

enum class WorkerState : uint32_t {
  kWarming = 1,
  kReady = 2,
  kSuspect = 3,
  kLost = 4,
  kDraining = 5,
};
std::string_view WorkerStateName(WorkerState state);
// "DECODING".
std::string_view LeasePhaseName(RenewRequest::Phase phase);

// A status whose message starts with `reason` and that carries it for programs
// (common/base/error.h); with `retry_after`, the same call may help later.
absl::Status Refusal(absl::StatusCode code, std::string_view reason,
                     std::string_view text,
                     std::optional<absl::Duration> retry_after = {});

struct WorkerTableOptions {
  RunId run_id;
  uint64_t epoch = 0;
  Build build;             // the learner's own
  bool same_build = true;  // fixed_lag: refuse another build
  Digest base_model_hash;
  Digest tokenizer_hash;
  absl::Duration heartbeat = absl::Seconds(1);
  absl::Duration lease_for = absl::Seconds(15);
};

// One worker by name, in its present registration.
struct Worker {
  uint32_t slot = 0;
  std::string name;
  BootId boot_id;
  uint64_t life = 0;
  RegistrationId registration_id;
  RenewRequest::Worker said = RenewRequest::Worker::kWarming;
  uint32_t capacity = 0;
  Build build;
  std::string device;
  std::vector<RegisterRequest::Scorer> scorers;
  absl::Time last_heard;
  absl::Time registered = last_heard;
  bool came_warm = false;  // with policies, or under a known name
  bool lost = false;
  bool drain = false;  // a person asked it to leave
  PolicyRef active = {};
  std::vector<RenewRequest::Staging> staging = {};
  std::map<std::string, double> busy_seconds = {};      // by activity, ever
  std::map<RenewRequest::Phase, uint32_t> phases = {};  // of its leases

  // Has a scorer for `task` that knows `rubric` (or lists none).
  bool CanScore(std::string_view task, std::string_view rubric) const;
};

class WorkerTable {
 public:
  explicit WorkerTable(WorkerTableOptions options) : options_(options) {}

  struct Registered {
    Worker* worker = nullptr;  // owned by the table, stable
    // The registration it replaces, whose leases are adopted or ended.
    std::optional<RegistrationId> previous;
    bool repeated = false;  // (name, boot_id, life) is the present one
    bool new_slot = false;
  };
  // FailedPrecondition: revision, build, model or tokenizer differ (both
  // named), or the name belongs to a live worker; ResourceExhausted: 256
  // names were seen; InvalidArgument: no name, or no capacity.
  absl::StatusOr<Registered> Register(const RegisterRequest& request,
                                      absl::Time now);

  // The worker that calls. Aborted EPOCH_CHANGED or REGISTRATION_UNKNOWN:
  // register again. A call counts as a sign of life; a LOST registration
  // stays unknown.
  absl::StatusOr<Worker*> Hear(const Caller& caller, absl::Time now);
  // Takes in what a heartbeat says.
  void Renewed(Worker& worker, const RenewRequest& request);

  // Workers that became LOST since the last call.
  std::vector<const Worker*> Expire(absl::Time now);

  WorkerState StateOf(const Worker& worker, absl::Time now) const;
  // Sum over READY workers (SUSPECT ones still hold what they hold).
  uint64_t ReadyCapacity(absl::Time now) const;
  // Null if it is over or unknown.
  Worker* FindByRegistration(const RegistrationId& registration);
  const Worker* FindByName(std::string_view name) const;
  Worker* FindByName(std::string_view name);
  // By slot.
  std::vector<const Worker*> All() const;

  // A name keeps its slot across restarts.
  void RecoverSlot(std::string name, uint32_t slot);

 private:
  absl::Status CheckFits(const RegisterRequest& request) const;
  absl::StatusOr<uint32_t> SlotFor(const std::string& name) const;

  const WorkerTableOptions options_;
  std::map<std::string, uint32_t, std::less<>> slots_;
  std::map<std::string, Worker, std::less<>> workers_;  // registered ones
  std::map<RegistrationId, std::string> by_registration_;
  uint64_t registrations_ = 0;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_WORK_WORKER_TABLE_H_
