#include "common/generate/step_display.h"

#include <gtest/gtest.h>

#include <sstream>

namespace mdrl {
namespace {

// Token 0 is a line break, 1 is 'a', 2 is 'b', ...
std::string Letters(std::span<const int32_t> tokens) {
  std::string text;
  for (const int32_t token : tokens) {
    text += token == 0 ? '\n' : static_cast<char>('a' + token - 1);
  }
  return text;
}

TEST(StepDisplayTest, ALinePerStepShowsWhatIsMaskedAndWhatIsKnown) {
  std::ostringstream out;
  StepDisplay display(out, /*in_place=*/false, Letters);
  display.Begin("prompt 0", 5);
  display.Draw(0, 2);
  display.Reveal(1, 3);
  display.Reveal(2, 0);
  display.Reveal(4, 1);
  display.Reveal(99, 1);  // no such position: not ours to show
  display.Draw(1, 2);
  EXPECT_EQ(out.str(),
            "step 0/2 \u2591\u2591\u2591\u2591\u2591\n"
            "step 1/2 \u2591c\u23ce\u2591a\n");
}

TEST(StepDisplayTest, OnATerminalAPictureReplacesTheOneBefore) {
  std::ostringstream out;
  StepDisplay display(out, /*in_place=*/true, Letters);
  display.Begin("prompt 7", 2);
  display.Reveal(0, 2);
  display.Draw(1, 1);
  EXPECT_EQ(out.str(), "\x1b[2J\x1b[Hprompt 7\n\nstep 1/1\n\nb\u2591\n");
}

}  // namespace
}  // namespace mdrl
