#include "common/base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

// Steps of backtracking before a pattern counts as one without end. Splitting
// ordinary text takes fewer than one hundred per piece.
constexpr uint32_t kMatchLimit = 10'000'000;
// Compiled code starts with 32 KiB on the machine's stack; where that does not
// do, it gets up to this much.
constexpr size_t kStackStart = 64 << 10;
constexpr size_t kStackLimit = 16 << 20;

std::string Message(int error) {
  PCRE2_UCHAR text[160];
  pcre2_get_error_message(error, text, sizeof(text));
  return reinterpret_cast<const char*>(text);
}

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatchData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const {
    pcre2_match_context_free(context);
  }
};
struct FreeStack {
  void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
};

}  // namespace

struct Regex::Program {
  std::string pattern;
  std::unique_ptr<pcre2_code, FreeCode> code;
};

struct RegexScanner::Memory {
  std::unique_ptr<pcre2_match_data, FreeMatchData> data;
  std::unique_ptr<pcre2_match_context, FreeContext> context;
  std::unique_ptr<pcre2_jit_stack, FreeStack> stack;  // null until needed
};

namespace {

// PCRE2's answer, with a larger stack where the first one was too small.
int Run(const pcre2_code* code, std::string_view text, size_t from,
        uint32_t options, pcre2_match_data* data, pcre2_match_context* context,
        std::unique_ptr<pcre2_jit_stack, FreeStack>& stack) {
  // An empty view may have no address at all, which PCRE2 refuses.
  const auto* subject =
      reinterpret_cast<PCRE2_SPTR>(text.empty() ? "" : text.data());
  int result =
      pcre2_match(code, subject, text.size(), from, options, data, context);
  if (result == PCRE2_ERROR_JIT_STACKLIMIT && stack == nullptr) {
    stack.reset(pcre2_jit_stack_create(kStackStart, kStackLimit, nullptr));
    pcre2_jit_stack_assign(context, nullptr, stack.get());
    result =
        pcre2_match(code, subject, text.size(), from, options, data, context);
  }
  return result;
}

absl::Status Failure(int error, const std::string& pattern) {
  const std::string text =
      absl::StrCat("regular expression ", pattern, ": ", Message(error));
  if (error == PCRE2_ERROR_MATCHLIMIT || error == PCRE2_ERROR_DEPTHLIMIT ||
      error == PCRE2_ERROR_HEAPLIMIT || error == PCRE2_ERROR_JIT_STACKLIMIT) {
    return absl::ResourceExhaustedError(text);
  }
  return absl::InvalidArgumentError(text);
}

pcre2_match_context* NewContext() {
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  MDRL_CHECK(context != nullptr) << "no memory for a match";
  pcre2_set_match_limit(context, kMatchLimit);
  return context;
}

}  // namespace

Regex::Regex(std::shared_ptr<const Program> program)
    : program_(std::move(program)) {}

absl::StatusOr<Regex> Regex::Compile(std::string_view pattern) {
  auto program = std::make_shared<Program>();
  program->pattern = std::string(pattern);
  int error = 0;
  PCRE2_SIZE at = 0;
  // NEVER_BACKSLASH_C: \C would cut a code point in two.
  program->code.reset(pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(program->pattern.c_str()), pattern.size(),
      PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, nullptr));
  if (program->code == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("regular expression ",
                                                   program->pattern, ": byte ",
                                                   at, ": ", Message(error)));
  }
  // Without the compiler (an unusual machine) matching is interpreted: slower,
  // and equal.
  pcre2_jit_compile(program->code.get(), PCRE2_JIT_COMPLETE);
  return Regex(std::move(program));
}

absl::StatusOr<bool> Regex::FullMatch(std::string_view text) const {
  const std::unique_ptr<pcre2_match_data, FreeMatchData> data(
      pcre2_match_data_create(1, nullptr));
  const std::unique_ptr<pcre2_match_context, FreeContext> context(NewContext());
  std::unique_ptr<pcre2_jit_stack, FreeStack> stack;
  const int result =
      Run(program_->code.get(), text, 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED,
          data.get(), context.get(), stack);
  if (result == PCRE2_ERROR_NOMATCH) return false;
  if (result < 0) return Failure(result, program_->pattern);
  return true;
}

const std::string& Regex::pattern() const { return program_->pattern; }

RegexScanner::RegexScanner(const Regex& regex)
    : regex_(regex), memory_(std::make_unique<Memory>()) {
  memory_->data.reset(pcre2_match_data_create(1, nullptr));
  MDRL_CHECK(memory_->data != nullptr) << "no memory for a match";
  memory_->context.reset(NewContext());
}

RegexScanner::~RegexScanner() = default;

absl::StatusOr<std::optional<RegexScanner::Match>> RegexScanner::Find(
    std::string_view text, size_t from) {
  const int result =
      Run(regex_.program_->code.get(), text, from, PCRE2_NO_UTF_CHECK,
          memory_->data.get(), memory_->context.get(), memory_->stack);
  if (result == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (result < 0) return Failure(result, regex_.pattern());
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(memory_->data.get());
  // \K in a lookahead could put the begin behind the end.
  return Match{ends[0] < ends[1] ? ends[0] : ends[1], ends[1]};
}

}  // namespace mdrl
