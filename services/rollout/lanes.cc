#include "services/rollout/lanes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

using Phase = RenewRequest::Phase;
using Stage = RenewRequest::Stage;

void Blame(std::vector<HeldLoan>& batch, Reason reason,
           const absl::Status& status) {
  for (HeldLoan& loan : batch) {
    loan.loan.BlameOn(reason, std::string(status.message()));
  }
}

}  // namespace

Lanes::Lanes(const LaneParts& parts, LaneOptions options)
    : parts_(parts), options_(std::move(options)) {
  MDRL_CHECK(options_.lanes > 0) << "no lane";
  MutexLock lock(join_mutex_);
  for (uint32_t i = 0; i < options_.lanes; ++i) {
    threads_.emplace_back([this] { Loop(); });
  }
}

void Lanes::Close() {
  StopDecoding();
  MutexLock lock(join_mutex_);
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Lanes::Loop() {
  parts_.engine.PrepareThread();
  while (true) {
    std::optional<std::vector<HeldLoan>> batch;
    {
      const Stopwatch watch(parts_.stats.idle);
      batch = parts_.queue.TakeBatch();
    }
    if (!batch.has_value()) return;
    for (const HeldLoan& loan : *batch) {
      parts_.metrics.leases_wait.Observe(Clock::Real().Now() -
                                         loan.held->granted);
    }
    Decode(*std::move(batch));
  }
}

void Lanes::Decode(std::vector<HeldLoan> batch) {
  PolicyRef ref;
  const auto policy = AwaitPolicy(batch, ref);
  if (!policy.ok()) {
    if (!absl::IsCancelled(policy.status())) {
      Log(LogLevel::kWarn, "no_policy", "leases go back without their policy",
          {{"error", policy.status().ToString()}});
    }
    return;
  }
  const Version version = ref.version.value_or(0);
  if (batch.size() == 1 || MayShare(**policy, batch.front().loan.lease())) {
    DecodeTogether(**policy, version, std::move(batch));
    return;
  }
  for (HeldLoan& loan : batch) {
    std::vector<HeldLoan> single;
    single.push_back(std::move(loan));
    DecodeTogether(**policy, version, std::move(single));
  }
}

absl::StatusOr<std::shared_ptr<const LoadedPolicy>> Lanes::AwaitPolicy(
    std::vector<HeldLoan>& batch, PolicyRef& ref) {
  const Stopwatch watch(parts_.stats.policy);
  Version oldest = 0;
  for (HeldLoan& loan : batch) {
    loan.held->Enter(Phase::kAwaitingPolicy);
    oldest = std::max(oldest, loan.loan.lease().min_version.value_or(0));
  }
  const auto exact = batch.front().loan.lease().exact_version;
  const auto snapshot =
      exact.has_value()
          ? parts_.follower.Exactly(*exact, options_.policy_wait, &stopping_)
          : parts_.follower.AtLeast(oldest, options_.policy_wait, &stopping_);
  if (!snapshot.ok()) {
    if (!absl::IsCancelled(snapshot.status())) {
      Blame(batch, Reason::kPolicyFetch, snapshot.status());
    }
    return snapshot.status();
  }
  ref = (*snapshot)->ref();
  auto policy = parts_.shelf.Get(**snapshot);
  if (!policy.ok()) {
    parts_.follower.Report(ref, Stage::kFailed,
                           std::string(policy.status().message()));
    Blame(batch, Reason::kPolicyRefused, policy.status());
    for (HeldLoan& loan : batch) {
      loan.held->waits_for.store(Reason::kPolicyRefused);
    }
    return policy.status();
  }
  parts_.follower.Report(ref, Stage::kActive);
  return policy;
}

bool Lanes::MayShare(const LoadedPolicy& policy, const Lease& lease) {
  const Shape shape(lease.prompt_tokens.size(), lease.decode.canvas_tokens,
                    lease.decode.block_tokens);
  {
    MutexLock lock(mutex_);
    const auto it = may_share_.find(shape);
    if (it != may_share_.end()) return it->second;
  }
  const auto same = RowsIgnoreCompany(
      policy, lease, options_.max_rows,
      [this](uint32_t, uint32_t) { return !stopping_.load(); });
  if (absl::IsCancelled(same.status())) return false;
  const bool may_share = same.ok() && *same;
  if (!may_share) {
    Log(LogLevel::kWarn, "one_group_per_forward",
        "a row's numbers depend on its company here; groups are decoded alone",
        {{"prompt_tokens", absl::StrCat(std::get<0>(shape))}});
  }
  MutexLock lock(mutex_);
  may_share_[shape] = may_share;
  return may_share;
}

void Lanes::DecodeTogether(const LoadedPolicy& policy, Version version,
                           std::vector<HeldLoan> batch) {
  std::vector<const Lease*> leases;
  uint32_t rows = 0;
  for (HeldLoan& loan : batch) {
    loan.held->Enter(Phase::kDecoding);
    leases.push_back(&loan.loan.lease());
    rows += loan.loan.lease().group_size;
  }
  parts_.metrics.occupancy.Set(static_cast<double>(rows) / options_.max_rows);
  absl::Time step_began = Clock::Real().Now();
  const StepWatch watch = [&](uint32_t done, uint32_t steps) {
    parts_.stats.decode_steps.fetch_add(1);
    const absl::Time now = Clock::Real().Now();
    parts_.metrics.decode_step_seconds.Observe(now - step_began);
    step_began = now;
    bool wanted = false;
    for (HeldLoan& loan : batch) {
      loan.held->progress.fetch_add(1);
      loan.held->progress_total.store(steps);
      wanted |= !loan.held->revoked.load();
    }
    (void)done;
    return wanted && !stopping_.load();
  };
  const Stopwatch clock(parts_.stats.decode);
  auto decoded = policy.Decode(leases, watch);
  if (!decoded.ok()) {
    if (absl::IsCancelled(decoded.status())) return;
    Blame(batch, Reason::kInternal, decoded.status());
    Log(LogLevel::kError, "decode_failed", "leases go back undecoded",
        {{"error", decoded.status().ToString()}});
    return;
  }
  parts_.stats.forwards.fetch_add(decoded->front().front().forwards);
  parts_.metrics.forwards.Increment(decoded->front().front().forwards);
  const absl::Duration took = clock.Elapsed();
  for (size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].held->revoked.load()) continue;
    HandOver(std::move(batch[i]), std::move((*decoded)[i]), version, took);
  }
}

void Lanes::HandOver(HeldLoan loan, std::vector<Completion> completions,
                     Version version, absl::Duration took) {
  const Lease& lease = loan.loan.lease();
  Group group;
  group.key = lease.key;
  group.purpose = lease.purpose;
  group.ticket = lease.ticket;
  group.decode = lease.decode;
  group.build = options_.build;
  group.device = options_.device;
  group.decode_took = took;
  std::vector<std::string> texts;
  for (Completion& completion : completions) {
    completion.versions = {{0, version}};
    texts.push_back(options_.text_of(lease, completion));
    parts_.stats.tokens.fetch_add(completion.effective_tokens);
  }
  parts_.stats.completions.fetch_add(completions.size());
  parts_.stats.groups_decoded.fetch_add(1);
  parts_.metrics.CountGroup(lease, completions, took);
  group.completions = std::move(completions);
  parts_.scorer.Put({std::move(loan), std::move(group), std::move(texts)});
}

}  // namespace mdrl
