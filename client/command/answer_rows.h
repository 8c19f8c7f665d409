// Between the steps of an evaluation without a run: questions to be decoded,
// decoded texts to be scored, scores to be summed up; JSON lines each.
//
// Functions without state; safe from any thread.
#ifndef MDRL_CLIENT_COMMAND_ANSWER_ROWS_H_
#define MDRL_CLIENT_COMMAND_ANSWER_ROWS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/prompt.h"
#include "mdrl/v1/run.pb.h"

namespace mdrl {

// What `mdrl-rollout generate --prompts` reads; a prompt's id is its place.
std::string QuestionLines(const std::vector<Prompt>& prompts);

struct DecodedAnswers {
  std::string answers;  // what `mdrl-reward score --in` reads
  double effective_tokens_mean = 0.0;
};
// `lines`: what generate wrote. The text to be scored begins behind the
// prefill, as a worker's does. DataLoss, with WHERE:LINE: a line that is none
// of its, or a prompt without an answer.
absl::StatusOr<DecodedAnswers> ReadDecoded(std::string_view lines,
                                           std::string_view where,
                                           const std::vector<Prompt>& prompts);

// Counts `lines`, what score wrote, into `row`. DataLoss as above.
absl::Status AddScores(std::string_view lines, std::string_view where,
                       v1::Evaluation::Row& row);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_ANSWER_ROWS_H_
