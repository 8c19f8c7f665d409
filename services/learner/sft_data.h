// Prompt-answer pairs of a supervised stage, read and tokenised. Torch-free,
// pure but for the file.
#ifndef MDRL_SERVICES_LEARNER_SFT_DATA_H_
#define MDRL_SERVICES_LEARNER_SFT_DATA_H_

#include <cstdint>
#include <filesystem>
#include <vector>

#include "absl/status/statusor.h"
#include "common/text/chat_template.h"
#include "common/text/tokenizer.h"

namespace mdrl {

struct SftPair {
  std::vector<int32_t> prompt;
  std::vector<int32_t> answer;
};

// A JSONL file of {"prompt": text, "answer": text}; prompts are templated like
// a user's turn. InvalidArgument names file and line.
absl::StatusOr<std::vector<SftPair>> ReadSftData(
    const std::filesystem::path& file, const Tokenizer& tokenizer,
    const ChatTemplate& chat);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_SFT_DATA_H_
