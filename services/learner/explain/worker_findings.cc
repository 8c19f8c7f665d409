#include "services/learner/explain/worker_findings.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

// A fetch that failed so often is not a hiccup any more.
constexpr uint32_t kStuckFailures = 3;

const WorkerFacts* AnyIn(const RunFacts& facts, WorkerState state) {
  const auto found = std::find_if(
      facts.workers.begin(), facts.workers.end(),
      [state](const WorkerFacts& worker) { return worker.state == state; });
  return found == facts.workers.end() ? nullptr : &*found;
}

// The one heard last: what it died of is the news.
const WorkerFacts* LatestLost(const RunFacts& facts) {
  const WorkerFacts* latest = nullptr;
  for (const WorkerFacts& worker : facts.workers) {
    if (worker.state != WorkerState::kLost) continue;
    if (latest == nullptr || worker.heard_ago < latest->heard_ago) {
      latest = &worker;
    }
  }
  return latest;
}

}  // namespace

bool WorkerFacts::CanScore(const std::string& task,
                           const std::string& rubric) const {
  return std::any_of(
      scorers.begin(), scorers.end(),
      [&](const RegisterRequest::Scorer& scorer) {
        return scorer.task == task &&
               (scorer.rubrics.empty() ||
                std::find(scorer.rubrics.begin(), scorer.rubrics.end(),
                          rubric) != scorer.rubrics.end());
      });
}

const WorkerFacts* WorkerIn(const RunFacts& facts, uint32_t slot) {
  const auto found = std::find_if(
      facts.workers.begin(), facts.workers.end(),
      [slot](const WorkerFacts& worker) { return worker.slot == slot; });
  return found == facts.workers.end() ? nullptr : &*found;
}

std::string OwnerName(const WorkerFacts& worker) {
  return "rollout " + worker.name;
}

Finding SilentWorkerFinding(const RunFacts& facts, const WorkerFacts& worker) {
  const bool lost = worker.state == WorkerState::kLost;
  Finding finding{.reason = Reason::kWorkerLost,
                  .level = FindingLevel::kSlow,
                  .subject = worker.name,
                  .owner = lost ? "person" : "learner",
                  .since = worker.heard_ago};
  finding.text =
      absl::StrCat("worker ", worker.name, " (slot ", worker.slot,
                   ") was last heard ", AgeText(worker.heard_ago), " ago");
  if (lost) {
    absl::StrAppend(&finding.text,
                    " and is lost: its process ended, is frozen or cut off");
  } else {
    finding.acts_in =
        std::max(facts.lease_for - worker.heard_ago, absl::ZeroDuration());
    absl::StrAppend(&finding.text, " and holds ", worker.leases,
                    " leases, which go to others in ",
                    AgeText(*finding.acts_in), " if it stays silent");
  }
  finding.next = "look at its process, its log and the network between";
  return finding;
}

Finding StagingFinding(const WorkerFacts& worker, absl::Duration since) {
  Finding finding{.reason = Reason::kPolicyFetch,
                  .level = FindingLevel::kNormal,
                  .subject = worker.name,
                  .owner = OwnerName(worker),
                  .since = since};
  const RenewRequest::Staging* failed = nullptr;
  const RenewRequest::Staging* under_way = nullptr;
  for (const RenewRequest::Staging& staging : worker.staging) {
    if (staging.stage == RenewRequest::Stage::kFailed) failed = &staging;
    if (staging.stage == RenewRequest::Stage::kFetching) under_way = &staging;
    if (staging.failures > 0) failed = &staging;
  }
  if (failed != nullptr) {
    const bool stuck = failed->failures >= kStuckFailures;
    finding.level = stuck ? FindingLevel::kStuck : FindingLevel::kSlow;
    finding.text = absl::StrCat(
        "worker ", worker.name, " cannot get policy ",
        failed->policy.version.value_or(0), " (",
        std::max(failed->failures, 1u), " failures in a row): ",
        failed->failure.empty() ? "it is trying again" : failed->failure);
    finding.next = "bandwidth, base model and free memory of that worker";
    return finding;
  }
  finding.text =
      under_way == nullptr
          ? absl::StrCat("worker ", worker.name, " prepares the policy")
          : absl::StrCat("worker ", worker.name, " fetches policy ",
                         under_way->policy.version.value_or(0), ", ",
                         under_way->bytes_done >> 10, " KiB so far");
  return finding;
}

