// A chat template as tokens. White space around blocks goes as Jinja's
// trim_blocks and lstrip_blocks say, which is how transformers runs templates:
// one newline behind a block or comment goes, and so does what indents one;
// '-' strips all white space on its side, '+' keeps it.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TEXT_TEMPLATE_LEXER_H_
#define MDRL_COMMON_TEXT_TEMPLATE_LEXER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mdrl {

// Line and column, from 1; columns count bytes.
struct TemplatePlace {
  int line = 1;
  int column = 1;
};

struct TemplateToken {
  enum class Kind {
    kText,  // between the braces
    kOutputBegin,
    kOutputEnd,
    kBlockBegin,
    kBlockEnd,
    kName,
    kInteger,
    kString,  // `text` without quotes and escapes
    kOperator,
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string text;
  TemplatePlace place;
};

// "line 1, column 7: " and what is wrong, as InvalidArgument.
absl::Status TemplateError(TemplatePlace place, std::string_view what);

// InvalidArgument with line and column: a brace, comment or text without an
// end, a character or an escape that is not supported. The last token is kEnd.
absl::StatusOr<std::vector<TemplateToken>> LexTemplate(std::string_view source);

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_TEMPLATE_LEXER_H_
