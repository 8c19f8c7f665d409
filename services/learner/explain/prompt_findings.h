// Why there is no prompt to give, and how a prompt set stands.
#ifndef MDRL_SERVICES_LEARNER_EXPLAIN_PROMPT_FINDINGS_H_
#define MDRL_SERVICES_LEARNER_EXPLAIN_PROMPT_FINDINGS_H_

#include "services/learner/explain/finding.h"
#include "services/learner/explain/run_facts.h"

namespace mdrl {

// REQUIRES: !facts.can_draw.
Finding NoPromptFinding(const RunFacts& facts);

Finding SetFinding(const SetFacts& set);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_EXPLAIN_PROMPT_FINDINGS_H_
