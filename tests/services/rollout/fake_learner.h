// A learner and a reward service in memory: what they are told is recorded,
// what they answer is set by the test.
#ifndef MDRL_TESTS_SERVICES_ROLLOUT_FAKE_LEARNER_H_
#define MDRL_TESTS_SERVICES_ROLLOUT_FAKE_LEARNER_H_

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/record/group.h"
#include "gtest/gtest.h"
#include "tests/services/rollout/fake_weights.h"

namespace mdrl {

// Thread-safe.
class FakeLearner : public FakeWeights {
 public:
  void Offer(std::vector<mdrl::Lease> leases) {
    MutexLock lock(mutex_);
    for (mdrl::Lease& lease : leases) offered_.push_back(std::move(lease));
    changed_.NotifyAll();
  }
  // The next `count` submissions fail with `status`.
  void FailSubmits(int count, absl::Status status) {
    MutexLock lock(mutex_);
    failing_ = count;
    failure_ = std::move(status);
  }
  void Revoke(const LeaseKey& key) {
    MutexLock lock(mutex_);
    revoke_.push_back({key, Reason::kCancelled});
  }
  // The learner restarts: it knows no registration any more.
  void NewEpoch() {
    MutexLock lock(mutex_);
    ++epoch_;
    registered_ = false;
    changed_.NotifyAll();
  }
  void AskToDrain() {
    MutexLock lock(mutex_);
    drain_ = true;
  }

  void AwaitSubmitted(size_t count) {
    MutexLock lock(mutex_);
    while (submitted_.size() < count) changed_.Wait(mutex_);
  }
  void AwaitReturned(size_t count) {
    MutexLock lock(mutex_);
    while (returned_.size() < count) changed_.Wait(mutex_);
  }
  void AwaitRegistered(uint64_t times) {
    MutexLock lock(mutex_);
    while (registrations_.size() < times) changed_.Wait(mutex_);
  }
  std::map<LeaseKey, Group> submitted() {
    MutexLock lock(mutex_);
    return submitted_;
  }
  std::vector<ReturnLeaseRequest::Returned> returned() {
    MutexLock lock(mutex_);
    return returned_;
  }
  std::vector<RegisterRequest> registrations() {
    MutexLock lock(mutex_);
    return registrations_;
  }
  RenewRequest last_renew() {
    MutexLock lock(mutex_);
    return last_renew_;
  }

