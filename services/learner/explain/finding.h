// One answer to "what does it wait for?", as Explain returns it. Plain values.
#ifndef MDRL_SERVICES_LEARNER_EXPLAIN_FINDING_H_
#define MDRL_SERVICES_LEARNER_EXPLAIN_FINDING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/record/reason.h"

namespace mdrl {

// The numbers of mdrl.v1.Explanation.Level.
enum class FindingLevel : uint32_t {
  kNormal = 1,  // it will pass, or is meant to be so
  kSlow = 2,    // it moves, or acts by itself in acts_in
  kStuck = 3,   // nothing will happen without a person
};

struct Finding {
  Reason reason = Reason::kUnspecified;
  FindingLevel level = FindingLevel::kNormal;
  std::string subject = {};  // "round 3", "train/17", a worker, a set
  std::string owner = {};    // who acts next: "learner", "rollout w0", "person"
  absl::Duration since = absl::ZeroDuration();  // how long it has been so
  std::optional<absl::Duration> acts_in = {};   // when it acts by itself
  std::string text = {};                        // one sentence
  std::string next = {};                        // what a person can do
};

// The outermost wait first, the root cause last; never empty.
using FindingChain = std::vector<Finding>;

// "0.4 s", "212 s", "14 min", "3.2 h".
std::string AgeText(absl::Duration age);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_EXPLAIN_FINDING_H_
