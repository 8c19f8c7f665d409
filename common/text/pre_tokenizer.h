// Cuts a text into the pieces that are encoded one by one.
//
// Immutable; safe from any thread.
#ifndef MDRL_COMMON_TEXT_PRE_TOKENIZER_H_
#define MDRL_COMMON_TEXT_PRE_TOKENIZER_H_

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/regex.h"
#include "common/text/tokenizer_spec.h"

namespace mdrl {

class PreTokenizer {
 public:
  // Pieces point into the text, or into `owned` where a space was put before.
  struct Pieces {
    std::vector<std::string_view> views;
    std::deque<std::string> owned;
  };

  PreTokenizer() = default;  // a text is one piece
  // InvalidArgument: a pattern that is malformed, or written in a way that the
  // reference library's regular expressions read differently.
  static absl::StatusOr<PreTokenizer> Create(const TokenizerSpec& spec);

  // Appends the pieces of `text`, none of them empty. ResourceExhausted: a
  // pattern that backtracks without end. REQUIRES: `text` is valid UTF-8.
  absl::Status Cut(std::string_view text, Pieces* out) const;

 private:
  struct Split {
    Regex regex;
    bool keep_matches = true;
    bool keep_others = true;
  };
  static absl::StatusOr<Regex> Compile(const std::string& pattern);
  static absl::Status Apply(const Split& split,
                            std::vector<std::string_view>* pieces);

  std::vector<Split> splits_;
  bool prefix_space_ = false;
  std::vector<Split> last_;  // behind the prefix
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_PRE_TOKENIZER_H_
