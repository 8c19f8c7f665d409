// 4x4 and 9x9 Sudoku. Truth: {"puzzle","solution"}, 16 or 81 digits each, 0 =
// empty cell.
//
// The reward is the share of the puzzle's empty cells that hold the solution's
// digit, 0 where the puzzle has none. It is called sudoku in the training
// rubrics and cells in the others; empty_cells, correct_cells and solved (all
// characters are the solution's) are measured.
#ifndef MDRL_SERVICES_REWARD_VERIFY_SUDOKU_H_
#define MDRL_SERVICES_REWARD_VERIFY_SUDOKU_H_

#include "services/reward/verify/verifier.h"

namespace mdrl {

// bare: the digits of the whole text. spg.train, d1.train: those of the last
// tagged answer, cut or filled up with zeros (SPG, arXiv 2510.09541), the same
// rule. train: the last tagged answer without white space and end tokens, which
// must be exactly the digits; a given digit that it changes takes a right cell
// away. eval: the published evaluation parser, which has no notion of correct.
const TaskEntry& Sudoku4Task();
const TaskEntry& Sudoku9Task();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_SUDOKU_H_
