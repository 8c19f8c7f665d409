// Lease calls that wait for work, and the last reply of each registration for
// re-sends.
//
// Not thread-safe: the desk owns it under its lock and runs the callbacks
// after releasing it.
#ifndef MDRL_SERVICES_LEARNER_DESK_LEASE_CALLS_H_
#define MDRL_SERVICES_LEARNER_DESK_LEASE_CALLS_H_

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/rollout_calls.h"
#include "services/learner/desk/desk_calls.h"

namespace mdrl {

class LeaseCalls {
 public:
  struct Parked {
    RegistrationId registration;
    uint64_t call = 0;
    uint32_t max_leases = 0;
    absl::Time until;
  };
  using Outbox = std::vector<std::function<void()>>;

  // What becomes of a call that arrives.
  enum class Arrival { kNew, kAnswered, kJoined };
  // kAnswered: the kept reply (or a refusal) is in the outbox. kJoined: the
  // same call is under way, this answer replaces the earlier one. kNew: the
  // caller grants or parks it; an older call of this registration that still
  // waits is answered empty.
  Arrival Arrive(const LeaseRequest& request, Answer<LeaseReply> answer,
                 Outbox& outbox);

  // REQUIRES: Arrive said kNew for it.
  void Park(Parked call) { parked_.push_back(call); }
  // Calls that wait, oldest first; Reply removes them.
  std::list<Parked>& parked() { return parked_; }

  // Answers a call and keeps the reply.
  void Reply(const RegistrationId& registration, uint64_t call,
             LeaseReply reply, Outbox& outbox);
  // Answers with an error; nothing is kept.
  void Refuse(const RegistrationId& registration, const absl::Status& why,
              Outbox& outbox);
  // Forgets a registration, answering what waits with `why`.
  void Forget(const RegistrationId& registration, const absl::Status& why,
              Outbox& outbox);
  // Answers everything with `why`.
  void RefuseAll(const absl::Status& why, Outbox& outbox);

 private:
  struct Last {
    uint64_t call = 0;
    std::optional<LeaseReply> reply;  // absent: under way
    Answer<LeaseReply> answer;        // empty once answered
  };

  void Unpark(const RegistrationId& registration);

  std::list<Parked> parked_;
  std::map<RegistrationId, Last> last_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_LEASE_CALLS_H_
