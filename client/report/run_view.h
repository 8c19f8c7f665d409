// The state of the live page, put together from what a learner says: its
// events, its status, its explanation.
//
//   RunView view;
//   view.Take(event);
//   view.Take(status, now);
//   RenderPage(view.StateAt(now), style);
//
// Not thread-safe. What it keeps is bounded: a run may last for weeks.
#ifndef MDRL_CLIENT_REPORT_RUN_VIEW_H_
#define MDRL_CLIENT_REPORT_RUN_VIEW_H_

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/report/page_state.h"
#include "mdrl/v1/run.pb.h"

namespace mdrl {

class RunView {
 public:
  // Kinds of events that Take() makes something of.
  static const std::vector<std::string>& Kinds();

  void Take(const v1::Event& event);
  void Take(const v1::Status& status, absl::Time now);
  void Take(const v1::Explanation& explanation);
  // What an evaluation under way has done so far.
  void Take(const v1::Evaluation& evaluation);
  // Something to be read once, such as a fallen worker.
  void TakeNews(const std::string& line);

  // The id, as an event's subject has it, of an evaluation that began and did
  // not end; empty if there is none.
  const std::string& running_evaluation() const { return running_; }

  PageState StateAt(absl::Time now) const;

 private:
  using Seconds = std::map<std::string, double>;
  // What a process spent so far, as it was told at some times.
  struct Spent {
    std::deque<std::pair<absl::Time, Seconds>> told;
  };

  void TakeStep(const v1::Event& event);
  void TakeEvaluated(const v1::Event& event);
  void TakeSpent(const std::string& process,
                 const google::protobuf::Map<std::string, double>& seconds,
                 absl::Time now);

  PageState state_;
  std::map<std::string, Spent> spent_;
  std::string running_;
  absl::Time started_ = absl::InfiniteFuture();  // of the epoch or the watch
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_RUN_VIEW_H_
