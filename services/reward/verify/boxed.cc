#include "services/reward/verify/boxed.h"

#include <cstddef>

namespace mdrl {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr std::string_view kBoxed = "\\boxed";
constexpr std::string_view kBoxedBrace = "\\boxed{";
constexpr std::string_view kFbox = "\\fbox";

// Where the last of each stands. One walk from backslash to backslash: a
// search from the right looks at every byte.
struct Places {
  size_t boxed = kNone;
  size_t boxed_blank = kNone;
  size_t fbox = kNone;
};

Places FindAll(std::string_view text) {
  Places out;
  for (size_t at = text.find('\\'); at != kNone; at = text.find('\\', at + 1)) {
    const std::string_view rest = text.substr(at);
    if (rest.substr(0, kFbox.size()) == kFbox) out.fbox = at;
    if (rest.substr(0, kBoxed.size()) != kBoxed) continue;
    out.boxed = at;
    if (rest.substr(kBoxed.size(), 1) == " ") out.boxed_blank = at;
  }
  return out;
}

// The end, behind the brace that closes the first one at or behind `begin`;
// kNone where none does. A stray closing brace before it counts, as published.
size_t EndOfBraces(std::string_view text, size_t begin) {
  int open = 0;
  for (size_t at = text.find_first_of("{}", begin); at != kNone;
       at = text.find_first_of("{}", at + 1)) {
    open += text[at] == '{' ? 1 : -1;
    if (text[at] == '}' && open == 0) return at + 1;
  }
  return kNone;
}

}  // namespace

std::optional<std::string_view> LastBoxed(std::string_view text) {
  const Places places = FindAll(text);
  if (places.boxed_blank != kNone) {
    const std::string_view rest =
        text.substr(places.boxed_blank + kBoxed.size() + 1);
    return rest.substr(0, rest.find('$'));
  }
  const size_t begin = places.boxed != kNone ? places.boxed : places.fbox;
  if (begin == kNone) return text;
  const size_t end = EndOfBraces(text, begin);
  if (end == kNone) return std::nullopt;
  const std::string_view box = text.substr(begin, end - begin);
  if (box.substr(0, kBoxedBrace.size()) != kBoxedBrace) return box;
  return box.substr(kBoxedBrace.size(), box.size() - kBoxedBrace.size() - 1);
}

std::optional<std::string_view> LastClosedBox(std::string_view text) {
  // Of nested boxes the outer one is the answer, and of several the last.
  std::optional<std::string_view> last;
  for (size_t at = text.find(kBoxedBrace); at != kNone;) {
    const size_t begin = at + kBoxedBrace.size();
    const size_t end = EndOfBraces(text, begin - 1);
    // Later ones may close, but they are inside of this.
    if (end == kNone) return last;
    last = text.substr(begin, end - 1 - begin);
    at = text.find(kBoxedBrace, end);
  }
  return last;
}

std::optional<std::string_view> ShortBoxes::Next() {
  while (true) {
    const size_t at = rest_.find(kBoxedBrace);
    if (at == kNone) return std::nullopt;
    const std::string_view content = rest_.substr(at + kBoxedBrace.size());
    const size_t end = content.find_first_of("}\n");
    if (end == kNone) {
      rest_ = {};
      return std::nullopt;
    }
    rest_ = content.substr(end);
    if (content[end] == '\n') continue;
    rest_.remove_prefix(1);
    return content.substr(0, end);
  }
}

}  // namespace mdrl
