// What a live page needs beside events: status, explanation, evaluations.
#ifndef MDRL_CLIENT_COMMAND_PAGE_FEED_H_
#define MDRL_CLIENT_COMMAND_PAGE_FEED_H_

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "client/report/run_view.h"
#include "client/rpc/learner_link.h"

namespace mdrl {

// Not thread-safe.
class PageFeed {
 public:
  explicit PageFeed(std::unique_ptr<LearnerLink> link)
      : link_(std::move(link)) {}

  // Asks the learner and tells `view`; what cannot be had is left as it was.
  // Takes no longer than the link's timeout for each of three calls.
  void Ask(RunView& view, absl::Time now);

 private:
  const std::unique_ptr<LearnerLink> link_;
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_PAGE_FEED_H_
