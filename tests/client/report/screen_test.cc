// A pipe stands for the terminal: what is written to it is what one would get.
#include "client/report/screen.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace mdrl {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ScreenTest : public testing::Test {
 protected:
  ScreenTest() { EXPECT_EQ(pipe2(pipe_, O_CLOEXEC | O_NONBLOCK), 0); }
  ~ScreenTest() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }
  std::string Written() {
    std::string bytes(1 << 16, '\0');
    const ssize_t got = read(pipe_[0], bytes.data(), bytes.size());
    bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return bytes;
  }
  int pipe_[2];
};

TEST_F(ScreenTest, ThePageHasAScreenOfItsOwnAndGivesTheCursorBack) {
  {
    Screen screen(pipe_[1]);
    screen.Draw({"one", "two"});
    const std::string first = Written();
    EXPECT_THAT(first, StartsWith("\033[?1049h\033[?25l"));
    EXPECT_THAT(first, HasSubstr("one\033[K\r\ntwo\033[K"));
  }
  EXPECT_THAT(Written(), EndsWith("\033[?25h\033[?1049l"));
}

TEST_F(ScreenTest, AnotherPageIsWrittenOverTheFirstWithoutClearing) {
  Screen screen(pipe_[1]);
  screen.Draw({"one", "two"});
  Written();
  screen.Draw({"three"});
  const std::string second = Written();
  EXPECT_THAT(second, HasSubstr("\033[Hthree\033[K\033[J"));
  EXPECT_THAT(second, Not(HasSubstr("\033[2J")));
}

TEST_F(ScreenTest, WithoutAPageTheTerminalIsLeftAlone) {
  {
    Screen screen(pipe_[1]);
    screen.Close();
    EXPECT_EQ(screen.size(), (Screen::Size{80, 24}));
  }
  EXPECT_EQ(Written(), "");
}

}  // namespace
}  // namespace mdrl