  absl::StatusOr<RegisterReply> Register(
      const RegisterRequest& request) override {
    MutexLock lock(mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    registered_ = true;
    registrations_.push_back(request);
    RegisterReply reply;
    reply.epoch = epoch_;
    reply.registration_id.bytes[0] =
        static_cast<uint8_t>(registrations_.size());
    reply.slot = 3;
    reply.adopted = request.held;
    reply.heartbeat = absl::Milliseconds(5);
    reply.lease_for = absl::Seconds(15);
    if (!snapshots_.empty()) reply.newest = snapshots_.rbegin()->second->ref();
    changed_.NotifyAll();
    return reply;
  }
  absl::StatusOr<LeaseReply> Lease(const LeaseRequest& request) override {
    MutexLock lock(mutex_);
    const absl::Time end = Clock::Real().Now() + request.wait;
    while (!cancelled_ && registered_ && offered_.empty()) {
      const absl::Duration left = end - Clock::Real().Now();
      if (left <= absl::ZeroDuration()) break;
      changed_.WaitFor(mutex_, left);
    }
    if (cancelled_) return absl::CancelledError("cancelled");
    if (request.caller.epoch != epoch_) {
      return absl::AbortedError("EPOCH_CHANGED");
    }
    LeaseReply reply;
    while (!offered_.empty() && reply.leases.size() < request.max_leases) {
      reply.leases.push_back(std::move(offered_.front()));
      offered_.pop_front();
    }
    return reply;
  }
  absl::StatusOr<RenewReply> Renew(const RenewRequest& request) override {
    MutexLock lock(mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    if (request.caller.epoch != epoch_) {
      return absl::AbortedError("EPOCH_CHANGED");
    }
    last_renew_ = request;
    RenewReply reply;
    reply.revoked = std::exchange(revoke_, {});
    reply.drain = drain_;
    return reply;
  }
  absl::StatusOr<SubmitGroupReply> SubmitGroup(
      const SubmitGroupRequest& request) override {
    MutexLock lock(mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    if (request.caller.epoch != epoch_) {
      return absl::AbortedError("EPOCH_CHANGED");
    }
    if (failing_ > 0) {
      --failing_;
      return failure_;
    }
    EXPECT_EQ(request.content_sha256, ContentSha256(request.group));
    submitted_.emplace(request.group.key, request.group);
    changed_.NotifyAll();
    SubmitGroupReply reply;
    reply.outcome = SubmitGroupReply::Outcome::kAccepted;
    return reply;
  }
  absl::StatusOr<ReturnLeaseReply> ReturnLease(
      const ReturnLeaseRequest& request) override {
    MutexLock lock(mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    returned_.insert(returned_.end(), request.leases.begin(),
                     request.leases.end());
    changed_.NotifyAll();
    return ReturnLeaseReply{};
  }

 private:
  uint64_t epoch_ = 1;
  bool registered_ = false;
  bool drain_ = false;
  int failing_ = 0;
  absl::Status failure_;
  std::deque<mdrl::Lease> offered_;
  std::map<LeaseKey, Group> submitted_;
  std::vector<ReturnLeaseRequest::Returned> returned_;
  std::vector<RenewReply::Revoked> revoke_;
  std::vector<RegisterRequest> registrations_;
  RenewRequest last_renew_;
};

// A text's score is its length, unless the test says otherwise. Thread-safe.
class FakeReward : public RewardLink {
 public:
  // The next `count` calls end in `status`.
  void FailNext(int count, absl::Status status) {
    MutexLock lock(mutex_);
    failing_ = count;
    failure_ = std::move(status);
  }
  // The next `count` answers have a SERVICE_ERROR in them.
  void ServiceErrors(int count) {
    MutexLock lock(mutex_);
    service_errors_ = count;
  }
  int calls() {
    MutexLock lock(mutex_);
    return calls_;
  }
  void AwaitCalls(int count) {
    MutexLock lock(mutex_);
    while (calls_ < count) changed_.Wait(mutex_);
  }
  std::map<GroupId, std::vector<std::string>> texts() {
    MutexLock lock(mutex_);
    return texts_;
  }

  absl::StatusOr<ScoreReply> Score(const ScoreRequest& request) override {
    MutexLock lock(mutex_);
    ++calls_;
    changed_.NotifyAll();
    if (cancelled_) return absl::CancelledError("cancelled");
    if (failing_ > 0) {
      --failing_;
      return failure_;
    }
    ScoreReply reply;
    for (const ScoreRequest::Text& text : request.texts) {
      ScoreReply::Item item;
      item.index = text.index;
      item.score.outcome = Outcome::kScored;
      item.score.reward = static_cast<double>(text.text.size());
      reply.items.push_back(item);
      texts_[request.group_id].resize(request.texts.size());
      texts_[request.group_id][text.index] = text.text;
    }
    if (service_errors_ > 0) {
      --service_errors_;
      reply.items[0].score.outcome = Outcome::kServiceError;
      reply.items[0].score.reward.reset();
    }
    return reply;
  }
  absl::StatusOr<TaskListing> ListTasks() override {
    MutexLock lock(mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    TaskListing listing;
    listing.tasks.push_back({"toy", "1", {}, false, {"bare"}, "", {}});
    return listing;
  }
  void Cancel() override {
    MutexLock lock(mutex_);
    cancelled_ = true;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool cancelled_ = false;
  int failing_ = 0;
  absl::Status failure_;
  int service_errors_ = 0;
  int calls_ = 0;
  std::map<GroupId, std::vector<std::string>> texts_;
};

// Lease number `number` of `group_size` completions.
inline mdrl::Lease ToyLease(uint32_t number, uint32_t group_size = 2) {
  mdrl::Lease lease;
  lease.key.group_id.bytes[0] = static_cast<uint8_t>(number);
  lease.key.group_id.bytes[1] = static_cast<uint8_t>(number >> 8);
  lease.key.attempt = 1;
  lease.purpose = Purpose::kTrain;
  lease.ticket = number;
  lease.prompt.task = "toy";
  lease.prompt_tokens = {1, 2, 3};
  lease.group_size = group_size;
  lease.philox_key = 1000 + number;
  lease.lease_for = absl::Seconds(15);
  lease.group_deadline = absl::Seconds(300);
  lease.rubric = "bare";
  return lease;
}

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_ROLLOUT_FAKE_LEARNER_H_
