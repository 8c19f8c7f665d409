#include "services/reward/verify/answer.h"

#include <algorithm>

namespace mdrl {
namespace {

bool In(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

// Digits to isdigit(), though not to \d.
bool IsRaisedDigit(char32_t c) {
  return c == 0xB2 || c == 0xB3 || c == 0xB9 || c == 0x2070 ||
         In(c, 0x2074, 0x2079) || In(c, 0x2080, 0x2089) ||
         In(c, 0x2460, 0x2468);
}

}  // namespace

bool IsSpace(char32_t c) {
  return In(c, 0x09, 0x0D) || In(c, 0x1C, 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || In(c, 0x2000, 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

bool IsDecimal(char32_t c) {
  return In(c, U'0', U'9') || In(c, 0x0660, 0x0669) || In(c, 0x06F0, 0x06F9) ||
         In(c, 0x0966, 0x096F) || In(c, 0xFF10, 0xFF19) ||
         In(c, 0x1D7CE, 0x1D7FF);
}

bool IsWord(char32_t c) {
  if (c < 0x80) {
    return In(c, U'0', U'9') || In(c, U'a', U'z') || In(c, U'A', U'Z') ||
           c == U'_';
  }
  if (IsDecimal(c) || IsRaisedDigit(c)) return true;
  if (IsSpace(c) || In(c, 0x80, 0xBF)) {
    return c == 0xAA || c == 0xB5 || c == 0xBA || In(c, 0xBC, 0xBE);
  }
  return c != 0xD7 && c != 0xF7 && !In(c, 0x2000, 0x2BFF) &&
         !In(c, 0x3000, 0x3004) && !In(c, 0x3008, 0x3020) &&
         !In(c, 0xFE10, 0xFE6F) && !In(c, 0xFF01, 0xFF0F) &&
         !In(c, 0xFF1A, 0xFF20) && !In(c, 0xFFF0, 0xFFFF) &&
         !In(c, 0x1F000, 0x1FAFF);
}

std::optional<std::u32string_view> LastTaggedAnswer(std::u32string_view text) {
  std::optional<std::u32string_view> last;
  for (size_t at = 0;;) {
    const size_t open = text.find(kAnswerOpen, at);
    if (open == std::u32string_view::npos) return last;
    const size_t begin = open + kAnswerOpen.size();
    const size_t end = text.find(kAnswerClose, begin);
    if (end == std::u32string_view::npos) return last;
    last = text.substr(begin, end - begin);
    at = end + kAnswerClose.size();
  }
}

std::u32string DigitsOf(std::u32string_view text) {
  std::u32string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char32_t c) { return IsDecimal(c) || IsRaisedDigit(c); });
  return out;
}

std::u32string WithoutSpace(std::u32string_view text) {
  std::u32string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char32_t c) { return !IsSpace(c); });
  return out;
}

std::u32string_view Stripped(std::u32string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::u32string FitTo(std::u32string text, size_t size) {
  text.resize(size, U'0');
  return text;
}

}  // namespace mdrl
