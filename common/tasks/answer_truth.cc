#include "common/tasks/answer_truth.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/tasks/truth_json.h"

namespace mdrl {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kAround = " \t\r\n$";
  const size_t first = text.find_first_not_of(kAround);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kAround) - first + 1);
}

// "1,600.5" as "1600.5"; nullopt where a comma does not separate thousands.
std::optional<std::string> WithoutSeparators(std::string_view text) {
  const size_t first = text.find(',');
  if (first == std::string_view::npos) return std::string(text);
  const size_t end = std::min(text.find('.'), text.size());
  if (first == 0 || !IsDigit(text[first - 1])) return std::nullopt;
  for (size_t at = first; at < end; at += 4) {
    if (text[at] != ',' || at + 4 > end) return std::nullopt;
    for (size_t i = at + 1; i < at + 4; ++i) {
      if (!IsDigit(text[i])) return std::nullopt;
    }
  }
  if (text.find(',', end) != std::string_view::npos) return std::nullopt;
  std::string out(text);
  out.erase(std::remove(out.begin(), out.end(), ','), out.end());
  return out;
}

std::optional<double> Decimal(std::string_view text) {
  const std::optional<std::string> plain = WithoutSeparators(text);
  // SimpleAtod takes "nan", "inf" and hexadecimal digits, too.
  if (!plain ||
      plain->find_first_not_of("0123456789.eE+-") != std::string::npos) {
    return std::nullopt;
  }
  double value = 0.0;
  if (!absl::SimpleAtod(*plain, &value) || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

absl::StatusOr<double> NumberOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found != object.end() && found->is_number()) return found->get<double>();
  if (found != object.end() && found->is_string()) {
    const auto value = ParsePlainNumber(found->get<std::string>());
    if (value) return *value;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("truth must hold the number \"", key, "\""));
}

}  // namespace

std::optional<double> ParsePlainNumber(std::string_view text) {
  text = Trimmed(text);
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return Decimal(text);
  const auto above = Decimal(Trimmed(text.substr(0, slash)));
  const auto below = Decimal(Trimmed(text.substr(slash + 1)));
  if (!above || !below || *below == 0.0) return std::nullopt;
  return *above / *below;
}

absl::StatusOr<std::string> ParseAnswerTruth(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const nlohmann::json object, ParseTruthObject(truth));
  return TruthString(object, "answer");
}

absl::StatusOr<Gsm8kTruth> ParseGsm8kTruth(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const nlohmann::json object, ParseTruthObject(truth));
  const auto found = object.find("answer");
  if (found != object.end() && found->is_null()) return Gsm8kTruth{};
  MDRL_ASSIGN_OR_RETURN(std::string answer, TruthString(object, "answer"));
  const std::optional<double> value = ParsePlainNumber(answer);
  if (!value) {
    return absl::InvalidArgumentError(
        absl::StrCat("answer \"", answer.substr(0, 40), "\" is not a number"));
  }
  return Gsm8kTruth{std::move(answer), *value};
}

absl::StatusOr<NumericTruth> ParseNumericTruth(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const nlohmann::json object, ParseTruthObject(truth));
  NumericTruth out;
  MDRL_ASSIGN_OR_RETURN(out.answer, NumberOf(object, "answer"));
  if (object.contains("tolerance")) {
    MDRL_ASSIGN_OR_RETURN(out.tolerance, NumberOf(object, "tolerance"));
  }
  if (out.tolerance < 0.0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "tolerance is ", out.tolerance, "; it must be at least 0"));
  }
  return out;
}

std::string AnswerTruthJson(std::string_view answer) {
  nlohmann::json out;
  out["answer"] = std::string(answer);
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace mdrl
