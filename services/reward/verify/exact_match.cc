#include "services/reward/verify/exact_match.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/tasks/answer_truth.h"
#include "services/reward/verify/answer.h"
#include "services/reward/verify/format.h"

namespace mdrl {
namespace {

constexpr ComponentSpec kTerms[] = {{"match", 1.0}};

Verdict Compare(std::string_view gold, std::string_view answer) {
  Verdict out;
  out.correct = answer == Stripped(gold);
  out.values = {*out.correct ? 1.0 : 0.0};
  if (answer.empty()) out.outcome = Outcome::kUnparsable;
  out.extracted = Excerpt(answer);
  return out;
}

absl::StatusOr<Verify> PrepareBare(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(std::string gold, ParseAnswerTruth(truth));
  return [gold = std::move(gold)](std::string_view text) {
    return Compare(gold, WithoutEndTokens(text));
  };
}

absl::StatusOr<Verify> PrepareTrain(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(std::string gold, ParseAnswerTruth(truth));
  return [gold = std::move(gold)](std::string_view text) {
    return Compare(
        gold, Stripped(LastTaggedAnswer(text).value_or(std::string_view())));
  };
}

constexpr RubricEntry kRubrics[] = {{"bare", kTerms, PrepareBare},
                                    {"train", kTerms, PrepareTrain}};

}  // namespace

const TaskEntry& ExactMatchTask() {
  static constexpr TaskEntry kTask = {"exact_match", "1", false,
                                      "{\"answer\": text}", kRubrics};
  return kTask;
}

}  // namespace mdrl
