#include "client/command/line_of_prompt.h"

#include <fstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {

absl::Status AtLineOfPrompt(const absl::Status& refusal,
                            const std::filesystem::path& file) {
  const ErrorDetail detail = DetailOf(refusal);
  const auto fact = detail.facts.find("index");
  uint64_t index = 0;
  if (fact == detail.facts.end() || !absl::SimpleAtoi(fact->second, &index)) {
    return refusal;
  }
  std::ifstream in(file);
  std::string line;
  for (uint64_t number = 1; std::getline(in, line); ++number) {
    // Blank lines hold no prompt.
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (index-- > 0) continue;
    return WithContext(refusal, absl::StrCat(file.string(), ":", number));
  }
  return refusal;
}

}  // namespace mdrl
