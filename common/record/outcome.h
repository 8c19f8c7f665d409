// The words for how a completion was scored: metric labels and score files
// share them.
#ifndef MDRL_COMMON_RECORD_OUTCOME_H_
#define MDRL_COMMON_RECORD_OUTCOME_H_

#include <string_view>

#include "common/record/group.h"

namespace mdrl {

// "program_timeout"; "unspecified" for what is none of them.
std::string_view OutcomeName(Outcome outcome);

// The same as a metric's label, whose values are a closed set: what is none of
// them counts as a service's error.
std::string_view OutcomeLabel(Outcome outcome);

}  // namespace mdrl

#endif  // MDRL_COMMON_RECORD_OUTCOME_H_
