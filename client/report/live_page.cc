#include "client/report/live_page.h"

namespace mdrl {

std::vector<std::string> LivePage::Render(absl::Time now) {
  const Screen::Size size = screen_.size();
  style_.width = size.width;
  style_.height = size.height;
  return RenderPage(view_.StateAt(now), style_);
}

void LivePage::Draw(absl::Time now) {
  screen_.Draw(Render(now));
  drawn_ = true;
}

std::vector<std::string> LivePage::Close(absl::Time now) {
  screen_.Close();
  return drawn_ ? Render(now) : std::vector<std::string>();
}

}  // namespace mdrl
