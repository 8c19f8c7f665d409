#include "services/reward/verify/sudoku_eval_answer.h"

#include <algorithm>
#include <iterator>

#include "services/reward/verify/answer.h"

namespace mdrl {
namespace {

constexpr size_t kNone = std::u32string_view::npos;
constexpr std::u32string_view kFence = U"```";
constexpr std::u32string_view kEot = U"<|eot_id|>";
constexpr std::u32string_view kEndOfText = U"<|endoftext|>";
constexpr std::u32string_view kOpen = U"<answer>";
constexpr std::u32string_view kClose = U"</answer>";

// Where the first of the end tokens stands; kNone without one.
size_t FindEndToken(std::u32string_view text, size_t from) {
  return std::min(text.find(kEot, from), text.find(kEndOfText, from));
}

std::u32string_view Stripped(std::u32string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Calls `body` with the begin and end of each run of decimal digits, until it
// says true.
template <typename Body>
void ForEachRun(std::u32string_view text, Body body) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (!IsDecimal(text[at])) continue;
    size_t end = at;
    while (end < text.size() && IsDecimal(text[end])) ++end;
    if (body(at, end)) return;
    at = end;
  }
}

// Each function is one pattern; its name says which place it looks at. The
// result is the pattern's catch, stripped; empty where it caught nothing.

// <answer>.*?```\s*([\d\s]+)```
std::u32string_view FencedDigits(std::u32string_view text) {
  const size_t open = text.find(kOpen);
  if (open == kNone) return {};
  for (size_t fence = text.find(kFence, open + kOpen.size()); fence != kNone;
       fence = text.find(kFence, fence + 1)) {
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
  const size_t open = text.find(kOpen);
  if (open == kNone) return {};
  const size_t begin = open + kOpen.size();
  const size_t end =
      std::min(FindEndToken(text, begin), text.find(kClose, begin));
  if (end == kNone) return {};
  return Stripped(text.substr(begin, end - begin));
}

// </answer>\s*(.*?)(?:<|eot_id|>|<|endoftext|>|$)
std::u32string_view AfterClosingTag(std::u32string_view text) {
  const size_t close = text.find(kClose);
  if (close == kNone) return {};
  const size_t begin = close + kClose.size();
  const size_t end = std::min(FindEndToken(text, begin), text.size());
  return Stripped(text.substr(begin, end - begin));
}

// .*?(\d{16})\s*</answer>
std::u32string_view DigitsBeforeClosingTag(std::u32string_view text,
                                           size_t cells) {
  std::u32string_view found;
  ForEachRun(text, [&](size_t begin, size_t end) {
    size_t after = end;
    while (after < text.size() && IsSpace(text[after])) ++after;
    if (end - begin < cells || text.substr(after, kClose.size()) != kClose) {
      return false;
    }
    found = text.substr(end - cells, cells);
    return true;
  });
  return found;
}

// \b(\d{16})\b
std::u32string_view WordOfDigits(std::u32string_view text, size_t cells) {
  std::u32string_view found;
  ForEachRun(text, [&](size_t begin, size_t end) {
    if (end - begin != cells || (begin > 0 && IsWord(text[begin - 1])) ||
        (end < text.size() && IsWord(text[end]))) {
      return false;
    }
    found = text.substr(begin, cells);
    return true;
  });
  return found;
}

}  // namespace

std::u32string SudokuEvalAnswer(std::u32string_view text, size_t cells) {
  std::u32string_view found;
  for (const auto pattern : {FencedDigits, AfterOpeningTag, AfterClosingTag}) {
    if (found.empty()) found = pattern(text);
  }
  for (const auto pattern : {DigitsBeforeClosingTag, WordOfDigits}) {
    if (found.empty()) found = pattern(text, cells);
  }
  std::u32string out;
  std::copy_if(found.begin(), found.end(), std::back_inserter(out),
               [](char32_t c) { return !IsSpace(c); });
  if (!out.empty()) out.resize(cells, U'0');
  return out;
}

}  // namespace mdrl
