#include "services/learner/sft_data.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

absl::StatusOr<SftPair> ParsePair(const std::string& line,
                                  const Tokenizer& tokenizer,
                                  const ChatTemplate& chat) {
  const auto json =
      nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  for (const char* key : {"prompt", "answer"}) {
    if (!json.is_object() || !json.contains(key) || !json[key].is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected {\"prompt\": text, \"answer\": text}; '", key,
                       "' is not a text here"));
    }
  }
  const Turn turn{"user", json["prompt"].get<std::string>()};
  SftPair pair;
  MDRL_ASSIGN_OR_RETURN(const std::string prompt,
                        chat.Render(std::span(&turn, 1), /*prefill=*/""));
  MDRL_ASSIGN_OR_RETURN(pair.prompt, tokenizer.Encode(prompt));
  MDRL_ASSIGN_OR_RETURN(pair.answer,
                        tokenizer.Encode(json["answer"].get<std::string>()));
  return pair;
}

}  // namespace

absl::StatusOr<std::vector<SftPair>> ReadSftData(
    const std::filesystem::path& file, const Tokenizer& tokenizer,
    const ChatTemplate& chat) {
  std::ifstream in(file);
  if (!in) {
    return absl::NotFoundError(
        absl::StrCat(file.string(), ": cannot be opened"));
  }
  std::vector<SftPair> pairs;
  std::string line;
  for (size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    absl::StatusOr<SftPair> pair = ParsePair(line, tokenizer, chat);
    if (!pair.ok()) {
      return WithContext(pair.status(),
                         absl::StrCat(file.string(), ":", number));
    }
    pairs.push_back(*std::move(pair));
  }
  if (pairs.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.string(), ": holds no prompt-answer pair"));
  }
  return pairs;
}

}  // namespace mdrl
