// The live page of a run as text. Pure: state and size in, lines out.
#ifndef MDRL_CLIENT_REPORT_PAGE_H_
#define MDRL_CLIENT_REPORT_PAGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "client/report/page_state.h"

namespace mdrl {

struct PageStyle {
  size_t width = 80;
  size_t height = 24;
  bool unicode = true;  // else the curves are in ASCII
  bool color = false;
};

// At most `height` lines of at most `width` columns, without line ends. Where
// the room is short, sections lose their last lines, workers first.
std::vector<std::string> RenderPage(const PageState& state,
                                    const PageStyle& style);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_PAGE_H_
