// Answers in \boxed{...}, found as the published parsers find them.
//
// Functions without state; linear in the text, which they do not copy; safe
// from any thread.
#ifndef MDRL_SERVICES_REWARD_VERIFY_BOXED_H_
#define MDRL_SERVICES_REWARD_VERIFY_BOXED_H_

#include <optional>
#include <string_view>

namespace mdrl {

// What the MATH data set's own reader takes for the boxed content of a text
// (Hendrycks et al., arXiv 2103.03874), with its corners:
// - "\boxed " followed by a blank anywhere: what stands behind the last of
//   them, up to a dollar sign;
// - else what the braces behind the last "\boxed" hold, balanced; where
//   something stands between word and brace, all of it with the word;
// - else, with "\fbox" instead, the box and all;
// - without any of them the whole text;
// - nullopt: the braces do not close.
std::optional<std::string_view> LastBoxed(std::string_view text);

// The content of a balanced \boxed{...} that begins last and closes; nullopt:
// there is none. Without the corners.
std::optional<std::string_view> LastClosedBox(std::string_view text);

// Walks all "\boxed{...}" from the left, each up to the next brace on the same
// line.
class ShortBoxes {
 public:
  explicit ShortBoxes(std::string_view text) : rest_(text) {}
  // The content of the next one; nullopt at the end.
  std::optional<std::string_view> Next();

 private:
  std::string_view rest_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_BOXED_H_
