// Competition problems of the MATH data set. Truth {"answer"}: the boxed answer
// of the gold solution, in LaTeX.
//
// spg.train, d1.train: correctness (2 if the last box is equivalent) and
// boxed_and_answer_tags as published (SPG, arXiv 2510.09541), where a typing
// error in the code never sees a box inside the answer: 0.75 with tags, 0.25
// without. They are the same rule.
// train: the same two as they were meant; the format term is then 0.25 to 1.
// eval: correct, by the published evaluation parser.
// symbolic: the same answer, equal in value instead of in spelling
// (math_symbolic.h); of no published number.
#ifndef MDRL_SERVICES_REWARD_VERIFY_MATH_H_
#define MDRL_SERVICES_REWARD_VERIFY_MATH_H_

#include "services/reward/verify/verifier.h"

namespace mdrl {

const TaskEntry& MathTask();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_MATH_H_
