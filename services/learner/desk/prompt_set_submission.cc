#include "services/learner/desk/prompt_set_submission.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "services/learner/desk/front_desk.h"

namespace mdrl {
namespace {

constexpr uint64_t kMaxPrompts = 1'000'000;
constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

}  // namespace

absl::Status PromptSetSubmission::Append(std::vector<Prompt> batch) {
  for (const Prompt& prompt : batch) {
    const uint64_t index = spool_.size();
    const absl::Status status = AppendOne(prompt);
    if (status.ok()) continue;
    // The client knows which line of its file this was.
    ErrorDetail detail = DetailOf(status);
    detail.facts["index"] = absl::StrCat(index);
    return WithContext(
        WithDetail(status, detail),
        absl::StrCat(
            "prompt ", index,
            prompt.id.empty() ? "" : absl::StrCat(" (", prompt.id, ")")));
  }
  return absl::OkStatus();
}

absl::Status PromptSetSubmission::AppendOne(const Prompt& prompt) {
  const DeskOptions& options = desk_.options_;
  if (spool_.size() >= kMaxPrompts) {
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
  PromptsPending::PromptRow row;
  row.body = CanonicalLine(prompt);
  bytes_ += row.body.size();
  if (bytes_ > kMaxBytes) {
    return absl::ResourceExhaustedError("a prompt set has at most 1 GiB");
  }
  hash_.Bytes(row.body);
  if (options.validate) {
    MDRL_ASSIGN_OR_RETURN(const std::string remark, options.validate(prompt));
    if (!remark.empty()) ++remarks_[remark];
  }
  MDRL_ASSIGN_OR_RETURN(row.tokens, options.tokenize(prompt));
  if (row.tokens.empty()) {
    return absl::InvalidArgumentError("it has no token");
  }
  const uint32_t limit = options.max_prompt_tokens;
  if (row.tokens.size() > limit) {
    if (options.truncate_left) {
      row.tokens.erase(row.tokens.begin(), row.tokens.end() - limit);
    } else {
      row.quarantined = Reason::kPromptOverLength;
      row.tokens.clear();
      over_length_.push_back(spool_.size());
    }
  }
  return spool_.Append(row);
}

void PromptSetSubmission::Finish(Answer<PromptSetView> answer) {
  const uint64_t count = spool_.size();
  absl::Status status;
  if (count != header_.count) {
    status = absl::InvalidArgumentError(absl::StrCat(
        "the header announced ", header_.count, " prompts, ", count, " came"));
  } else if (count == 0) {
    status = absl::InvalidArgumentError("a prompt set without prompts");
  } else if (over_length_.size() == count) {
    status = absl::InvalidArgumentError(absl::StrCat(
        "every prompt is longer than the ", desk_.options_.max_prompt_tokens,
        " tokens that prompts.max_tokens and the model's context "
        "leave for it"));
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
  desk_.FinishPromptSet(*this, std::move(answer));
}

}  // namespace mdrl
