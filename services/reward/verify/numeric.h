// A number that must be a given one. Truth {"answer","tolerance"}; the
// tolerance may be left out and is then 0.
//
// correct: 1 where the answer is at most the tolerance away. bare: the whole
// text without end tokens is the number; train: the last tagged answer is, or
// the box in it. Numbers may be written "1,600", "-0.5", "3/4" and "$12".
#ifndef MDRL_SERVICES_REWARD_VERIFY_NUMERIC_H_
#define MDRL_SERVICES_REWARD_VERIFY_NUMERIC_H_

#include "services/reward/verify/verifier.h"

namespace mdrl {

const TaskEntry& NumericTask();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_NUMERIC_H_
