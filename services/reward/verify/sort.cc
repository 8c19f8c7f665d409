#include "services/reward/verify/sort.h"

#include "common/base/status_macros.h"
#include "common/tasks/check_truth.h"
#include "common/tasks/sort.h"
#include "common/text/utf8.h"
#include "services/reward/verify/answer.h"

namespace mdrl {
namespace {

constexpr ComponentSpec kComponents[] = {{"cells", 0.5},
                                         {"solved", 0.5},
                                         {"empty_cells"},
                                         {"correct_cells"},
                                         {"permutation"}};

absl::StatusOr<Verdict> VerifyBare(std::string_view truth,
                                   std::string_view text) {
  MDRL_ASSIGN_OR_RETURN(const std::string digits, ParseSortTruth(truth));
  const std::string sorted = Sorted(digits);
  const std::u32string answer = ToCodePoints(text);
  int correct = 0;
  for (size_t i = 0; i < sorted.size() && i < answer.size(); ++i) {
    correct += answer[i] == static_cast<char32_t>(sorted[i]) ? 1 : 0;
  }
  const bool solved = text == sorted;
  const bool permutation =
      text.size() == sorted.size() && Sorted(std::string(text)) == sorted;
  Verdict out;
  out.outcome =
      DigitsOf(answer).empty() ? Outcome::kUnparsable : Outcome::kScored;
  out.values = {static_cast<double>(correct) / kSortDigits, solved ? 1.0 : 0.0,
                static_cast<double>(kSortDigits), static_cast<double>(correct),
                permutation ? 1.0 : 0.0};
  out.correct = solved;
  // Long texts are somebody else's; four characters and a few say enough.
  out.extracted = ToUtf8(std::u32string_view(answer).substr(0, 16));
  return out;
}

constexpr RubricEntry kRubrics[] = {{"bare", kComponents, VerifyBare}};

}  // namespace

const TaskEntry& SortTask() {
  static constexpr TaskEntry kTask = {"sort", "1", false, kRubrics};
  return kTask;
}

}  // namespace mdrl
