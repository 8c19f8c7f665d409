// What the run waits for: walks from what is missing to what would bring it.
//
//   round 3 lacks 1 of 16 groups
//     -> train/61 (g3f09c1d2ab47) is with rollout-0, decode step 97 of 128
//        -> four times as long as usual; revoked in 212 s
//
// Pure functions of a picture of the run. Each finding names who acts next,
// since when it has been so, when that acts by itself, and what a person can
// do. docs/operations.md has the table of reasons.
#ifndef MDRL_SERVICES_LEARNER_EXPLAIN_EXPLAIN_H_
#define MDRL_SERVICES_LEARNER_EXPLAIN_EXPLAIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/learner/explain/finding.h"
#include "services/learner/explain/run_facts.h"

namespace mdrl {

FindingChain ExplainRun(const RunFacts& facts);

// `subject`: empty for the run; "train/61" or "61"; "g3f09c1d2ab47" or a
// group's whole hex; a worker by name; a prompt set by name or hash. NotFound
// if it is none of them.
absl::StatusOr<FindingChain> Explain(const RunFacts& facts,
                                     const std::string& subject);

// Waiting by intention: it is said, but nobody is alarmed.
bool IsIntended(Reason reason);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_EXPLAIN_EXPLAIN_H_
