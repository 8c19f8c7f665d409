// Sorting four digits. Truth: {"digits"}; the right answer is them ascending.
//
// bare: the whole text is the answer, read by position. 0.5 x cells (share of
// the four positions that are right) + 0.5 x solved (the text is the answer and
// nothing else); empty_cells (4) and correct_cells are measured, and
// permutation: whether the text has the input's digits in any order.
#ifndef MDRL_SERVICES_REWARD_VERIFY_SORT_H_
#define MDRL_SERVICES_REWARD_VERIFY_SORT_H_

#include "services/reward/verify/verifier.h"

namespace mdrl {

const TaskEntry& SortTask();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_SORT_H_
