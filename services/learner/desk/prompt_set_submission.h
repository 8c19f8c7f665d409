// One SubmitPromptSet under way: its prompts are checked and tokenised as they
// come, spooled to disk, and kept together or not at all.
//
// Used by one thread at a time; different submissions are independent. Must
// not outlive the desk that opened it.
#ifndef MDRL_SERVICES_LEARNER_DESK_PROMPT_SET_SUBMISSION_H_
#define MDRL_SERVICES_LEARNER_DESK_PROMPT_SET_SUBMISSION_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/hash.h"
#include "common/record/prompt.h"
#include "services/learner/desk/desk_calls.h"
#include "services/learner/desk/desk_options.h"
#include "services/learner/desk/prompt_spool.h"

namespace mdrl {

class FrontDesk;

class PromptSetSubmission {
 public:
  // InvalidArgument names the first prompt that does not fit, by its place and
  // the client's id, and has its place as the fact "index"; ResourceExhausted:
  // over 10^6 prompts or 1 GiB. After an error the submission is of no further
  // use.
  absl::Status Append(std::vector<Prompt> batch);

  // Compares count and hash with the header and hands the set in. Answered
  // after the ledger's commit; at once if the content is known. REQUIRES: once.
  void Finish(Answer<PromptSetView> answer);

 private:
  friend class FrontDesk;
  PromptSetSubmission(FrontDesk& desk, PromptSetHeader header,
                      PromptSpool spool)
      : desk_(desk), header_(std::move(header)), spool_(std::move(spool)) {}

  absl::Status AppendOne(const Prompt& prompt);

  FrontDesk& desk_;
  const PromptSetHeader header_;
  Sha256 hash_;
  Digest sha256_;  // once finished
  uint64_t bytes_ = 0;
  PromptSpool spool_;
  std::vector<uint64_t> over_length_;        // indices
  std::map<std::string, uint64_t> remarks_;  // of the validator, counted
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_PROMPT_SET_SUBMISSION_H_
