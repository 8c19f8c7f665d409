#include "services/learner/desk/prompt_set_submission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/learner/desk/front_desk.h"

namespace mdrl {
namespace {

constexpr uint64_t kMaxPrompts = 1'000'000;
constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

}  // namespace

absl::Status PromptSetSubmission::Append(std::vector<Prompt> batch) {
  for (Prompt& prompt : batch) {
    const std::string where = absl::StrCat(
        "prompt ", prompts_.size(),
        prompt.id.empty() ? "" : absl::StrCat(" (", prompt.id, ")"));
    const absl::Status status = AppendOne(std::move(prompt));
    if (!status.ok()) return WithContext(status, where);
  }
  return absl::OkStatus();
}

absl::Status PromptSetSubmission::AppendOne(Prompt prompt) {
  const DeskOptions& options = desk_.options_;
  if (prompts_.size() >= kMaxPrompts) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a prompt set has at most ", kMaxPrompts, " prompts"));
  }
  if (prompt.task != header_.task) {
    return absl::InvalidArgumentError(
        absl::StrCat("its task is \"", prompt.task, "\", the set's is \"",
                     header_.task, "\""));
  }
  if (prompt.turns.empty()) {
    return absl::InvalidArgumentError("it has no turn: no text to start from");
  }
  const std::string line = CanonicalLine(prompt);
  bytes_ += line.size();
  if (bytes_ > kMaxBytes) {
    return absl::ResourceExhaustedError("a prompt set has at most 1 GiB");
  }
  hash_.Bytes(line);
  if (options.validate) {
    MDRL_ASSIGN_OR_RETURN(const std::string remark, options.validate(prompt));
    if (!remark.empty()) ++remarks_[remark];
  }
  LibraryPrompt entry;
  MDRL_ASSIGN_OR_RETURN(entry.tokens, options.tokenize(prompt));
  if (entry.tokens.empty()) {
    return absl::InvalidArgumentError("it has no token");
  }
  const uint32_t limit = options.max_prompt_tokens;
  if (entry.tokens.size() > limit) {
    if (options.truncate_left) {
      entry.tokens.erase(entry.tokens.begin(), entry.tokens.end() - limit);
    } else {
      entry.over_length = true;
      entry.tokens.clear();
    }
  }
  prompt.index = prompts_.size();
  entry.prompt = std::move(prompt);
  prompts_.push_back(std::move(entry));
  return absl::OkStatus();
}

void PromptSetSubmission::Finish(Answer<PromptSetView> answer) {
  absl::Status status;
  if (prompts_.size() != header_.count) {
    status = absl::InvalidArgumentError(
        absl::StrCat("the header announced ", header_.count, " prompts, ",
                     prompts_.size(), " came"));
  } else if (prompts_.empty()) {
    status = absl::InvalidArgumentError("a prompt set without prompts");
  } else if (std::all_of(
                 prompts_.begin(), prompts_.end(),
                 [](const LibraryPrompt& p) { return p.over_length; })) {
    status = absl::InvalidArgumentError(
        absl::StrCat("every prompt is longer than prompts.max_tokens = ",
                     desk_.options_.max_prompt_tokens));
  }
  sha256_ = hash_.Finish();
  if (status.ok() && !header_.sha256.IsZero() && header_.sha256 != sha256_) {
    status = absl::InvalidArgumentError(
        absl::StrCat("the header announced content ", header_.sha256.ToHex(),
                     ", the prompts are ", sha256_.ToHex()));
  }
  if (!status.ok()) {
    answer(std::move(status));
    return;
  }
  for (LibraryPrompt& entry : prompts_) entry.prompt.set_sha256 = sha256_;
  desk_.FinishPromptSet(*this, std::move(answer));
}

}  // namespace mdrl
