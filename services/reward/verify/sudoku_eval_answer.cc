#include "services/reward/verify/sudoku_eval_answer.h"

#include <algorithm>

#include "services/reward/verify/answer.h"

namespace mdrl {
namespace {

constexpr size_t kNone = std::u32string_view::npos;
constexpr std::u32string_view kFence = U"```";
constexpr std::u32string_view kEot = U"<|eot_id|>";
constexpr std::u32string_view kEndOfText = U"<|endoftext|>";
constexpr size_t kCells = 16;

// Where the first of the end tokens stands; kNone without one.
size_t FindEndToken(std::u32string_view text, size_t from) {
  return std::min(text.find(kEot, from), text.find(kEndOfText, from));
}

// Whether 16 decimal digits stand at `at`.
bool SixteenDigits(std::u32string_view text, size_t at) {
  return text.size() - at >= kCells &&
         std::all_of(text.begin() + at, text.begin() + at + kCells, IsDecimal);
}

// Each function is one pattern; its name says which place it looks at. The
// result is the pattern's catch, stripped; empty where it caught nothing.

// <answer>.*?```\s*([\d\s]+)```
std::u32string_view FencedDigits(std::u32string_view text) {
  const size_t open = text.find(kAnswerOpen);
  if (open == kNone) return {};
  for (size_t fence = text.find(kFence, open + kAnswerOpen.size());
       fence != kNone; fence = text.find(kFence, fence + 1)) {
    const size_t begin = fence + kFence.size();
    size_t end = begin;
    while (end < text.size() && (IsDecimal(text[end]) || IsSpace(text[end]))) {
      ++end;
    }
    if (end > begin && text.substr(end, kFence.size()) == kFence) {
      return Stripped(text.substr(begin, end - begin));
    }
  }
  return {};
}

// <answer>(.*?)(?:<|eot_id|>|<|endoftext|>|</answer>)
std::u32string_view AfterOpeningTag(std::u32string_view text) {
  const size_t open = text.find(kAnswerOpen);
  if (open == kNone) return {};
  const size_t begin = open + kAnswerOpen.size();
  const size_t end =
      std::min(FindEndToken(text, begin), text.find(kAnswerClose, begin));
  if (end == kNone) return {};
  return Stripped(text.substr(begin, end - begin));
}

// </answer>\s*(.*?)(?:<|eot_id|>|<|endoftext|>|$)
std::u32string_view AfterClosingTag(std::u32string_view text) {
  const size_t close = text.find(kAnswerClose);
  if (close == kNone) return {};
  const size_t begin = close + kAnswerClose.size();
  const size_t end = std::min(FindEndToken(text, begin), text.size());
  return Stripped(text.substr(begin, end - begin));
}

// .*?(\d{16})\s*</answer>
std::u32string_view DigitsBeforeClosingTag(std::u32string_view text) {
  for (size_t at = 0; at + kCells <= text.size(); ++at) {
    if (!SixteenDigits(text, at)) continue;
    size_t after = at + kCells;
    while (after < text.size() && IsSpace(text[after])) ++after;
    if (text.substr(after, kAnswerClose.size()) == kAnswerClose) {
      return text.substr(at, kCells);
    }
  }
  return {};
}

// \b(\d{16})\b
std::u32string_view WordOfDigits(std::u32string_view text) {
  for (size_t at = 0; at + kCells <= text.size(); ++at) {
    const size_t end = at + kCells;
    if ((at == 0 || !IsWord(text[at - 1])) && SixteenDigits(text, at) &&
        (end == text.size() || !IsWord(text[end]))) {
      return text.substr(at, kCells);
    }
  }
  return {};
}

}  // namespace

std::u32string SudokuEvalAnswer(std::u32string_view text) {
  for (const auto pattern : {FencedDigits, AfterOpeningTag, AfterClosingTag,
                             DigitsBeforeClosingTag, WordOfDigits}) {
    const std::u32string_view found = pattern(text);
    if (!found.empty()) return FitTo(WithoutSpace(found), kCells);
  }
  return {};
}

}  // namespace mdrl
