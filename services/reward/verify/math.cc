#include "services/reward/verify/math.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/tasks/answer_truth.h"
#include "services/reward/verify/answer.h"
#include "services/reward/verify/boxed.h"
#include "services/reward/verify/format.h"
#include "services/reward/verify/math_normal.h"
#include "services/reward/verify/math_symbolic.h"

namespace mdrl {
namespace {

constexpr double kCorrect = 2.0;
// The published code looks for "\boxed" with a backspace where the first two
// characters should be a backslash and a b.
constexpr std::string_view kMistypedBoxed = "\boxed";
constexpr std::string_view kBoxed = "\\boxed";

constexpr ComponentSpec kTerms[] = {{"correctness", 1.0, 0.0, kCorrect},
                                    {"boxed_and_answer_tags", 1.0, 0.25, 1.0}};
constexpr ComponentSpec kEvalTerms[] = {{"correct", 1.0}};

using Equivalent = bool (*)(const MathAnswer& gold, std::string_view answer);

bool PublishedEquivalent(const MathAnswer& gold, std::string_view answer) {
  return gold.IsEquivalent(answer);
}

// What is neither a number nor an expression is compared in normal form.
bool EqualInValue(const MathAnswer& gold, std::string_view answer) {
  return SymbolicallyEqual(gold.text(), answer)
      .value_or(gold.IsEquivalent(answer));
}

double FormatTerm(std::string_view text, std::string_view boxed) {
  double out = 0.0;
  if (const size_t open = text.find(kAnswerOpen);
      open != std::string_view::npos) {
    out += 1.0;
    // Up to the next tag of either kind: the published code splits at both.
    text.remove_prefix(open + kAnswerOpen.size());
    text = text.substr(0, text.find(kAnswerOpen));
    text = text.substr(0, text.find(kAnswerClose));
  }
  out += text.find(boxed) != std::string_view::npos ? 1.0 : 0.5;
  return 0.5 * out;
}

Verdict Judge(const MathAnswer& gold, std::optional<std::string_view> answer,
              Equivalent equivalent = PublishedEquivalent) {
  Verdict out;
  out.correct = answer && equivalent(gold, *answer);
  if (!answer) out.outcome = Outcome::kUnparsable;
  return out;
}

absl::StatusOr<Verify> PreparePublished(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(std::string answer, ParseAnswerTruth(truth));
  return [gold = MathAnswer(std::move(answer))](std::string_view text) {
    // Braces that do not close leave the whole text as the answer.
    const auto box = LastBoxed(text);
    Verdict out = Judge(gold, box.value_or(text));
    if (!box) out.outcome = Outcome::kUnparsable;
    out.values = {*out.correct ? kCorrect : 0.0,
                  FormatTerm(text, kMistypedBoxed)};
    out.extracted = Excerpt(box.value_or(text));
    return out;
  };
}

absl::StatusOr<Verify> PrepareTrain(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(std::string answer, ParseAnswerTruth(truth));
  return [gold = MathAnswer(std::move(answer))](std::string_view text) {
    text = WithoutEndTokens(text);
    // The answer section's box, or the section; without one the last box.
    const auto section = LastTaggedAnswer(text);
    std::optional<std::string_view> found =
        LastClosedBox(section.value_or(text));
    if (!found && section) found = Stripped(*section);
    Verdict out = Judge(gold, found);
    out.values = {*out.correct ? kCorrect : 0.0, FormatTerm(text, kBoxed)};
    out.extracted = Excerpt(found.value_or(std::string_view()));
    return out;
  };
}

template <Equivalent equivalent>
absl::StatusOr<Verify> PrepareEval(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(std::string answer, ParseAnswerTruth(truth));
  return [gold = MathAnswer(std::move(answer))](std::string_view text) {
    std::optional<std::string_view> found = LastBoxed(text);
    if (!found || found->empty()) {
      if (const auto tagged = FirstTaggedAnswer(text)) {
        found = Stripped(*tagged);
      }
    }
    Verdict out = Judge(gold, found, equivalent);
    out.values = {*out.correct ? 1.0 : 0.0};
    out.extracted = std::string(found.value_or(std::string_view()));
    return out;
  };
}

constexpr RubricEntry kRubrics[] = {
    {"d1.train", kTerms, PreparePublished},
    {"eval", kEvalTerms, PrepareEval<PublishedEquivalent>},
    {"spg.train", kTerms, PreparePublished},
    {"symbolic", kEvalTerms, PrepareEval<EqualInValue>},
    {"train", kTerms, PrepareTrain}};

}  // namespace

const TaskEntry& MathTask() {
  static constexpr TaskEntry kTask = {
      "math", "1", false, "{\"answer\": what the gold solution boxes, LaTeX}",
      kRubrics};
  return kTask;
}

}  // namespace mdrl
