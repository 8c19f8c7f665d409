#include "services/reward/verify/sort.h"

#include "common/base/status_macros.h"
#include "common/tasks/check_truth.h"
#include "common/tasks/sort.h"
#include "services/reward/verify/answer.h"

namespace mdrl {
namespace {

constexpr ComponentSpec kComponents[] = {
    {"cells", 0.5},
    {"solved", 0.5},
    {"empty_cells", 0.0, kSortDigits, kSortDigits},
    {"correct_cells", 0.0, 0.0, kSortDigits},
    {"permutation"}};

Verdict BareVerdict(const std::string& sorted, std::string_view text) {
  // By position; only the first characters can be cells.
  int correct = 0;
  size_t at = 0;
  for (size_t i = 0; i < sorted.size() && at < text.size(); ++i) {
    const CodePoint c = CodePointAt(text, at);
    correct += c.value == static_cast<char32_t>(sorted[i]) ? 1 : 0;
    at += c.bytes;
  }
  const bool solved = text == sorted;
  const bool permutation =
      text.size() == sorted.size() && Sorted(std::string(text)) == sorted;
  Verdict out;
  out.outcome =
      DigitsOf(text).empty() ? Outcome::kUnparsable : Outcome::kScored;
  out.values = {static_cast<double>(correct) / kSortDigits, solved ? 1.0 : 0.0,
                static_cast<double>(kSortDigits), static_cast<double>(correct),
                permutation ? 1.0 : 0.0};
  out.correct = solved;
  out.extracted = Excerpt(text);
  return out;
}

absl::StatusOr<Verify> PrepareBare(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const std::string digits, ParseSortTruth(truth));
  return [sorted = Sorted(digits)](std::string_view text) {
    return BareVerdict(sorted, text);
  };
}

constexpr RubricEntry kRubrics[] = {{"bare", kComponents, PrepareBare}};

}  // namespace

const TaskEntry& SortTask() {
  static constexpr TaskEntry kTask = {"sort", "1", false,
                                      "{\"digits\": four digits}", kRubrics};
  return kTask;
}

}  // namespace mdrl
