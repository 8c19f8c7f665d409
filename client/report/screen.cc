#include "client/report/screen.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

// The second screen, no cursor, no wrapping of long lines.
constexpr char kEnter[] = "\033[?1049h\033[?25l\033[?7l";
constexpr char kLeave[] = "\033[?7h\033[?25h\033[?1049l";
constexpr char kHome[] = "\033[H";
constexpr char kClear[] = "\033[2J";
constexpr char kClearLine[] = "\033[K";
constexpr char kClearBelow[] = "\033[J";
// Terminals that know it show what stands between the two at once; the others
// ignore it.
constexpr char kBegin[] = "\033[?2026h";
constexpr char kEnd[] = "\033[?2026l";

}  // namespace

Screen::~Screen() { Close(); }

Screen::Size Screen::size() const {
  winsize window = {};
  Size size;
  if (ioctl(fd_, TIOCGWINSZ, &window) != 0) return size;
  if (window.ws_col > 0) size.width = window.ws_col;
  if (window.ws_row > 0) size.height = window.ws_row;
  return size;
}

void Screen::Draw(const std::vector<std::string>& lines) {
  const Size now = size();
  std::string bytes;
  if (!open_) bytes += kEnter;
  bytes += kBegin;
  // After a change of size anything may stand anywhere.
  if (!open_ || now != drawn_) bytes += kClear;
  bytes += kHome;
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::StrAppend(&bytes, i > 0 ? "\r\n" : "", lines[i], kClearLine);
  }
  absl::StrAppend(&bytes, kClearBelow, kEnd);
  open_ = true;
  drawn_ = now;
  Write(bytes);
}

void Screen::Close() {
  if (!open_) return;
  open_ = false;
  Write(kLeave);
}

void Screen::Write(const std::string& bytes) const {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written =
        write(fd_, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    // The terminal is gone; the run is not.
    if (written <= 0) return;
    done += static_cast<size_t>(written);
  }
}

}  // namespace mdrl
