#include "common/tasks/code_truth.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/tasks/truth_json.h"

namespace mdrl {
namespace {

bool IsName(std::string_view text) {
  const auto letter = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&letter](char c) {
           return letter(c) || (c >= '0' && c <= '9');
         });
}

absl::StatusOr<std::string> TestsOf(const nlohmann::json& object) {
  MDRL_ASSIGN_OR_RETURN(std::string tests, TruthString(object, "tests"));
  if (tests.find_first_not_of(" \t\r\n") != std::string::npos) return tests;
  return absl::InvalidArgumentError("tests is empty");
}

}  // namespace

absl::StatusOr<FunctionTruth> ParseFunctionTruth(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const nlohmann::json object, ParseTruthObject(truth));
  FunctionTruth out;
  MDRL_ASSIGN_OR_RETURN(out.tests, TestsOf(object));
  MDRL_ASSIGN_OR_RETURN(out.entry, TruthString(object, "entry"));
  if (object.contains("prefix")) {
    MDRL_ASSIGN_OR_RETURN(out.prefix, TruthString(object, "prefix"));
  }
  if (IsName(out.entry)) return out;
  return absl::InvalidArgumentError(absl::StrCat(
      "entry \"", out.entry.substr(0, 80), "\" is not the name of a function"));
}

std::string ToJson(const FunctionTruth& truth) {
  return nlohmann::json{
      {"tests", truth.tests}, {"entry", truth.entry}, {"prefix", truth.prefix}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::StatusOr<std::string> ParsePythonTests(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const nlohmann::json object, ParseTruthObject(truth));
  MDRL_ASSIGN_OR_RETURN(std::string tests, TestsOf(object));
  if (tests.find("def test") != std::string::npos) return tests;
  return absl::InvalidArgumentError(
      "tests has no function whose name begins with \"test\"");
}

std::string CheckedFunction(std::string_view tests) {
  constexpr std::string_view kCheck = "check(";
  const size_t at = tests.rfind(kCheck);
  if (at == std::string_view::npos || (at > 0 && tests[at - 1] != '\n')) {
    return "";
  }
  const std::string_view rest = tests.substr(at + kCheck.size());
  const std::string_view name = rest.substr(0, rest.find(')'));
  return IsName(name) ? std::string(name) : "";
}

std::string CodeBehindFence(std::string_view text) {
  constexpr std::string_view kFence = "```python\n";
  const size_t at = text.find(kFence);
  if (at == std::string_view::npos) return "";
  return std::string(text.substr(at + kFence.size()));
}

}  // namespace mdrl
