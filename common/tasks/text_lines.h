// The lines of a text file, with FILE:LINE in front of every error.
#ifndef MDRL_COMMON_TASKS_TEXT_LINES_H_
#define MDRL_COMMON_TASKS_TEXT_LINES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace mdrl {

// Calls `body` with each line that is not blank, without its line end (LF or
// CRLF); stops at the first error. Thread-safe as far as `body` is.
template <typename Body>
absl::Status ForEachLine(std::string_view text, std::string_view where,
                         Body body) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    const absl::Status status = body(line);
    if (!status.ok()) {
      return WithContext(status, absl::StrCat(std::string(where), ":", number));
    }
  }
  return absl::OkStatus();
}

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_TEXT_LINES_H_
