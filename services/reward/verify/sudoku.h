// 4x4 Sudoku. Truth: {"puzzle","solution"}, 16 digits each, 0 = empty cell.
//
// All rubrics: cells = share of the puzzle's empty cells that hold the
// solution's digit (0 where the puzzle has none); empty_cells, correct_cells
// and solved (all 16 characters are the solution's) are measured.
#ifndef MDRL_SERVICES_REWARD_VERIFY_SUDOKU_H_
#define MDRL_SERVICES_REWARD_VERIFY_SUDOKU_H_

#include "services/reward/verify/verifier.h"

namespace mdrl {

// bare: the digits of the whole text; spg.train: those of the last tagged
// answer (algorithms.md 1.7; of the published code, text as it stands); eval:
// the published evaluation parser (1.8), which has no notion of correct.
const TaskEntry& Sudoku4Task();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_SUDOKU_H_
