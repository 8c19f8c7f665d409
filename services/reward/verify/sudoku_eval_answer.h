// The published evaluation parser of 4x4 Sudoku (SPG, arXiv 2510.09541).
#ifndef MDRL_SERVICES_REWARD_VERIFY_SUDOKU_EVAL_ANSWER_H_
#define MDRL_SERVICES_REWARD_VERIFY_SUDOKU_EVAL_ANSWER_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mdrl {

// The first of five places that holds something: a fenced block of digits after
// the first opening tag; the text after that tag; the text after the first
// closing tag; 16 digits before a closing tag; a word of 16 digits. White space
// is taken out; the result is cut or filled with '0' to 16 characters, which
// need not be digits. Empty: nothing found. `cells` other than 16 puts that
// number in place of 16 everywhere. Linear; thread-safe.
std::u32string SudokuEvalAnswer(std::u32string_view text, size_t cells = 16);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_SUDOKU_EVAL_ANSWER_H_
