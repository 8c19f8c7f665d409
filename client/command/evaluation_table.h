// An evaluation's rows for people and for programs. Pure.
#ifndef MDRL_CLIENT_COMMAND_EVALUATION_TABLE_H_
#define MDRL_CLIENT_COMMAND_EVALUATION_TABLE_H_

#include <string>

#include "mdrl/v1/run.pb.h"

namespace mdrl {

// One line per row, below a line of titles: samples, accuracy and its 95 %
// interval, mean reward, effective tokens, service errors; where a row counts
// cells, the share of its empty cells that are right, pooled over the puzzles,
// and of its puzzles that are solved. A rubric without a verdict has no
// accuracy. Intervals take completions for independent.
std::string EvaluationTable(const v1::Evaluation& evaluation);

// RFC 4180, with a header.
std::string EvaluationCsv(const v1::Evaluation& evaluation);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_EVALUATION_TABLE_H_
