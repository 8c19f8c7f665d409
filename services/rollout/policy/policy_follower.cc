#include "services/rollout/policy/policy_follower.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

using Stage = RenewRequest::Stage;

// A waiter's cancel flag is not tied to our condition; this bounds how late
// it is seen.
constexpr absl::Duration kGlance = absl::Milliseconds(100);
// A report must fit into a heartbeat, whatever a peer wrote into an error.
constexpr size_t kLongestFailure = 400;

std::string Shortened(const std::string& text) {
  size_t end = std::min(text.size(), kLongestFailure);
  // Not in the middle of a UTF-8 character.
  while (end > 0 && end < text.size() && (text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

// Counts what arrives and breaks off once the policy is no longer wanted.
class PolicyFollower::WatchedSink : public ChunkSink {
 public:
  WatchedSink(PolicyFollower& follower, const Target& target,
              SnapshotAssembly& assembly)
      : follower_(follower), target_(target), assembly_(assembly) {}

  absl::StatusOr<std::span<char>> Place(uint32_t index, size_t size) override {
    if (!follower_.StillWanted(target_)) {
      return absl::CancelledError("a newer policy replaces this one");
    }
    size_ = size;
    return assembly_.Place(index, size);
  }

  absl::Status Accept(uint32_t index) override {
    MDRL_RETURN_IF_ERROR(assembly_.Accept(index));
    follower_.bytes_ever_.fetch_add(size_);
    follower_.fetch_done_.store(assembly_.bytes_done());
    if (follower_.options_.metrics != nullptr) {
      follower_.options_.metrics->CountReceived(assembly_.manifest(), size_);
    }
    return absl::OkStatus();
  }

 private:
  PolicyFollower& follower_;
  const Target& target_;
  SnapshotAssembly& assembly_;
  size_t size_ = 0;
};

PolicyFollower::PolicyFollower(LearnerLink& link, ManifestCodec codec,
                               FollowerOptions options)
    : link_(link), codec_(std::move(codec)), options_(options) {
  MDRL_CHECK(options_.kept > 0) << "a follower that keeps nothing";
  MutexLock lock(join_mutex_);
  watcher_ = std::thread([this] { WatchLoop(); });
  fetcher_ = std::thread([this] { FetchLoop(); });
}

void PolicyFollower::BeginEpoch(const RunId& run_id,
                                const Digest& base_model_hash,
                                const PolicyRef& newest) {
  {
    MutexLock lock(mutex_);
    begun_ = true;
    ++generation_;
    run_id_ = run_id;
    base_model_hash_ = base_model_hash;
    for (auto& [version, snapshot] : kept_) {
      sources_.push_back(std::move(snapshot));
    }
    kept_.clear();
    refused_.clear();
    announced_.reset();
    if (newest.version.has_value()) announced_ = newest;
  }
  changed_.NotifyAll();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> PolicyFollower::Exactly(
    Version version, absl::Duration patience,
    const std::atomic<bool>* given_up) {
  const absl::Time deadline = Clock::Real().Now() + patience;
  MutexLock lock(mutex_);
  ++wanted_[version];
  refused_.erase(version);
  changed_.NotifyAll();
  absl::StatusOr<std::shared_ptr<const Snapshot>> result =
      absl::CancelledError("the policy follower is closed");
  while (!closed_) {
    if (const auto it = kept_.find(version); it != kept_.end()) {
      result = it->second;
      break;
    }
    if (const auto it = refused_.find(version); it != refused_.end()) {
      result = it->second;
      break;
    }
    if (given_up != nullptr && given_up->load()) {
      result = absl::CancelledError("nobody waits for the policy any more");
      break;
    }
    const absl::Duration left = deadline - Clock::Real().Now();
    if (left <= absl::ZeroDuration()) {
      result = absl::DeadlineExceededError(
          absl::StrCat("policy ", version, " did not arrive in ",
                       absl::FormatDuration(patience)));
      break;
    }
    changed_.WaitFor(mutex_, std::min(left, kGlance));
  }
  if (--wanted_[version] == 0) wanted_.erase(version);
  return result;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> PolicyFollower::AtLeast(
    Version oldest, absl::Duration patience,
    const std::atomic<bool>* given_up) {
  const absl::Time deadline = Clock::Real().Now() + patience;
  MutexLock lock(mutex_);
  while (!closed_) {
    if (!kept_.empty() && kept_.rbegin()->first >= oldest) {
      return kept_.rbegin()->second;
    }
    if (given_up != nullptr && given_up->load()) {
      return absl::CancelledError("nobody waits for the policy any more");
    }
    const absl::Duration left = deadline - Clock::Real().Now();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(
          absl::StrCat("no policy from version ", oldest, " on arrived in ",
                       absl::FormatDuration(patience)));
    }
    changed_.WaitFor(mutex_, std::min(left, kGlance));
  }
  return absl::CancelledError("the policy follower is closed");
}

void PolicyFollower::Report(const PolicyRef& policy, Stage stage,
                            const std::string& failure) {
  MutexLock lock(mutex_);
  if (stage == Stage::kActive) {
    active_ = policy;
    if (announced_at_.has_value() && announced_.has_value() &&
        announced_->version == policy.version) {
      if (options_.metrics != nullptr) {
        options_.metrics->total_seconds.Observe(Clock::Real().Now() -
                                                *announced_at_);
      }
      announced_at_.reset();
    }
  }
  StageLocked(policy, stage, failure);
}

PolicyRef PolicyFollower::active() const {
  MutexLock lock(mutex_);
  return active_;
}

std::vector<PolicyRef> PolicyFollower::Resident() const {
  MutexLock lock(mutex_);
  std::vector<PolicyRef> resident;
  for (const auto& [version, snapshot] : kept_) {
    resident.push_back(snapshot->ref());
  }
  return resident;
}

std::vector<RenewRequest::Staging> PolicyFollower::Staging() const {
  MutexLock lock(mutex_);
  std::vector<RenewRequest::Staging> staging;
  for (const auto& [version, entry] : staging_) {
    staging.push_back(entry);
    if (entry.stage == Stage::kFetching) {
      staging.back().bytes_done = fetch_done_.load();
    }
  }
  return staging;
}

int PolicyFollower::failures_in_row() const {
  MutexLock lock(mutex_);
  return failures_;
}

void PolicyFollower::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
  MutexLock lock(join_mutex_);
  if (watcher_.joinable()) watcher_.join();
  if (fetcher_.joinable()) fetcher_.join();
}

void PolicyFollower::WatchLoop() {
  absl::Duration pause = options_.first_pause;
  {
    MutexLock lock(mutex_);
    while (!begun_ && !closed_) changed_.Wait(mutex_);
    if (closed_) return;
  }
  while (true) {
    const absl::StatusOr<PolicyEvent> event = link_.NextPolicyEvent();
    if (!event.ok()) {
      if (!Pause(pause, nullptr)) return;
      pause = std::min(2 * pause, options_.longest_pause);
      continue;
    }
    pause = options_.first_pause;
    {
      MutexLock lock(mutex_);
      if (closed_) return;
      if (event->kind != PolicyEvent::Kind::kPublished) continue;
      announced_ = event->policy;
      announced_at_ = Clock::Real().Now();
    }
    changed_.NotifyAll();
  }
}

void PolicyFollower::FetchLoop() {
  absl::Duration pause = options_.first_pause;
  while (const std::optional<Target> target = AwaitTarget()) {
    auto snapshot = Fetch(*target);
    if (snapshot.ok()) {
      Keep(*target, *std::move(snapshot));
      pause = options_.first_pause;
      continue;
    }
    if (!StillWanted(*target)) continue;
    NoteFailure(*target, snapshot.status());
    if (!Pause(pause, &*target)) return;
    pause = std::min(2 * pause, options_.longest_pause);
  }
}

std::optional<PolicyFollower::Target> PolicyFollower::AwaitTarget() {
  MutexLock lock(mutex_);
  while (!closed_) {
    if (begun_) {
      if (auto target = ChooseLocked()) return target;
    }
    changed_.Wait(mutex_);
  }
  return std::nullopt;
}

std::optional<PolicyFollower::Target> PolicyFollower::ChooseLocked() const {
  // Somebody stands still for these; the newest can wait that long.
  for (const auto& [version, waiters] : wanted_) {
    if (kept_.contains(version) || refused_.contains(version)) continue;
    PolicyRef policy;
    policy.version = version;
    return Target{policy, generation_, true};
  }
  if (!announced_.has_value()) return std::nullopt;
  const auto it = kept_.find(announced_->version.value_or(0));
  if (it != kept_.end() &&
      it->second->manifest_sha256 == announced_->manifest_sha256) {
    return std::nullopt;
  }
  return Target{*announced_, generation_, false};
}

bool PolicyFollower::StillWanted(const Target& target) const {
  MutexLock lock(mutex_);
  return StillWantedLocked(target);
}

bool PolicyFollower::StillWantedLocked(const Target& target) const {
  if (closed_ || generation_ != target.generation) return false;
  return wanted_.contains(target.policy.version.value_or(0)) ||
         announced_ == target.policy;
}

absl::Status PolicyFollower::CheckOwner(const Manifest& manifest) const {
  MutexLock lock(mutex_);
  if (manifest.run_id != run_id_) {
    return absl::FailedPreconditionError(absl::StrCat(
        "policy ", manifest.version, " is of run ", manifest.run_id.ToHex(6),
        ", this worker serves run ", run_id_.ToHex(6)));
  }
  if (manifest.base_model_hash != base_model_hash_) {
    return absl::FailedPreconditionError(
        absl::StrCat("policy ", manifest.version, " is of the base model ",
                     manifest.base_model_hash.ToHex(6), ", this worker has ",
                     base_model_hash_.ToHex(6)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> PolicyFollower::Fetch(
    const Target& target) {
  MDRL_ASSIGN_OR_RETURN(ManifestBytes manifest,
                        link_.GetManifest(target.policy));
  const bool goes_on =
      unfinished_ != nullptr && unfinished_sha256_ == manifest.sha256;
  if (!goes_on) {
    unfinished_ = nullptr;
    MDRL_ASSIGN_OR_RETURN(
        unfinished_,
        SnapshotAssembly::Create(std::move(manifest.bytes), manifest.sha256,
                                 options_.max_bytes, codec_));
    unfinished_sha256_ = manifest.sha256;
  }
  MDRL_RETURN_IF_ERROR(CheckOwner(unfinished_->manifest()));
  if (unfinished_->manifest().version != target.policy.version) {
    return absl::DataLossError(
        absl::StrCat("asked for policy ", target.policy.version.value_or(0),
                     ", got ", unfinished_->manifest().version));
  }
  {
    MutexLock lock(mutex_);
    StageLocked({target.policy.version, manifest.sha256}, Stage::kFetching, "");
  }
  if (!goes_on) {
    for (const auto& source : Sources()) unfinished_->Reuse(*source);
  }
  if (const auto missing = unfinished_->Missing(); !missing.empty()) {
    WatchedSink sink(*this, target, *unfinished_);
    const absl::Time start = Clock::Real().Now();
    MDRL_RETURN_IF_ERROR(link_.FetchChunks(manifest.sha256, missing, sink));
    if (options_.metrics != nullptr) {
      options_.metrics->fetch_seconds.Observe(Clock::Real().Now() - start);
    }
  }
  const absl::Time start = Clock::Real().Now();
  auto snapshot = unfinished_->Finish();
  if (options_.metrics != nullptr) {
    options_.metrics->verify_seconds.Observe(Clock::Real().Now() - start);
  }
  unfinished_ = nullptr;
  return snapshot;
}

std::vector<std::shared_ptr<const Snapshot>> PolicyFollower::Sources() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<const Snapshot>> sources = sources_;
  for (const auto& [version, snapshot] : kept_) sources.push_back(snapshot);
  return sources;
}

void PolicyFollower::Keep(const Target& target,
                          std::shared_ptr<const Snapshot> snapshot) {
  const Version version = snapshot->manifest.version;
  {
    MutexLock lock(mutex_);
    // Of an epoch that ended meanwhile: fetched again, from this very copy.
    if (generation_ != target.generation) {
      sources_.push_back(std::move(snapshot));
      return;
    }
    failures_ = 0;
    StageLocked(snapshot->ref(), Stage::kVerified, "");
    kept_[version] = std::move(snapshot);
    sources_.clear();
    // The oldest go, but never the newest nor one that is waited for.
    for (auto it = kept_.begin();
         it != kept_.end() && kept_.size() > options_.kept;) {
      const bool stays = it->first == version || wanted_.contains(it->first) ||
                         std::next(it) == kept_.end();
      it = stays ? std::next(it) : kept_.erase(it);
    }
    for (auto it = staging_.begin(); it != staging_.end();) {
      it = kept_.contains(it->first) ? std::next(it) : staging_.erase(it);
    }
  }
  changed_.NotifyAll();
  Log(LogLevel::kDebug, "policy_verified", "a policy has arrived",
      {{"version", absl::StrCat(version)}});
}

void PolicyFollower::NoteFailure(const Target& target,
                                 const absl::Status& status) {
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    const bool gone = absl::IsNotFound(status);
    if (target.exact && (gone || absl::IsFailedPrecondition(status))) {
      refused_[*target.policy.version] = status;
    }
    if (!gone) ++failures_;
    StageLocked(target.policy, Stage::kFailed, std::string(status.message()));
  }
  changed_.NotifyAll();
  if (options_.metrics != nullptr) options_.metrics->CountFetch(status);
  Log(LogLevel::kWarn, "policy_fetch_failed",
      "a policy could not be fetched; the old one keeps serving",
      {{"version", absl::StrCat(target.policy.version.value_or(0))},
       {"error", status.ToString()}});
}

bool PolicyFollower::Pause(absl::Duration pause, const Target* target) {
  const absl::Time end = Clock::Real().Now() + pause;
  MutexLock lock(mutex_);
  while (!closed_) {
    const absl::Duration left = end - Clock::Real().Now();
    if (left <= absl::ZeroDuration()) return true;
    if (target != nullptr && !StillWantedLocked(*target)) return true;
    changed_.WaitFor(mutex_, left);
  }
  return false;
}

void PolicyFollower::StageLocked(const PolicyRef& policy, Stage stage,
                                 const std::string& failure) {
  if (!policy.version.has_value()) return;
  RenewRequest::Staging& entry = staging_[*policy.version];
  entry.policy = policy;
  entry.failures = stage == Stage::kFailed     ? entry.failures + 1
                   : stage == Stage::kFetching ? entry.failures
                                               : 0;
  entry.stage = stage;
  entry.failure = Shortened(failure);
}

}  // namespace mdrl
