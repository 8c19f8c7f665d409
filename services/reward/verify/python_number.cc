#include "services/reward/verify/python_number.h"

#include <array>
#include <charconv>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "services/reward/verify/answer.h"

namespace mdrl {
namespace {

// int() refuses longer ones.
constexpr size_t kMostIntDigits = 4300;

// The digit 0 to 9 that `c` stands for; -1: none. Scripts have theirs in a
// row, and the mathematical ones repeat every ten.
int DigitValue(char32_t c) {
  if (!IsDecimal(c)) return -1;
  const char32_t zero = c < 0x80      ? U'0'
                        : c < 0x6F0   ? 0x660
                        : c < 0x966   ? 0x6F0
                        : c < 0xFF10  ? 0x966
                        : c < 0x1D7CE ? 0xFF10
                                      : 0x1D7CE;
  return static_cast<int>(c - zero) % 10;
}

// `text` with ASCII digits for all others; nullopt: something else beyond
// ASCII, or an underscore that does not stand between two digits.
std::optional<std::string> ToAscii(std::string_view text) {
  std::string out;
  bool underscore = false;
  for (size_t at = 0; at < text.size();) {
    const CodePoint c = CodePointAt(text, at);
    at += c.bytes;
    const int digit = DigitValue(c.value);
    if (underscore && digit < 0) return std::nullopt;
    underscore = c.value == U'_';
    if (underscore) {
      if (out.empty() || !absl::ascii_isdigit(out.back())) return std::nullopt;
      continue;
    }
    if (digit < 0 && c.value >= 0x80) return std::nullopt;
    out += digit >= 0 ? static_cast<char>('0' + digit)
                      : static_cast<char>(c.value);
  }
  return underscore ? std::nullopt : std::optional(std::move(out));
}

std::optional<double> SpecialFloat(std::string_view word, double sign) {
  if (word.empty() || absl::ascii_isdigit(word[0]) || word[0] == '.') {
    return std::nullopt;
  }
  const auto is = [word](std::string_view name) {
    return absl::EqualsIgnoreCase(absl::string_view(word.data(), word.size()),
                                  absl::string_view(name.data(), name.size()));
  };
  if (is("inf") || is("infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (is("nan")) return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

std::optional<double> ParseAscii(std::string_view text) {
  double sign = 1.0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    sign = text[0] == '-' ? -1.0 : 1.0;
    text.remove_prefix(1);
  }
  // What from_chars takes and float() does not, or the other way round.
  if (text.empty() || (text[0] != '.' && !absl::ascii_isdigit(text[0]))) {
    return SpecialFloat(text, sign);
  }
  double value = 0.0;
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, value);
  if (read != end) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too large or too small: which, the exponent's sign says, and without one
    // it is only large by many digits or small by many zeros.
    const size_t exponent = text.find_first_of("eE");
    const std::string_view digits = text.substr(0, exponent);
    const bool small =
        exponent != std::string_view::npos
            ? text.substr(exponent + 1, 1) == "-"
            : digits.substr(0, digits.find('.')).find_first_not_of('0') ==
                  std::string_view::npos;
    return small ? sign * 0.0 : sign * std::numeric_limits<double>::infinity();
  }
  if (error != std::errc()) return std::nullopt;
  return sign * value;
}

}  // namespace

std::optional<double> PythonFloat(std::string_view text) {
  text = Stripped(text);
  bool plain = !text.empty();
  for (const char c : text) {
    plain = plain && static_cast<unsigned char>(c) < 0x80 && c != '_';
  }
  if (plain) return ParseAscii(text);
  const std::optional<std::string> ascii = ToAscii(text);
  if (!ascii) return std::nullopt;
  return ParseAscii(*ascii);
}

PythonInt ReadPythonInt(std::string_view text) {
  const std::string_view inner = Stripped(text);
  const auto ascii = ToAscii(inner);
  if (!ascii) return PythonInt::kNone;
  std::string_view digits = *ascii;
  const bool negative = !digits.empty() && digits[0] == '-';
  if (negative || (!digits.empty() && digits[0] == '+')) {
    digits.remove_prefix(1);
  }
  if (digits.empty() || digits.size() > kMostIntDigits ||
      digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return PythonInt::kNone;
  }
  const bool canonical =
      text == *ascii && (*ascii)[0] != '+' &&
      (digits[0] != '0' || (digits.size() == 1 && !negative));
  return canonical ? PythonInt::kCanonical : PythonInt::kOther;
}

std::optional<double> FindNumber(std::string_view text, Which which) {
  std::optional<std::string_view> found;
  bool after_minus = false;
  for (size_t at = 0; at < text.size();) {
    CodePoint c = CodePointAt(text, at);
    if (!IsDecimal(c.value)) {
      after_minus = c.value == U'-';
      at += c.bytes;
      continue;
    }
    const size_t begin = after_minus ? at - 1 : at;
    bool point = false;
    while (at < text.size()) {
      c = CodePointAt(text, at);
      if (c.value == U'.' && !point) {
        point = true;
      } else if (!IsDecimal(c.value)) {
        break;
      }
      at += c.bytes;
    }
    after_minus = false;
    found = text.substr(begin, at - begin);
    if (which == Which::kFirst) break;
  }
  if (!found) return std::nullopt;
  return PythonFloat(*found);
}

std::string ShortestDecimal(double value) {
  std::array<char, 32> out;
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value);
  return std::string(out.data(), end.ptr);
}

}  // namespace mdrl
