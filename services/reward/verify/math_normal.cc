#include "services/reward/verify/math_normal.h"

#include <utility>

#include "services/reward/verify/answer.h"
#include "services/reward/verify/python_number.h"

namespace mdrl {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr std::string_view kFrac = "\\frac";
constexpr std::string_view kSqrt = "\\sqrt";
constexpr std::string_view kUnit = "\\text{ ";

// Every `from` becomes `to`, from the left. In place where nothing grows.
void Replace(std::string& text, std::string_view from, std::string_view to) {
  size_t at = text.find(from);
  if (at == kNone) return;
  std::string out;
  out.reserve(text.size());
  size_t copied = 0;
  for (; at != kNone; at = text.find(from, copied)) {
    out.append(text, copied, at - copied).append(to);
    copied = at + from.size();
  }
  text = out.append(text, copied);
}

// "x=" of "x=5", where one or two characters stand before the only equals
// sign.
void DropName(std::string& text) {
  const size_t equals = text.find('=');
  if (equals == kNone || text.find('=', equals + 1) != kNone) return;
  if (CountCodePoints(std::string_view(text).substr(0, equals)) > 2) return;
  text.erase(0, equals + 1);
}

// \sqrt3 -> \sqrt{3}. False: nothing stands behind one.
bool BraceRoots(std::string& text) {
  size_t at = text.find(kSqrt);
  if (at == kNone) return true;
  std::string out;
  size_t copied = 0;
  for (; at != kNone; at = text.find(kSqrt, copied)) {
    const size_t behind = at + kSqrt.size();
    out.append(text, copied, behind - copied);
    copied = behind;
    if (behind == text.size() ||
        text.compare(behind, kSqrt.size(), kSqrt) == 0) {
      return false;
    }
    if (text[behind] == '{') continue;
    const size_t bytes = CodePointAt(text, behind).bytes;
    out.append("{").append(text, behind, bytes).append("}");
    copied = behind + bytes;
  }
  text = out.append(text, copied);
  return true;
}

// \frac12 -> \frac{1}{2}, \frac1{2} -> \frac{1}{2}. False: nothing stands
// behind one. A single character behind one leaves the whole text as it is.
bool BraceFractions(std::string& text) {
  size_t at = text.find(kFrac);
  if (at == kNone) return true;
  std::string out;
  size_t copied = 0;
  while (at != kNone) {
    const size_t begin = at + kFrac.size();
    out.append(text, copied, begin - copied);
    copied = begin;
    at = text.find(kFrac, begin);
    const std::string_view part =
        std::string_view(text).substr(begin, at == kNone ? kNone : at - begin);
    if (part.empty()) return false;
    if (part[0] == '{') continue;
    const size_t first = CodePointAt(part, 0).bytes;
    if (first == part.size()) return true;
    out.append("{").append(part.substr(0, first)).append("}");
    copied = begin + first;
    if (part[first] == '{') continue;
    const size_t second = CodePointAt(part, first).bytes;
    out.append("{").append(part.substr(first, second)).append("}");
    copied += second;
  }
  text = out.append(text, copied);
  return true;
}

// 3/4 -> \frac{3}{4}. False: one slash, and a side that is no integer.
bool BraceQuotient(std::string& text) {
  const size_t slash = text.find('/');
  if (slash == kNone || text.find('/', slash + 1) != kNone) return true;
  const std::string_view above = std::string_view(text).substr(0, slash);
  const std::string_view below = std::string_view(text).substr(slash + 1);
  const PythonInt first = ReadPythonInt(above);
  if (first == PythonInt::kNone) return false;
  const PythonInt second = ReadPythonInt(below);
  if (second == PythonInt::kNone) return false;
  if (first == PythonInt::kOther || second == PythonInt::kOther) return true;
  text = std::string("\\frac{").append(above) + "}{" + std::string(below) + "}";
  return true;
}

// What only a backslash can begin.
bool NormaliseCommands(std::string& text) {
  Replace(text, "\\!", "");
  Replace(text, "\\\\", "\\");
  Replace(text, "tfrac", "frac");
  Replace(text, "dfrac", "frac");
  Replace(text, "\\left", "");
  Replace(text, "\\right", "");
  Replace(text, "^{\\circ}", "");
  Replace(text, "^\\circ", "");
  Replace(text, "\\$", "");
  if (const size_t unit = text.find(kUnit); unit != kNone) {
    if (text.find(kUnit, unit + kUnit.size()) != kNone) return false;
    text.resize(unit);
  }
  Replace(text, "\\%", "");
  return true;
}

}  // namespace

std::optional<std::string> MathNormal(std::string_view answer) {
  std::string text(answer);
  Replace(text, "\n", "");
  const bool commands = text.find_first_of("\\f") != kNone;
  if (commands && !NormaliseCommands(text)) return std::nullopt;
  Replace(text, " .", " 0.");
  Replace(text, "{.", "{0.");
  if (text.empty()) return text;
  if (text[0] == '.') text.insert(0, "0");
  DropName(text);
  if (commands && !BraceRoots(text)) return std::nullopt;
  Replace(text, " ", "");
  if (commands && !BraceFractions(text)) return std::nullopt;
  if (text == "0.5") text = "\\frac{1}{2}";
  if (!BraceQuotient(text)) return std::nullopt;
  return text;
}

MathAnswer::MathAnswer(std::string text)
    : text_(std::move(text)), normal_(MathNormal(text_)) {}

bool MathAnswer::IsEquivalent(std::string_view other) const {
  // Equal texts are equal either way.
  if (other == text_) return true;
  const std::optional<std::string> normal = MathNormal(other);
  return normal && normal_ && *normal == *normal_;
}

}  // namespace mdrl
