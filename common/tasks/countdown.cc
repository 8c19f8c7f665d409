#include "common/tasks/countdown.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/tasks/expression.h"
#include "common/tasks/truth_json.h"

namespace mdrl {
namespace {

constexpr size_t kMostNumbers = 8;
constexpr int64_t kLargest = 1'000'000'000;
constexpr int kDrawn = 3;
constexpr int64_t kLargestDrawn = 99;
constexpr double kLargestTarget = 100.0;

absl::StatusOr<int64_t> WholeOf(const nlohmann::json& value,
                                std::string_view what) {
  // 51.0 is what other programs write for 51.
  const double number = value.is_number() ? value.get<double>() : 0.5;
  if (!(number >= 0 && number <= kLargest) ||
      number != static_cast<double>(static_cast<int64_t>(number))) {
    return absl::InvalidArgumentError(absl::StrCat(
        std::string(what), " is not a whole number from 0 to ", kLargest));
  }
  return static_cast<int64_t>(number);
}

}  // namespace

absl::StatusOr<CountdownTruth> ParseCountdownTruth(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const nlohmann::json object, ParseTruthObject(truth));
  const auto numbers = object.find("numbers");
  if (numbers == object.end() || !numbers->is_array() || numbers->empty() ||
      numbers->size() > kMostNumbers) {
    return absl::InvalidArgumentError(absl::StrCat(
        "truth must hold \"numbers\", a list of 1 to ", kMostNumbers));
  }
  CountdownTruth out;
  for (const nlohmann::json& number : *numbers) {
    MDRL_ASSIGN_OR_RETURN(out.numbers.emplace_back(),
                          WholeOf(number, "one of numbers"));
  }
  MDRL_ASSIGN_OR_RETURN(
      out.target,
      WholeOf(object.value("target", nlohmann::json()), "\"target\""));
  return out;
}

std::string ToJson(const CountdownTruth& truth) {
  return absl::StrCat("{\"numbers\":[", absl::StrJoin(truth.numbers, ","),
                      "],\"target\":", truth.target, "}");
}

Split CountdownSplit(std::vector<int64_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  uint64_t sum = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    sum += static_cast<uint64_t>(numbers[i]) * (7919 * (i + 1) + 13);
  }
  const uint32_t hash = static_cast<uint32_t>(sum * 2654435761u) / 1024 % 10;
  return hash == 0   ? Split::kValidation
         : hash == 1 ? Split::kTest
                     : Split::kTrain;
}

CountdownProblem DrawCountdown(Split split, PhiloxSequence& random) {
  static constexpr char kSigns[] = {'+', '-', '*', '/'};
  for (;;) {
    CountdownProblem out;
    std::vector<int64_t>& numbers = out.truth.numbers;
    for (int i = 0; i < kDrawn; ++i) {
      numbers.push_back(1 + random.NextBelow(kLargestDrawn));
    }
    const char first = kSigns[random.NextBelow(4)];
    const char second = kSigns[random.NextBelow(4)];
    const bool left = random.NextBelow(2) == 0;
    const auto text = [&numbers](int i) { return absl::StrCat(numbers[i]); };
    const auto joined = [](const std::string& a, char sign,
                           const std::string& b) {
      return absl::StrCat(a, std::string(1, sign), b);
    };
    out.expression = left
                         ? joined("(" + joined(text(0), first, text(1)) + ")",
                                  second, text(2))
                         : joined(text(0), first,
                                  "(" + joined(text(1), second, text(2)) + ")");
    if (!IsPartOf(CountdownSplit(numbers), split)) continue;
    const auto value = Evaluate(out.expression, Arithmetic::kPlain);
    if (!value || !value->IsWhole() || value->ToDouble() < 1.0 ||
        value->ToDouble() > kLargestTarget) {
      continue;
    }
    out.truth.target = static_cast<int64_t>(value->ToDouble());
    if (std::find(numbers.begin(), numbers.end(), out.truth.target) !=
        numbers.end()) {
      continue;
    }
    // The order says nothing about the expression.
    const std::vector<int32_t> order = random.NextPermutation(kDrawn);
    std::vector<int64_t> shuffled;
    for (const int32_t i : order) shuffled.push_back(numbers[i]);
    numbers = std::move(shuffled);
    return out;
  }
}

}  // namespace mdrl