FindingChain NoWorkerFindings(const RunFacts& facts) {
  FindingChain chain;
  const bool overdue = facts.no_ready_worker_for > facts.warmup;
  if (const WorkerFacts* warming = AnyIn(facts, WorkerState::kWarming)) {
    chain.push_back(
        {.reason = Reason::kWorkerWarming,
         .level = overdue ? FindingLevel::kStuck : FindingLevel::kNormal,
         .subject = warming->name,
         .owner = OwnerName(*warming),
         .since = warming->registered_ago,
         .acts_in = {},
         .text = absl::StrCat("worker ", warming->name, " is warming up since ",
                              AgeText(warming->registered_ago)),
         .next = overdue ? "its log says what holds it up" : ""});
    Finding staging = StagingFinding(*warming, warming->registered_ago);
    if (staging.level != FindingLevel::kNormal) chain.push_back(staging);
    return chain;
  }
  if (const WorkerFacts* suspect = AnyIn(facts, WorkerState::kSuspect)) {
    chain.push_back(SilentWorkerFinding(facts, *suspect));
    return chain;
  }
  chain.push_back(
      {.reason = Reason::kNoWorker,
       .level = overdue ? FindingLevel::kStuck : FindingLevel::kNormal,
       .subject = "workers",
       .owner = "person",
       .since = facts.no_ready_worker_for,
       .acts_in = {},
       .text = facts.workers.empty() ? "no rollout worker has registered"
                                     : "no rollout worker is ready",
       .next = "start workers; the log of one that ended says "
               "why"});
  if (AnyIn(facts, WorkerState::kDraining) != nullptr) {
    chain.back().text = "every rollout worker is draining";
  }
  const WorkerFacts* lost = LatestLost(facts);
  const RefusedFacts* refused = nullptr;
  for (const RefusedFacts& one : facts.refused) {
    if (refused == nullptr || one.ago < refused->ago) refused = &one;
  }
  if (refused != nullptr &&
      (lost == nullptr || refused->ago < lost->heard_ago)) {
    chain.push_back(
        {.reason = Reason::kWorkerRefused,
         .level = FindingLevel::kStuck,
         .subject = refused->name,
         .owner = "person",
         .since = refused->ago,
         .acts_in = {},
         .text = absl::StrCat("worker ", refused->name, " was refused ",
                              AgeText(refused->ago), " ago: ", refused->text),
         .next = "start workers of this run's build, model and "
                 "tokenizer"});
  } else if (lost != nullptr) {
    chain.push_back(SilentWorkerFinding(facts, *lost));
    chain.back().level = chain.front().level;
  }
  return chain;
}

FindingChain WorkerFindings(const RunFacts& facts, const WorkerFacts& worker) {
  switch (worker.state) {
    case WorkerState::kSuspect:
    case WorkerState::kLost:
      return {SilentWorkerFinding(facts, worker)};
    case WorkerState::kWarming: {
      Finding warming{.reason = Reason::kWorkerWarming,
                      .level = worker.registered_ago > facts.warmup
                                   ? FindingLevel::kStuck
                                   : FindingLevel::kNormal,
                      .subject = worker.name,
                      .owner = OwnerName(worker),
                      .since = worker.registered_ago};
      warming.text = absl::StrCat("worker ", worker.name, " registered ",
                                  AgeText(worker.registered_ago),
                                  " ago and is warming up");
      return {warming, StagingFinding(worker, worker.registered_ago)};
    }
    case WorkerState::kDraining:
      return {{.reason = Reason::kDraining,
               .level = FindingLevel::kNormal,
               .subject = worker.name,
               .owner = OwnerName(worker),
               .since = absl::ZeroDuration(),
               .acts_in = {},
               .text = absl::StrCat("worker ", worker.name,
                                    " is draining: ", worker.leases,
                                    " leases are still to be delivered"),
               .next = ""}};
    case WorkerState::kReady:
      break;
  }
  Finding staging = StagingFinding(worker, worker.heard_ago);
  if (staging.level != FindingLevel::kNormal) return {staging};
  return {};
}

}  // namespace mdrl
