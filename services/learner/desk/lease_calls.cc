#include "services/learner/desk/lease_calls.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mdrl {

LeaseCalls::Arrival LeaseCalls::Arrive(const LeaseRequest& request,
                                       Answer<LeaseReply> answer,
                                       Outbox& outbox) {
  const RegistrationId& registration = request.caller.registration_id;
  Last& last = last_[registration];
  const uint64_t call = request.caller.call;
  if (call < last.call) {
    outbox.push_back([answer = std::move(answer), call, newest = last.call] {
      answer(absl::InvalidArgumentError(
          absl::StrCat("call ", call, " comes after call ", newest,
                       "; calls of a registration are numbered upwards")));
    });
    return Arrival::kAnswered;
  }
  const bool again = call == last.call && (last.reply || last.answer);
  if (again && last.reply.has_value()) {
    outbox.push_back(
        [answer = std::move(answer), reply = *last.reply] { answer(reply); });
    return Arrival::kAnswered;
  }
  if (last.answer) {
    // Its caller has given up on it, or it would not ask again.
    outbox.push_back([old = std::move(last.answer)] {
      old(absl::CancelledError("a later call took this one's place"));
    });
  }
  last.answer = std::move(answer);
  if (again) return Arrival::kJoined;
  Unpark(registration);
  last.call = call;
  last.reply.reset();
  return Arrival::kNew;
}

void LeaseCalls::Unpark(const RegistrationId& registration) {
  parked_.remove_if([&registration](const Parked& parked) {
    return parked.registration == registration;
  });
}

void LeaseCalls::Reply(const RegistrationId& registration, uint64_t call,
                       LeaseReply reply, Outbox& outbox) {
  const auto found = last_.find(registration);
  if (found == last_.end() || found->second.call != call) return;
  Last& last = found->second;
  Unpark(registration);
  last.reply = std::move(reply);
  if (!last.answer) return;
  outbox.push_back([answer = std::exchange(last.answer, nullptr),
                    reply = *last.reply] { answer(reply); });
}

void LeaseCalls::Refuse(const RegistrationId& registration,
                        const absl::Status& why, Outbox& outbox) {
  const auto found = last_.find(registration);
  if (found == last_.end()) return;
  Unpark(registration);
  if (!found->second.answer) return;
  outbox.push_back([answer = std::exchange(found->second.answer, nullptr),
                    why] { answer(why); });
}

void LeaseCalls::Forget(const RegistrationId& registration,
                        const absl::Status& why, Outbox& outbox) {
  Refuse(registration, why, outbox);
  last_.erase(registration);
}

void LeaseCalls::RefuseAll(const absl::Status& why, Outbox& outbox) {
  for (const auto& [registration, last] : last_) {
    Refuse(registration, why, outbox);
  }
}

}  // namespace mdrl
