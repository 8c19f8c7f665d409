#include "services/reward/verify/code.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/tasks/code_truth.h"
#include "services/reward/verify/answer.h"
#include "services/reward/verify/format.h"

namespace mdrl {
namespace {

constexpr std::string_view kFence = "```";

constexpr ComponentSpec kPassedTerms[] = {
    {"passed", 1.0}, {"tests", 0.0}, {"program", 0.0}};
constexpr ComponentSpec kTestsTerms[] = {
    {"passed", 0.0}, {"tests", 1.0}, {"program", 0.5}};

Outcome OutcomeOf(ProgramResult::End end) {
  switch (end) {
    case ProgramResult::End::kJudged:
      return Outcome::kScored;
    case ProgramResult::End::kTimeout:
      return Outcome::kProgramTimeout;
    case ProgramResult::End::kMemory:
      return Outcome::kProgramMemory;
    case ProgramResult::End::kRejected:
    case ProgramResult::End::kCrash:
      break;
  }
  return Outcome::kProgramCrash;
}

// Without end tokens at its end; the indentation at its start stays.
std::string_view Written(std::string_view text) {
  const std::string_view core = WithoutEndTokens(text);
  if (core.empty()) return core;
  return text.substr(0, core.data() + core.size() - text.data());
}

// In the order of both lists above.
Verdict Earned(const ProgramJob* job, const ProgramResult& result) {
  Verdict out;
  out.correct = job != nullptr && result.all_passed();
  if (job == nullptr) {
    out.outcome = Outcome::kUnparsable;
    out.values = {0.0, 0.0, 0.0};
    return out;
  }
  out.outcome = OutcomeOf(result.end);
  const bool judged = out.outcome == Outcome::kScored && result.total > 0;
  out.values = {
      *out.correct ? 1.0 : 0.0,
      judged ? static_cast<double>(result.passed) / result.total : 0.0,
      judged ? 1.0 : 0.0};
  out.extracted = Excerpt(job->program);
  return out;
}

bool Defines(std::string_view code, std::string_view name) {
  const std::string wanted = absl::StrCat("def ", std::string(name));
  for (size_t at = code.find(wanted); at != std::string_view::npos;
       at = code.find(wanted, at + 1)) {
    const std::string_view rest = code.substr(at + wanted.size());
    if (!rest.empty() && (rest[0] == '(' || rest[0] == ' ')) return true;
  }
  return false;
}

// The lines of `prefix` before the function: its imports, and the functions
// that it may call.
std::string Preamble(const FunctionTruth& truth) {
  const size_t at = truth.prefix.rfind("def " + truth.entry);
  return truth.prefix.substr(0, at == std::string::npos ? 0 : at);
}

std::optional<std::string> FunctionProgram(const FunctionTruth& truth,
                                           std::string_view text) {
  if (const auto code = LastFence(text); code && Defines(*code, truth.entry)) {
    return absl::StrCat(Preamble(truth), "\n", std::string(*code));
  }
  if (truth.prefix.empty()) {
    if (!Defines(text, truth.entry)) return std::nullopt;
    return std::string(text);
  }
  const std::string_view rest = text.substr(0, text.find("\n```"));
  if (rest.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return std::nullopt;
  }
  return absl::StrCat(truth.prefix, std::string(rest), "\n");
}

std::optional<std::string> FileProgram(std::string_view text) {
  const std::string_view answer = LastTaggedAnswer(text).value_or(text);
  if (const auto code = LastFence(answer)) return std::string(*code);
  if (answer.find("def ") == std::string_view::npos &&
      answer.find("class ") == std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(answer);
}

absl::StatusOr<ProgramVerify> PrepareFunction(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(FunctionTruth gold, ParseFunctionTruth(truth));
  ProgramVerify out;
  out.job = [gold = std::move(gold)](
                std::string_view text) -> std::optional<ProgramJob> {
    auto program = FunctionProgram(gold, Written(text));
    if (!program) return std::nullopt;
    return ProgramJob{*std::move(program), gold.tests, gold.entry, false};
  };
  out.verdict = Earned;
  return out;
}

absl::StatusOr<ProgramVerify> PrepareFile(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(std::string tests, ParsePythonTests(truth));
  ProgramVerify out;
  out.job = [tests = std::move(tests)](
                std::string_view text) -> std::optional<ProgramJob> {
    auto program = FileProgram(Written(text));
    if (!program) return std::nullopt;
    return ProgramJob{*std::move(program), tests, "", true};
  };
  out.verdict = Earned;
  return out;
}

constexpr RubricEntry kFunctionRubrics[] = {
    {"eval", kPassedTerms, nullptr, PrepareFunction},
    {"train", kPassedTerms, nullptr, PrepareFunction}};
constexpr RubricEntry kFileRubrics[] = {
    {"eval", kPassedTerms, nullptr, PrepareFile},
    {"train", kTestsTerms, nullptr, PrepareFile}};

constexpr std::string_view kFunctionTruth =
    "{\"tests\": text, \"entry\": name, \"prefix\": text}";

}  // namespace

std::optional<std::string_view> LastFence(std::string_view text) {
  // Fences pair from the left; one that is open at the end counts, too.
  std::optional<std::string_view> out;
  for (size_t open = text.find(kFence); open != std::string_view::npos;) {
    const size_t line = text.find('\n', open);
    if (line == std::string_view::npos) break;
    const size_t close = text.find(kFence, line);
    out = text.substr(line + 1, close == std::string_view::npos
                                    ? std::string_view::npos
                                    : close - line - 1);
    if (close == std::string_view::npos) break;
    open = text.find(kFence, close + kFence.size());
  }
  return out;
}

const TaskEntry& HumanevalTask() {
  static constexpr TaskEntry kTask = {"humaneval", "1", true, kFunctionTruth,
                                      kFunctionRubrics};
  return kTask;
}

const TaskEntry& MbppTask() {
  static constexpr TaskEntry kTask = {"mbpp", "1", true, kFunctionTruth,
                                      kFunctionRubrics};
  return kTask;
}

const TaskEntry& PythonTestsTask() {
  static constexpr TaskEntry kTask = {"python_tests", "1", true,
                                      "{\"tests\": text}", kFileRubrics};
  return kTask;
}

}  // namespace mdrl
