#include "services/reward/verify/gsm8k.h"

#include <cmath>
#include <utility>

#include "common/base/status_macros.h"
#include "common/tasks/answer_truth.h"
#include "services/reward/verify/answer.h"
#include "services/reward/verify/boxed.h"
#include "services/reward/verify/format.h"
#include "services/reward/verify/python_number.h"

namespace mdrl {
namespace {

constexpr double kFormat = 0.5;
constexpr double kCorrect = 2.0;

constexpr ComponentSpec kPublishedTerms[] = {
    {"xmlcount", 1.0, -kUnbounded, 0.501},
    {"soft_format", 1.0, 0.0, kFormat},
    {"strict_format", 1.0, 0.0, kFormat},
    {"int", 1.0, 0.0, kFormat},
    {"correctness", 1.0, 0.0, kCorrect}};
constexpr ComponentSpec kTrainTerms[] = {{"xmlcount", 1.0, -0.5, 0.5},
                                         {"soft_format", 1.0, 0.0, kFormat},
                                         {"strict_format", 1.0, 0.0, kFormat},
                                         {"int", 1.0, 0.0, kFormat},
                                         {"correctness", 1.0, 0.0, kCorrect}};
constexpr ComponentSpec kEvalTerms[] = {{"correct", 1.0}};

Verdict PublishedVerdict(const Gsm8kTruth& truth, std::string_view text,
                         XmlCount rule) {
  const std::string_view answer = XmlAnswer(text);
  Verdict out;
  out.correct = truth.answer && answer == *truth.answer;
  out.values = {
      CountXml(text, rule),
      HasSoftFormat(text, Dot::kStaysOnLine) ? kFormat : 0.0,
      HasStrictFormat(text, Dot::kStaysOnLine) ? kFormat : 0.0,
      AllDigits(answer) ? kFormat : 0.0,
      *out.correct ? kCorrect : 0.0,
  };
  if (answer.empty()) out.outcome = Outcome::kUnparsable;
  out.extracted = Excerpt(answer);
  return out;
}

template <XmlCount rule>
absl::StatusOr<Verify> PreparePublished(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(Gsm8kTruth parsed, ParseGsm8kTruth(truth));
  return [parsed = std::move(parsed)](std::string_view text) {
    return PublishedVerdict(parsed, text, rule);
  };
}

absl::StatusOr<Verify> PrepareTrain(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(Gsm8kTruth parsed, ParseGsm8kTruth(truth));
  return [parsed = std::move(parsed)](std::string_view text) {
    text = WithoutEndTokens(text);
    std::string_view answer =
        Stripped(LastTaggedAnswer(text).value_or(std::string_view()));
    if (const auto box = LastClosedBox(answer)) answer = Stripped(*box);
    const auto number = ParsePlainNumber(answer);
    Verdict out;
    out.correct = number && parsed.answer && *number == parsed.value;
    out.values = {
        CountTags(text),
        HasSoftFormat(text, Dot::kCrossesLines) ? kFormat : 0.0,
        HasStrictFormat(std::string(text) + "\n", Dot::kCrossesLines) ? kFormat
                                                                      : 0.0,
        number && *number == std::floor(*number) ? kFormat : 0.0,
        *out.correct ? kCorrect : 0.0,
    };
    if (!number) out.outcome = Outcome::kUnparsable;
    out.extracted = Excerpt(answer);
    return out;
  };
}

// Three dots or one: what a model leaves for an answer to come.
bool IsDots(std::string_view text) {
  return text.find_first_not_of('.') == std::string_view::npos;
}

std::optional<double> NumberIn(std::string_view text, Which which) {
  if (text.empty()) return std::nullopt;
  if (const auto value = PythonFloat(text)) return value;
  return FindNumber(text, which);
}

std::optional<double> EvalAnswer(std::string_view text) {
  ShortBoxes boxes(text);
  while (const auto box = boxes.Next()) {
    const std::string_view content = Stripped(*box);
    if (content.empty() || IsDots(content)) continue;
    if (const auto value = NumberIn(content, Which::kFirst)) return value;
  }
  if (const auto tagged = FirstTaggedAnswer(text)) {
    if (const auto value = NumberIn(Stripped(*tagged), Which::kLast)) {
      return value;
    }
  }
  return NumberIn(XmlAnswer(text), Which::kLast);
}

absl::StatusOr<Verify> PrepareEval(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(Gsm8kTruth parsed, ParseGsm8kTruth(truth));
  return [parsed = std::move(parsed)](std::string_view text) {
    const std::optional<double> value = EvalAnswer(text);
    Verdict out;
    out.correct = value && parsed.answer && *value == parsed.value;
    out.values = {*out.correct ? 1.0 : 0.0};
    if (!value) out.outcome = Outcome::kUnparsable;
    if (value) out.extracted = ShortestDecimal(*value);
    return out;
  };
}

constexpr RubricEntry kRubrics[] = {
    {"d1.train", kPublishedTerms, PreparePublished<XmlCount::kD1>},
    {"eval", kEvalTerms, PrepareEval},
    {"spg.train", kPublishedTerms, PreparePublished<XmlCount::kSpg>},
    {"train", kTrainTerms, PrepareTrain}};

}  // namespace

const TaskEntry& Gsm8kTask() {
  static constexpr TaskEntry kTask = {
      "gsm8k", "1", false,
      "{\"answer\": the gold number as text, letter by letter}", kRubrics};
  return kTask;
}

}  // namespace mdrl
