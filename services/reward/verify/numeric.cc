#include "services/reward/verify/numeric.h"

#include <cmath>

#include "common/base/status_macros.h"
#include "common/tasks/answer_truth.h"
#include "services/reward/verify/answer.h"
#include "services/reward/verify/boxed.h"
#include "services/reward/verify/format.h"

namespace mdrl {
namespace {

constexpr ComponentSpec kTerms[] = {{"correct", 1.0}};

Verdict Compare(const NumericTruth& truth, std::string_view answer) {
  const std::optional<double> number = ParsePlainNumber(answer);
  Verdict out;
  out.correct = number && std::fabs(*number - truth.answer) <= truth.tolerance;
  out.values = {*out.correct ? 1.0 : 0.0};
  if (!number) out.outcome = Outcome::kUnparsable;
  out.extracted = Excerpt(answer);
  return out;
}

absl::StatusOr<Verify> PrepareBare(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const NumericTruth gold, ParseNumericTruth(truth));
  return [gold](std::string_view text) {
    return Compare(gold, WithoutEndTokens(text));
  };
}

absl::StatusOr<Verify> PrepareTrain(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const NumericTruth gold, ParseNumericTruth(truth));
  return [gold](std::string_view text) {
    std::string_view answer =
        LastTaggedAnswer(text).value_or(std::string_view());
    if (const auto box = LastClosedBox(answer)) answer = *box;
    return Compare(gold, Stripped(answer));
  };
}

constexpr RubricEntry kRubrics[] = {{"bare", kTerms, PrepareBare},
                                    {"train", kTerms, PrepareTrain}};

}  // namespace

const TaskEntry& NumericTask() {
  static constexpr TaskEntry kTask = {
      "numeric", "1", false, "{\"answer\": number, \"tolerance\": number}",
      kRubrics};
  return kTask;
}

}  // namespace mdrl
