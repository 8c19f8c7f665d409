// Regular expressions in Perl's syntax (PCRE2, just-in-time compiled), over
// UTF-8 with Unicode's classes: \w, \s, \d and case mean code points.
//
// For patterns that come from files: a pattern that is malformed or that
// backtracks without end is an error, never a crash or a hang.
#ifndef MDRL_COMMON_BASE_REGEX_H_
#define MDRL_COMMON_BASE_REGEX_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mdrl {

// A compiled pattern. Immutable and cheap to copy; safe from any thread.
class Regex {
 public:
  // InvalidArgument names the pattern, the byte and what is wrong there.
  static absl::StatusOr<Regex> Compile(std::string_view pattern);

  // Whether the pattern describes all of `text`. InvalidArgument: `text` is
  // not UTF-8. ResourceExhausted: too many ways to match were tried.
  absl::StatusOr<bool> FullMatch(std::string_view text) const;

  const std::string& pattern() const;

 private:
  friend class RegexScanner;
  struct Program;

  explicit Regex(std::shared_ptr<const Program> program);

  std::shared_ptr<const Program> program_;
};

// Finds matches in a text one after the other, with working memory of its
// own: one scanner per thread, used for many texts.
class RegexScanner {
 public:
  struct Match {
    size_t begin = 0;
    size_t end = 0;  // one past the last byte; may equal begin
  };

  explicit RegexScanner(const Regex& regex);
  ~RegexScanner();
  RegexScanner(const RegexScanner&) = delete;
  RegexScanner& operator=(const RegexScanner&) = delete;

  // The first match at byte `from` or behind it; nullopt: none.
  // ResourceExhausted: too many ways to match were tried.
  // REQUIRES: `text` is valid UTF-8, and `from` begins a code point or is its
  // end.
  absl::StatusOr<std::optional<Match>> Find(std::string_view text, size_t from);

 private:
  struct Memory;

  const Regex regex_;
  const std::unique_ptr<Memory> memory_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_REGEX_H_
