// A text that must be a given one. Truth {"answer"}.
//
// match: 1 where they are equal, white space around them aside. bare: the whole
// text without end tokens; train: the last tagged answer.
#ifndef MDRL_SERVICES_REWARD_VERIFY_EXACT_MATCH_H_
#define MDRL_SERVICES_REWARD_VERIFY_EXACT_MATCH_H_

#include "services/reward/verify/verifier.h"

namespace mdrl {

const TaskEntry& ExactMatchTask();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_EXACT_MATCH_H_
