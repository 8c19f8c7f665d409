// Countdown: an expression that reaches a target with every given number once.
// Truth {"numbers","target"}.
//
// spg.train, d1.train: countdown as published (SPG, arXiv 2510.09541): 1 where
// the last tagged answer is right, 0.1 for any other tagged answer, 0 without
// one. They are the same rule.
// train: 1 where it is right, 0.1 where it is wrong but uses exactly the given
// numbers, else 0; boxes and LaTeX signs are read.
// eval: correct, by the published evaluation parser.
// bare: as train, of the whole text.
#ifndef MDRL_SERVICES_REWARD_VERIFY_COUNTDOWN_H_
#define MDRL_SERVICES_REWARD_VERIFY_COUNTDOWN_H_

#include "services/reward/verify/verifier.h"

namespace mdrl {

const TaskEntry& CountdownTask();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_COUNTDOWN_H_
