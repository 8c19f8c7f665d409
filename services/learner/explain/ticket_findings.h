// What one open ticket waits for.
#ifndef MDRL_SERVICES_LEARNER_EXPLAIN_TICKET_FINDINGS_H_
#define MDRL_SERVICES_LEARNER_EXPLAIN_TICKET_FINDINGS_H_

#include <string>

#include "services/learner/explain/finding.h"
#include "services/learner/explain/run_facts.h"

namespace mdrl {

// "train/61"
std::string TicketName(const TicketId& id);

// From the ticket to the cause. The last one is the cause.
FindingChain TicketFindings(const RunFacts& facts, const TicketFacts& ticket);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_EXPLAIN_TICKET_FINDINGS_H_
