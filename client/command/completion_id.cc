#include "client/command/completion_id.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace mdrl {
namespace {

constexpr size_t kFewestDigits = 12;  // what Print(GroupId) shows
constexpr size_t kMostDigits = 32;

}  // namespace

absl::StatusOr<CompletionId> ParseCompletionId(std::string_view text) {
  const absl::Status wrong = ErrorWith(
      absl::StatusCode::kInvalidArgument, reason::kUsage, "id",
      absl::StrCat("\"", std::string(text),
                   "\" names no completion; write it as g3f09c1d2ab47/2: the "
                   "group as logs have it, and the completion's place in it"));
  CompletionId id;
  std::string_view group = text.substr(0, text.find('/'));
  if (group.size() < text.size()) {
    uint32_t index = 0;
    const std::string place(text.substr(group.size() + 1));
    if (!absl::SimpleAtoi(place, &index)) return wrong;
    id.index = index;
  }
  if (!group.empty() && group.front() == 'g') group.remove_prefix(1);
  if (group.size() < kFewestDigits || group.size() > kMostDigits ||
      group.size() % 2 != 0 ||
      !std::all_of(group.begin(), group.end(),
                   [](char c) { return absl::ascii_isxdigit(c); })) {
    return wrong;
  }
  id.group_id = absl::HexStringToBytes(std::string(group));
  return id;
}

}  // namespace mdrl
