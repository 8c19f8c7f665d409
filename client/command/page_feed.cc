#include "client/command/page_feed.h"

#include "absl/strings/escaping.h"

namespace mdrl {

void PageFeed::Ask(RunView& view, absl::Time now) {
  const absl::StatusOr<v1::Status> status = link_->GetStatus(true, false);
  // Starting, or gone: the stream of events says which.
  if (!status.ok()) return;
  view.Take(*status, now);
  const absl::StatusOr<v1::Explanation> explanation = link_->Explain("");
  if (explanation.ok()) view.Take(*explanation);
  if (view.running_evaluation().empty()) return;
  const absl::StatusOr<v1::Evaluation> evaluation = link_->GetEvaluation(
      absl::HexStringToBytes(view.running_evaluation()), absl::ZeroDuration());
  if (evaluation.ok()) view.Take(*evaluation);
}

}  // namespace mdrl
