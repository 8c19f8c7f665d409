#include "common/generate/step_display.h"

#include <utility>

namespace mdrl {
namespace {

constexpr int32_t kMasked = -1;
constexpr char kMaskSign[] = "\u2591";       // light shade
constexpr char kClear[] = "\x1b[2J\x1b[H";   // all, then to the corner
constexpr char kLineBreakSign[] = "\u23ce";  // return symbol

}  // namespace

StepDisplay::StepDisplay(std::ostream& out, bool in_place, TextOf text_of)
    : out_(out), in_place_(in_place), text_of_(std::move(text_of)) {}

void StepDisplay::Begin(std::string title, uint32_t positions) {
  title_ = std::move(title);
  tokens_.assign(positions, kMasked);
}

void StepDisplay::Reveal(uint32_t position, int32_t token) {
  if (position < tokens_.size()) tokens_[position] = token;
}

void StepDisplay::Draw(uint32_t steps_done, uint32_t steps) {
  if (in_place_) out_ << kClear << title_ << "\n\n";
  out_ << "step " << steps_done << "/" << steps << (in_place_ ? "\n\n" : " ");
  for (const char c : Picture()) {
    // One line per step where pictures do not replace each other.
    if (c == '\n' && !in_place_) {
      out_ << kLineBreakSign;
    } else {
      out_ << c;
    }
  }
  out_ << "\n" << std::flush;
}

std::string StepDisplay::Picture() const {
  std::string text;
  for (size_t at = 0; at < tokens_.size();) {
    if (tokens_[at] == kMasked) {
      text += kMaskSign;
      ++at;
      continue;
    }
    size_t end = at;
    while (end < tokens_.size() && tokens_[end] != kMasked) ++end;
    text += text_of_(std::span(tokens_).subspan(at, end - at));
    at = end;
  }
  return text;
}

}  // namespace mdrl
