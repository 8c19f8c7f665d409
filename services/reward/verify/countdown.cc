#include "services/reward/verify/countdown.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/status_macros.h"
#include "common/tasks/countdown.h"
#include "common/tasks/expression.h"
#include "services/reward/verify/answer.h"
#include "services/reward/verify/boxed.h"
#include "services/reward/verify/format.h"

namespace mdrl {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr double kAnswered = 0.1;
constexpr double kCloseEnough = 1e-5;
constexpr std::string_view kExpressionCharacters = "0123456789+-*/() ";

constexpr ComponentSpec kTerms[] = {{"countdown", 1.0}};
constexpr ComponentSpec kEvalTerms[] = {{"correct", 1.0}};

// A truth whose numbers are in ascending order.
CountdownTruth InOrder(CountdownTruth truth) {
  std::sort(truth.numbers.begin(), truth.numbers.end());
  return truth;
}

// The runs of digits are the given numbers, each as often as given. A number
// in the digits of another script is a number, too; no evaluator takes it.
bool UsesTheNumbers(const CountdownTruth& truth, std::string_view text) {
  constexpr int64_t kTooLarge = int64_t{1} << 40;
  absl::InlinedVector<int64_t, 8> found;
  bool within = false;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && !within) {
      if (found.size() == truth.numbers.size()) return false;
      found.push_back(0);
    }
    within = digit;
    if (digit)
      found.back() = std::min(found.back() * 10 + (c - '0'), kTooLarge);
  }
  std::sort(found.begin(), found.end());
  return std::equal(found.begin(), found.end(), truth.numbers.begin(),
                    truth.numbers.end());
}

bool ReachesTheTarget(const CountdownTruth& truth, std::string_view text,
                      Arithmetic rules) {
  const std::optional<Rational> value = Evaluate(text, rules);
  if (!value) return false;
  const double target = static_cast<double>(truth.target);
  if (rules == Arithmetic::kPlain) return *value == Rational(truth.target);
  return std::fabs(value->ToDouble() - target) < kCloseEnough;
}

absl::StatusOr<Verify> PreparePublished(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(CountdownTruth parsed, ParseCountdownTruth(truth));
  return [parsed = InOrder(std::move(parsed))](std::string_view text) {
    const auto tagged = LastTaggedAnswer(text);
    Verdict out;
    out.correct = false;
    double term = 0.0;
    if (tagged) {
      const std::string_view answer = Stripped(*tagged);
      out.correct = UsesTheNumbers(parsed, answer) &&
                    ReachesTheTarget(parsed, answer, Arithmetic::kPython);
      term = *out.correct ? 1.0 : kAnswered;
      out.extracted = Excerpt(answer);
    } else {
      out.outcome = Outcome::kUnparsable;
    }
    out.values = {term};
    return out;
  };
}

// \div, \times and \cdot as the signs they stand for.
std::string WithPlainSigns(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kSigns[] = {
      {"\\div", '/'}, {"\\times", '*'}, {"\\cdot", '*'}};
  std::string out;
  for (size_t at = text.find('\\'); at != kNone; at = text.find('\\')) {
    out.append(text, 0, at);
    text.remove_prefix(at);
    size_t read = 0;
    for (const auto& [word, sign] : kSigns) {
      if (text.substr(0, word.size()) != word) continue;
      out += sign;
      read = word.size();
    }
    if (read == 0) out += '\\';
    text.remove_prefix(std::max<size_t>(read, 1));
  }
  return out.append(text);
}

// What stands before the equals sign of "expression = number", stripped;
// without such a sign everything, as it stands.
std::string_view LeftSide(std::string_view text) {
  for (size_t at = text.find('='); at != kNone; at = text.find('=', at + 1)) {
    if (at + 1 >= text.size() ||
        std::string_view("0123456789. ").find(text[at + 1]) == kNone) {
      continue;
    }
    const size_t before =
        text.substr(0, at).find_last_not_of(kExpressionCharacters);
    const size_t begin = before == kNone ? 0 : before + 1;
    if (begin < at) return Stripped(text.substr(begin, at - begin));
  }
  return text;
}

absl::StatusOr<Verify> PrepareEval(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(CountdownTruth parsed, ParseCountdownTruth(truth));
  return [parsed = InOrder(std::move(parsed))](std::string_view text) {
    std::optional<std::string_view> found = LastBoxed(text);
    if (!found) {
      const auto tagged = FirstTaggedAnswer(text);
      found = tagged ? Stripped(*tagged) : text;
    }
    const std::string plain = WithPlainSigns(*found);
    const std::string_view answer = LeftSide(plain);
    Verdict out;
    out.correct =
        UsesTheNumbers(parsed, answer) &&
        ReachesTheTarget(parsed, Stripped(answer), Arithmetic::kPython);
    out.values = {*out.correct ? 1.0 : 0.0};
    out.extracted = std::string(answer);
    return out;
  };
}

Verdict TrainVerdict(const CountdownTruth& truth, std::string_view text) {
  if (const auto box = LastClosedBox(text)) text = *box;
  const std::string plain = WithPlainSigns(text);
  const std::string_view answer = Stripped(LeftSide(plain));
  Verdict out;
  const bool fair = UsesTheNumbers(truth, answer);
  out.correct = fair && ReachesTheTarget(truth, answer, Arithmetic::kPlain);
  out.values = {*out.correct ? 1.0 : fair ? kAnswered : 0.0};
  if (answer.empty()) out.outcome = Outcome::kUnparsable;
  out.extracted = Excerpt(answer);
  return out;
}

absl::StatusOr<Verify> PrepareTrain(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(CountdownTruth parsed, ParseCountdownTruth(truth));
  return [parsed = InOrder(std::move(parsed))](std::string_view text) {
    return TrainVerdict(parsed,
                        LastTaggedAnswer(text).value_or(std::string_view()));
  };
}

absl::StatusOr<Verify> PrepareBare(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(CountdownTruth parsed, ParseCountdownTruth(truth));
  return [parsed = InOrder(std::move(parsed))](std::string_view text) {
    return TrainVerdict(parsed, WithoutEndTokens(text));
  };
}

constexpr RubricEntry kRubrics[] = {{"bare", kTerms, PrepareBare},
                                    {"d1.train", kTerms, PreparePublished},
                                    {"eval", kEvalTerms, PrepareEval},
                                    {"spg.train", kTerms, PreparePublished},
                                    {"train", kTerms, PrepareTrain}};

}  // namespace

const TaskEntry& CountdownTask() {
  static constexpr TaskEntry kTask = {
      "countdown", "1", false,
      "{\"numbers\": [whole numbers], \"target\": whole number}", kRubrics};
  return kTask;
}

}  // namespace mdrl
