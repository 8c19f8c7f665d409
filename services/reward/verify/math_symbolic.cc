#include "services/reward/verify/math_symbolic.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "services/reward/verify/math_expression.h"

namespace mdrl {
namespace {

constexpr size_t kMostBytes = 1024;
constexpr size_t kMostParts = 16;

constexpr std::array<std::string_view, 39> kUnits = {
    "centimeters", "inches",   "inch",    "meters",  "feet",    "foot",
    "miles",       "yards",    "degrees", "degree",  "dollars", "cents",
    "hours",       "hour",     "minutes", "seconds", "days",    "weeks",
    "years",       "square",   "cubic",   "units",   "unit",    "percent",
    "people",      "students", "points",  "pounds",  "grams",   "liters",
    "cm",          "mm",       "km",      "kg",      "ft",      "mph",
    "per",         "mi",       "ways"};

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && absl::ascii_isspace(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && absl::ascii_isspace(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

constexpr char kSetOpens = '\x01';
constexpr char kSetCloses = '\x02';

// Without what only sets type, and with a sign for each bracket of a set.
std::string Cleaned(std::string_view text) {
  return absl::StrReplaceAll(std::string(text), {{"\\left", ""},
                                                 {"\\right", ""},
                                                 {"\\!", ""},
                                                 {"\\,", " "},
                                                 {"\\;", " "},
                                                 {"\\:", " "},
                                                 {"\\ ", " "},
                                                 {"~", " "},
                                                 {"\\$", ""},
                                                 {"$", ""},
                                                 {"\\%", ""},
                                                 {"%", ""},
                                                 {"^{\\circ}", ""},
                                                 {"^\\circ", ""},
                                                 {"\\degree", ""},
                                                 {"{,}", ","},
                                                 {"\\text{ and }", ","},
                                                 {"\\text{ or }", ","},
                                                 {"\\mathrm{", "\\text{"},
                                                 {"\\mbox{", "\\text{"},
                                                 {"\\{", "\x01"},
                                                 {"\\}", "\x02"}});
}

bool IsUnit(std::string_view word) {
  return std::find(kUnits.begin(), kUnits.end(), word) != kUnits.end();
}

// Whether `words` are all units, which are then added to `unit`.
bool TakeUnits(std::string_view words, std::string& unit) {
  std::string found;
  while (!(words = Trimmed(words)).empty()) {
    const size_t end = words.find_first_of(" \t\n");
    std::string_view word = words.substr(0, end);
    words.remove_prefix(word.size());
    if (word.ends_with('.')) word.remove_suffix(1);
    if (!IsUnit(word)) return false;
    found += std::string(word) + " ";
  }
  unit += found;
  return true;
}

std::string_view PowerAt(std::string_view text) {
  for (const std::string_view power : {"^2", "^3", "^{2}", "^{3}"}) {
    if (text.starts_with(power)) return power;
  }
  return "";
}

// Takes units out of `text` into `unit`, in \text or as words at the end.
// False: some \text is no unit.
bool TakeUnitsOut(std::string& text, std::string& unit) {
  constexpr std::string_view kText = "\\text{";
  for (size_t at = text.find(kText); at != std::string::npos;
       at = text.find(kText)) {
    const size_t close = text.find('}', at);
    if (close == std::string::npos) return false;
    const size_t inside = at + kText.size();
    if (!TakeUnits(std::string_view(text).substr(inside, close - inside),
                   unit)) {
      return false;
    }
    const std::string_view power =
        PowerAt(std::string_view(text).substr(close + 1));
    unit += power;
    text.erase(at, close + 1 + power.size() - at);
  }
  for (;;) {
    std::string_view rest = Trimmed(text);
    const size_t hat = rest.rfind('^');
    std::string_view power;
    if (hat != std::string_view::npos &&
        PowerAt(rest.substr(hat)).size() == rest.size() - hat) {
      power = rest.substr(hat);
      rest = Trimmed(rest.substr(0, hat));
    }
    size_t begin = rest.size();
    while (begin > 0 && absl::ascii_isalpha(rest[begin - 1])) --begin;
    // "5 cm", but neither "5cm" nor a whole answer of letters.
    if (begin == 0 || rest[begin - 1] != ' ' ||
        !TakeUnits(rest.substr(begin), unit)) {
      return true;
    }
    unit += power;
    text = std::string(Trimmed(rest.substr(0, begin)));
  }
}

// The parts between `separator` outside of all brackets.
std::vector<std::string_view> Split(std::string_view text,
                                    std::string_view separator) {
  std::vector<std::string_view> out;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(' || c == '[' || c == '{' || c == kSetOpens) ++depth;
    if (c == ')' || c == ']' || c == '}' || c == kSetCloses) --depth;
    if (depth == 0 && text.substr(i).starts_with(separator)) {
      out.push_back(text.substr(begin, i - begin));
      i += separator.size() - 1;
      begin = i + 1;
    }
  }
  out.push_back(text.substr(begin));
  return out;
}

// One bracket around all of `text`, which closes at its end only.
bool IsEnclosed(std::string_view text) {
  if (text.size() < 2) return false;
  const char first = text.front();
  const char last = text.back();
  const bool round =
      (first == '(' || first == '[') && (last == ')' || last == ']');
  if (!round && !(first == kSetOpens && last == kSetCloses)) return false;
  int depth = 0;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    const char c = text[i];
    if (c == '(' || c == '[' || c == kSetOpens) ++depth;
    if (c == ')' || c == ']' || c == kSetCloses) --depth;
    if (depth == 0) return false;
  }
  return true;
}

// "1,234,567".
bool IsOneNumber(const std::vector<std::string_view>& parts) {
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!std::all_of(parts[i].begin(), parts[i].end(), absl::ascii_isdigit)) {
      return false;
    }
    if (i == 0 ? parts[i].empty() || parts[i].size() > 3
               : parts[i].size() != 3) {
      return false;
    }
  }
  return true;
}

using Equal = std::optional<bool>;
Equal Compare(std::string_view a, std::string_view b, int depth);

Equal CompareInOrder(const std::vector<std::string_view>& a,
                     const std::vector<std::string_view>& b, int depth) {
  if (a.size() != b.size()) return false;
  bool all = true;
  for (size_t i = 0; i < a.size(); ++i) {
    const Equal part = Compare(a[i], b[i], depth);
    if (!part) return std::nullopt;
    all = all && *part;
  }
  return all;
}

Equal CompareInAnyOrder(const std::vector<std::string_view>& a,
                        std::vector<std::string_view> b, int depth) {
  if (a.size() != b.size()) return false;
  for (const std::string_view part : a) {
    bool found = false;
    for (size_t i = 0; i < b.size() && !found; ++i) {
      const Equal equal = Compare(part, b[i], depth);
      if (!equal) return std::nullopt;
      if (!*equal) continue;
      found = true;
      b.erase(b.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (!found) return false;
  }
  return true;
}

// What an answer is made of, and how its parts are compared.
struct Parts {
  std::string_view brackets;  // "()" and the like of a tuple, else empty
  bool ordered = false;
  std::vector<std::string_view> parts;
};

Parts PartsOf(std::string_view text) {
  std::vector<std::string_view> parts = Split(text, "\\cup");
  if (parts.size() > 1) return {"", false, parts};
  parts = Split(text, ",");
  if (parts.size() > 1 && !IsOneNumber(parts)) return {"", false, parts};
  if (!IsEnclosed(text)) return {"", true, {text}};
  const bool set = text.front() == kSetOpens;
  const std::string_view inside = text.substr(1, text.size() - 2);
  parts = Split(inside, ",");
  if (set) return {"", false, parts};
  if (parts.size() == 1) return {"", true, {text}};
  return {text, true, parts};
}

Equal CompareParts(std::string_view a, std::string_view b, int depth) {
  const Parts left = PartsOf(a);
  const Parts right = PartsOf(b);
  if (left.parts.size() > kMostParts || right.parts.size() > kMostParts) {
    return std::nullopt;
  }
  const bool tuples = !left.brackets.empty() && !right.brackets.empty();
  if (left.brackets.empty() != right.brackets.empty()) return false;
  if (tuples && (left.brackets.front() != right.brackets.front() ||
                 left.brackets.back() != right.brackets.back())) {
    return false;
  }
  const bool single = left.parts.size() == 1 && right.parts.size() == 1;
  if (!single || tuples || left.parts[0] != a || right.parts[0] != b) {
    return left.ordered && right.ordered
               ? CompareInOrder(left.parts, right.parts, depth - 1)
               : CompareInAnyOrder(left.parts, right.parts, depth - 1);
  }
  const auto first = ReadMathExpression(a);
  const auto second = ReadMathExpression(b);
  return first && second ? first->Equals(*second) : std::nullopt;
}

bool IsLetter(std::string_view text) {
  return text.size() == 1 && absl::ascii_isalpha(text[0]);
}

Equal Compare(std::string_view a, std::string_view b, int depth) {
  if (depth == 0) return std::nullopt;
  a = Trimmed(a);
  b = Trimmed(b);
  for (const std::string_view sign : {"=", "\\in "}) {
    const std::vector<std::string_view> left = Split(a, sign);
    const std::vector<std::string_view> right = Split(b, sign);
    if (left.size() > 2 || right.size() > 2) return std::nullopt;
    if (left.size() == 2 && right.size() == 2) {
      return CompareInOrder(left, right, depth - 1);
    }
    for (const auto& [sides, text] : {std::pair(&left, &a), {&right, &b}}) {
      if (sides->size() == 1) continue;
      if (!IsLetter(Trimmed((*sides)[0]))) return std::nullopt;
      *text = Trimmed((*sides)[1]);
    }
  }
  return CompareParts(a, b, depth);
}

}  // namespace

std::optional<bool> SymbolicallyEqual(std::string_view a, std::string_view b) {
  if (a.size() > kMostBytes || b.size() > kMostBytes) return std::nullopt;
  std::string texts[2] = {Cleaned(a), Cleaned(b)};
  std::string units[2];
  for (int i = 0; i < 2; ++i) {
    if (!TakeUnitsOut(texts[i], units[i])) return std::nullopt;
    while (texts[i].ends_with('.')) texts[i].pop_back();
  }
  constexpr int kMostDepth = 5;
  const Equal equal = Compare(texts[0], texts[1], kMostDepth);
  const bool units_fit =
      units[0].empty() || units[1].empty() || units[0] == units[1];
  return equal ? Equal(*equal && units_fit) : std::nullopt;
}

}  // namespace mdrl
