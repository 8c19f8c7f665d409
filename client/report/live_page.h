// A run's page on a terminal: what is known of it, drawn as often as asked.
//
// Not thread-safe.
#ifndef MDRL_CLIENT_REPORT_LIVE_PAGE_H_
#define MDRL_CLIENT_REPORT_LIVE_PAGE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/report/page.h"
#include "client/report/run_view.h"
#include "client/report/screen.h"

namespace mdrl {

class LivePage {
 public:
  // `fd`: a terminal, borrowed. Of `style` the size is the terminal's.
  LivePage(int fd, PageStyle style) : screen_(fd), style_(style) {}

  RunView& view() { return view_; }
  void Draw(absl::Time now);
  // Gives the terminal back and returns the last page, to be printed where it
  // stays; empty if none was drawn.
  std::vector<std::string> Close(absl::Time now);

 private:
  std::vector<std::string> Render(absl::Time now);

  RunView view_;
  Screen screen_;
  PageStyle style_;
  bool drawn_ = false;
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_LIVE_PAGE_H_
