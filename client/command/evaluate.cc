#include "client/command/evaluate.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/command/json_text.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

bool IsOver(const v1::Evaluation& evaluation) {
  return evaluation.state() == "DONE" || evaluation.state() == "CANCELLED";
}

}  // namespace

std::string EvaluationText(const v1::Evaluation& evaluation) {
  std::string out;
  for (const v1::Evaluation::Row& row : evaluation.rows()) {
    const double n = static_cast<double>(std::max<uint64_t>(row.done(), 1));
    const double share = static_cast<double>(row.correct()) / n;
    absl::StrAppendFormat(
        &out,
        "policy %d   %s %d/%d   %d of %d   accuracy %.3f +- %.3f   reward "
        "%.3f   effective tokens %.0f   service errors %d\n",
        evaluation.policy().version(), row.task(), row.decode().canvas_tokens(),
        row.decode().decode_steps(), row.done(), row.total(), share,
        std::sqrt(share * (1.0 - share) / n), row.reward_mean(),
        row.effective_tokens_mean(), row.service_errors());
  }
  if (out.empty()) out = absl::StrCat(evaluation.state(), "\n");
  return out;
}

absl::Status RunEvaluate(const Session& session,
                         const EvaluateOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  v1::EvaluateRequest request;
  request.set_request_id(RandomRequestId());
  for (const std::string& name : options.sets) {
    MDRL_ASSIGN_OR_RETURN(const v1::PromptSet set, link->GetPromptSet(name));
    request.add_set_sha256(set.sha256());
  }
  if (options.version) request.set_version(*options.version);
  request.set_max_prompts(options.max_prompts);
  MDRL_ASSIGN_OR_RETURN(v1::Evaluation evaluation, link->Evaluate(request));
  while (options.wait && !IsOver(evaluation)) {
    MDRL_ASSIGN_OR_RETURN(
        evaluation,
        link->GetEvaluation(evaluation.evaluation_id(), absl::Seconds(20)));
  }
  *session.out << (session.json ? JsonText(evaluation) + "\n"
                                : EvaluationText(evaluation));
  return absl::OkStatus();
}

}  // namespace mdrl
