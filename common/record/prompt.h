// A prompt as a client submitted it, and the hash of a prompt set. Plain
// values.
#ifndef MDRL_COMMON_RECORD_PROMPT_H_
#define MDRL_COMMON_RECORD_PROMPT_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/base/id.h"

namespace mdrl {

struct Turn {
  std::string role;
  std::string text;
  friend bool operator==(const Turn&, const Turn&) = default;
};

// Example: {"<set>", 17, "sudoku4", {{"user", "<bos>0310...<sep>"}}, "",
//           R"({"puzzle":"0310...","solution":"4312..."})", "p17"}
struct Prompt {
  Digest set_sha256;   // of the set it belongs to; zero before submission
  uint64_t index = 0;  // place in its set, from 0
  std::string task;    // a name the reward service knows
  std::vector<Turn> turns;
  std::string prefill;  // start of the answer, given to the model
  std::string truth;    // JSON for the verifier, opaque to everyone else
  std::string id;       // the client's own; travels along unread
  friend bool operator==(const Prompt&, const Prompt&) = default;
};

// The line that stands for `prompt` in its set's hash: JSON with the keys id,
// prefill, task, truth, turns in this order, no white space, escapes only for
// '"', '\', control characters; ends in a newline. set_sha256 and index are not
// in it.
std::string CanonicalLine(const Prompt& prompt);

// SHA-256 over the canonical lines in order: a set's name everywhere.
Digest PromptSetSha256(std::span<const Prompt> prompts);

// First 16 bytes of SHA-256("mdrl.group.v1", purpose, set_sha256, index,
// occurrence): free of run, worker and time. `occurrence`: how many groups
// this prompt had before (or the evaluation's number).
GroupId MakeGroupId(uint32_t purpose, const Digest& set_sha256, uint64_t index,
                    uint64_t occurrence);

}  // namespace mdrl

#endif  // MDRL_COMMON_RECORD_PROMPT_H_
