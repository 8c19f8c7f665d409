#include "services/reward/verify/format.h"

#include <algorithm>
#include <cstddef>

#include "services/reward/verify/answer.h"

namespace mdrl {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr std::string_view kReasoningOpen = "<reasoning>";
constexpr std::string_view kReasoningClose = "</reasoning>";
constexpr std::string_view kEndTokens[] = {"<|eot_id|>", "<|endoftext|>"};
constexpr double kTag = 0.125;
constexpr double kPerCharacter = 0.001;

bool StandsAt(std::string_view text, size_t at, std::string_view word) {
  return text.substr(at, word.size()) == word;
}

// How often a word stands in the text, matches not overlapping, as str.count.
// A match may begin one character before the tag, with a line break that the
// match before has used up.
struct Count {
  int times = 0;
  size_t end = 0;  // of the last

  void Add(size_t begin, size_t new_end) {
    if (begin < end) return;
    ++times;
    end = new_end;
  }
};

struct TagCounts {
  Count reasoning_open;     // "<reasoning>\n"
  Count reasoning_close;    // "\n</reasoning>\n"
  Count answer_open;        // "\n<answer>\n"
  Count answer_close;       // "\n</answer>"
  Count answer_close_line;  // "\n</answer>\n"
};

TagCounts CountAll(std::string_view text) {
  TagCounts out;
  for (size_t at = text.find('<'); at != kNone; at = text.find('<', at + 1)) {
    const bool line_before = at > 0 && text[at - 1] == '\n';
    const auto add = [&](std::string_view tag, bool before, bool after,
                         Count& count) {
      const size_t end = at + tag.size();
      const bool line_after = end < text.size() && text[end] == '\n';
      if ((before && !line_before) || (after && !line_after)) return;
      count.Add(before ? at - 1 : at, after ? end + 1 : end);
    };
    if (StandsAt(text, at, kReasoningOpen)) {
      add(kReasoningOpen, false, true, out.reasoning_open);
    } else if (StandsAt(text, at, kReasoningClose)) {
      add(kReasoningClose, true, true, out.reasoning_close);
    } else if (StandsAt(text, at, kAnswerOpen)) {
      add(kAnswerOpen, true, true, out.answer_open);
    } else if (StandsAt(text, at, kAnswerClose)) {
      add(kAnswerClose, true, false, out.answer_close);
      add(kAnswerClose, true, true, out.answer_close_line);
    }
  }
  return out;
}

int CountWord(std::string_view text, std::string_view word) {
  int count = 0;
  for (size_t at = text.find(word); at != kNone;
       at = text.find(word, at + word.size())) {
    ++count;
  }
  return count;
}

}  // namespace

double CountXml(std::string_view text, XmlCount rule) {
  const TagCounts counts = CountAll(text);
  // In the published order: sums of floating-point numbers depend on it.
  double out = 0.0;
  if (counts.reasoning_open.times == 1) out += kTag;
  if (counts.reasoning_close.times == 1) out += kTag;
  if (counts.answer_open.times == 1) {
    const size_t behind = rule == XmlCount::kSpg ? counts.answer_open.end
                                                 : counts.answer_close_line.end;
    out += kTag;
    out -= static_cast<double>(CountCodePoints(text.substr(behind))) *
           kPerCharacter;
  }
  if (counts.answer_close.times == 1) {
    const size_t behind = CountCodePoints(text.substr(counts.answer_close.end));
    out += kTag;
    out -= (static_cast<double>(behind) - 1.0) * kPerCharacter;
  }
  return out;
}

double CountTags(std::string_view text) {
  constexpr double kLeast = -0.5;
  double out = 0.0;
  for (const std::string_view tag :
       {kReasoningOpen, kReasoningClose, kAnswerOpen, kAnswerClose}) {
    if (CountWord(text, tag) == 1) out += kTag;
  }
  const size_t close = text.find(kAnswerClose);
  if (close == kNone) return out;
  const std::string_view behind =
      WithoutEndTokens(text.substr(close + kAnswerClose.size()));
  out -= static_cast<double>(CountCodePoints(behind)) * kPerCharacter;
  return std::max(out, kLeast);
}

bool HasSoftFormat(std::string_view text, Dot dot) {
  if (!StandsAt(text, 0, kReasoningOpen)) return false;
  const size_t line = dot == Dot::kStaysOnLine
                          ? std::min(text.find('\n'), text.size())
                          : text.size();
  // Any closing tag may be the one; the first answer section that is not
  // closed on the line settles all others on it.
  bool unclosed = false;
  for (size_t close = text.find(kReasoningClose, kReasoningOpen.size());
       close != kNone && close + kReasoningClose.size() <= line;
       close = text.find(kReasoningClose, close + 1)) {
    size_t at = close + kReasoningClose.size();
    while (at < text.size()) {
      const CodePoint c = CodePointAt(text, at);
      if (!IsSpace(c.value)) break;
      at += c.bytes;
    }
    if (!StandsAt(text, at, kAnswerOpen)) continue;
    at += kAnswerOpen.size();
    if (unclosed && at <= line) continue;
    const size_t end = text.find(kAnswerClose, at);
    if (end == kNone) return false;
    if (dot == Dot::kCrossesLines || text.find('\n', at) > end) return true;
    unclosed = unclosed || at <= line;
  }
  return false;
}

bool HasStrictFormat(std::string_view text, Dot dot) {
  constexpr std::string_view kBegin = "<reasoning>\n";
  constexpr std::string_view kMiddle = "\n</reasoning>\n<answer>\n";
  constexpr std::string_view kEnd = "\n</answer>\n";
  if (!StandsAt(text, 0, kBegin)) return false;
  // The pattern's $ lets one more line break pass.
  if (text.size() >= 2 && text.substr(text.size() - 2) == "\n\n") {
    text.remove_suffix(1);
  }
  const size_t middle = text.find(kMiddle, kBegin.size());
  if (middle == kNone) return false;
  const size_t answer = middle + kMiddle.size();
  if (text.size() < answer + kEnd.size()) return false;
  const size_t end = text.size() - kEnd.size();
  if (text.substr(end) != kEnd) return false;
  if (dot == Dot::kCrossesLines) return true;
  return text.find('\n', kBegin.size()) == middle &&
         text.find('\n', answer) == end;
}

std::string_view WithoutEndTokens(std::string_view text) {
  text = Stripped(text);
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view token : kEndTokens) {
      if (text.size() < token.size() ||
          text.substr(text.size() - token.size()) != token) {
        continue;
      }
      text.remove_suffix(token.size());
      again = true;
    }
  }
  return Stripped(text);
}

}  // namespace mdrl
