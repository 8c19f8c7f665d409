#include "client/report/progress_line.h"

#include <ostream>

namespace mdrl {
namespace {

constexpr char kEraseLine[] = "\033[K";

}  // namespace

ProgressLine::~ProgressLine() { Clear(); }

void ProgressLine::Show(const std::string& text) {
  if (!terminal_) return;
  out_ << '\r' << text << kEraseLine << std::flush;
  shown_ = true;
}

void ProgressLine::Clear() {
  if (shown_) out_ << '\r' << kEraseLine << std::flush;
  shown_ = false;
}

}  // namespace mdrl
