#include "common/text/template_lexer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/text/unicode.h"

namespace mdrl {
namespace {

using Kind = TemplateToken::Kind;

// Jinja reads every kind of line end as one newline, and drops the last.
std::string Normalise(std::string_view source) {
  std::string out;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
      continue;
    }
    out += '\n';
    if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

// Two characters first, so that they win.
constexpr std::array<std::string_view, 23> kOperators = {
    "==", "!=", "<=", ">=", "**", "//", "<", ">", "=", "+", "-", "~",
    "%",  "*",  "/",  "|",  ".",  ",",  ":", "(", ")", "[", "]"};

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  absl::StatusOr<std::vector<TemplateToken>> Run() {
    while (at_ < source_.size()) {
      const size_t open = FindOpening();
      if (open == std::string::npos) {
        AddText(source_.substr(at_));
        MoveTo(source_.size());
        break;
      }
      MDRL_RETURN_IF_ERROR(ReadBraces(open));
    }
    Add(Kind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  size_t FindOpening() const {
    for (size_t i = at_; i + 1 < source_.size(); ++i) {
      if (source_[i] != '{') continue;
      const char next = source_[i + 1];
      if (next == '{' || next == '%' || next == '#') return i;
    }
    return std::string::npos;
  }

  // The text up to `open`, and then what is between the braces.
  absl::Status ReadBraces(size_t open) {
    const char type = source_[open + 1];
    const char sign = open + 2 < source_.size() ? source_[open + 2] : '\0';
    std::string_view text = std::string_view(source_).substr(at_, open - at_);
    if (sign == '-') {
      text = StripRightLikePython(text);
    } else if (type != '{' && sign != '+') {
      text = WithoutIndentation(text);
    }
    AddText(std::string(text));
    MoveTo(open);
    const TemplatePlace begin = place_;
    if (type == '#') {
      const size_t end = source_.find("#}", open + 2);
      if (end == std::string::npos) {
        return TemplateError(begin, "this comment has no end");
      }
      MoveTo(end);
    } else {
      Add(type == '{' ? Kind::kOutputBegin : Kind::kBlockBegin, "");
      MoveTo(open + 2 + (sign == '-' || (sign == '+' && type == '%')));
      MDRL_RETURN_IF_ERROR(ReadTokens(type, begin));
      Add(type == '{' ? Kind::kOutputEnd : Kind::kBlockEnd, "");
    }
    SkipClosing(type);
    return absl::OkStatus();
  }

  // lstrip_blocks: white space between the start of a line and a block goes.
  std::string_view WithoutIndentation(std::string_view text) const {
    const size_t newline = text.rfind('\n');
    if (newline == std::string_view::npos && !line_start_) return text;
    const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    return StripLikePython(text.substr(begin)).empty() ? text.substr(0, begin)
                                                       : text;
  }

  bool AtClosing(char type) const {
    size_t at = at_;
    if (source_[at] == '-' || (source_[at] == '+' && type == '%')) ++at;
    const char first = type == '{' ? '}' : type;
    return at + 1 < source_.size() && source_[at] == first &&
           source_[at + 1] == '}';
  }

  // at_ is at the sign or the braces; moves behind them and what they swallow.
  void SkipClosing(char type) {
    // A comment's sign stands before its end, which find() passed over.
    char sign = source_[at_];
    if (type == '#') {
      sign = source_[at_ - 1];
    } else if (sign == '-' || sign == '+') {
      MoveTo(at_ + 1);
    }
    MoveTo(at_ + 2);
    const std::string_view rest = std::string_view(source_).substr(at_);
    if (sign == '-') {
      MoveTo(source_.size() - StripLeftLikePython(rest).size());
    } else if (type != '{' && sign != '+' && !rest.empty() &&
               rest.front() == '\n') {
      MoveTo(at_ + 1);
    }
    line_start_ = source_[at_ - 1] == '\n';
  }

  absl::Status ReadTokens(char type, TemplatePlace begin) {
    int open = 0;  // "}}" within braces of its own closes nothing
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
        MoveTo(at_ + 1);
      } else if (open == 0 && AtClosing(type)) {
        return absl::OkStatus();
      } else {
        MDRL_RETURN_IF_ERROR(ReadToken(&open));
      }
    }
    return TemplateError(begin, "these braces have no end");
  }

  absl::Status ReadToken(int* open) {
    const auto c = static_cast<unsigned char>(source_[at_]);
    if (absl::ascii_isalpha(c) || c == '_') {
      ReadWhile(Kind::kName, [](unsigned char d) {
        return absl::ascii_isalnum(d) || d == '_';
      });
      return absl::OkStatus();
    }
    if (absl::ascii_isdigit(c)) {
      ReadWhile(Kind::kInteger, absl::ascii_isdigit);
      return absl::OkStatus();
    }
    if (c == '"' || c == '\'') return ReadString();
    for (const std::string_view op : kOperators) {
      if (std::string_view(source_).substr(at_, op.size()) != op) continue;
      *open += op == "(" || op == "[" ? 1 : op == ")" || op == "]" ? -1 : 0;
      Add(Kind::kOperator, std::string(op));
      MoveTo(at_ + op.size());
      return absl::OkStatus();
    }
    return TemplateError(place_,
                         absl::StrCat("the character '", source_.substr(at_, 1),
                                      "' is not supported here"));
  }

  template <typename Predicate>
  void ReadWhile(Kind kind, Predicate predicate) {
    size_t end = at_;
    while (end < source_.size() &&
           predicate(static_cast<unsigned char>(source_[end]))) {
      ++end;
    }
    Add(kind, source_.substr(at_, end - at_));
    MoveTo(end);
  }

  absl::Status ReadString() {
    const TemplatePlace begin = place_;
    const char quote = source_[at_];
    std::string text;
    for (size_t i = at_ + 1; i < source_.size(); ++i) {
      if (source_[i] == quote) {
        tokens_.push_back({Kind::kString, std::move(text), begin});
        MoveTo(i + 1);
        return absl::OkStatus();
      }
      if (source_[i] != '\\') {
        text += source_[i];
        continue;
      }
      static constexpr std::string_view kNames = "ntr\\'\"";
      static constexpr std::string_view kMeanings = "\n\t\r\\'\"";
      const char escape = ++i < source_.size() ? source_[i] : '\0';
      const size_t known = kNames.find(escape);
      if (known == std::string_view::npos) {
        MoveTo(i - 1);
        return TemplateError(place_,
                             "this escape is not supported; \\n, \\t, "
                             "\\r, \\\\, \\' and \\\" are");
      }
      text += kMeanings[known];
    }
    return TemplateError(begin, "this text has no end");
  }

  void AddText(std::string text) {
    if (!text.empty()) Add(Kind::kText, std::move(text));
  }
  void Add(Kind kind, std::string text) {
    tokens_.push_back({kind, std::move(text), place_});
  }
  void MoveTo(size_t to) {
    for (; at_ < to; ++at_) {
      if (source_[at_] == '\n') {
        ++place_.line;
        place_.column = 1;
      } else {
        ++place_.column;
      }
    }
  }

  const std::string source_;
  size_t at_ = 0;
  TemplatePlace place_;
  bool line_start_ = true;  // at_ follows a newline, or nothing
  std::vector<TemplateToken> tokens_;
};

}  // namespace

absl::Status TemplateError(TemplatePlace place, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "line ", place.line, ", column ", place.column, ": ", std::string(what)));
}

absl::StatusOr<std::vector<TemplateToken>> LexTemplate(
    std::string_view source) {
  return Lexer(Normalise(source)).Run();
}

}  // namespace mdrl
