// One line on a terminal that is written over and over while something lasts.
#ifndef MDRL_CLIENT_REPORT_PROGRESS_LINE_H_
#define MDRL_CLIENT_REPORT_PROGRESS_LINE_H_

#include <iosfwd>
#include <string>

namespace mdrl {

// Not thread-safe.
class ProgressLine {
 public:
  // `out`: borrowed. Without a `terminal` nothing is ever written.
  ProgressLine(std::ostream& out, bool terminal)
      : out_(out), terminal_(terminal) {}
  // As Clear().
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(const std::string& text);
  // Takes the line away; before anything else is written there.
  void Clear();

 private:
  std::ostream& out_;
  const bool terminal_;
  bool shown_ = false;
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_PROGRESS_LINE_H_
