// Why no worker can take work, and what holds one worker up.
#ifndef MDRL_SERVICES_LEARNER_EXPLAIN_WORKER_FINDINGS_H_
#define MDRL_SERVICES_LEARNER_EXPLAIN_WORKER_FINDINGS_H_

#include <cstdint>
#include <string>

#include "services/learner/explain/finding.h"
#include "services/learner/explain/run_facts.h"

namespace mdrl {

// Null if the slot is unknown.
const WorkerFacts* WorkerIn(const RunFacts& facts, uint32_t slot);

// "rollout w0"
std::string OwnerName(const WorkerFacts& worker);

// The silence of a SUSPECT or LOST worker.
Finding SilentWorkerFinding(const RunFacts& facts, const WorkerFacts& worker);

// A policy that a worker cannot get or use; level NORMAL while it only takes
// its time.
Finding StagingFinding(const WorkerFacts& worker, absl::Duration since);

// REQUIRES: no worker is READY. From "nobody can take work" to its cause.
FindingChain NoWorkerFindings(const RunFacts& facts);

FindingChain WorkerFindings(const RunFacts& facts, const WorkerFacts& worker);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_EXPLAIN_WORKER_FINDINGS_H_
