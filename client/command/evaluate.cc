#include "client/command/evaluate.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/command/json_text.h"
#include "client/report/csv.h"
#include "client/report/progress_line.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

bool IsOver(const v1::Evaluation& evaluation) {
  return evaluation.state() == "DONE" || evaluation.state() == "CANCELLED";
}

// "policy 12  128 of 256 prompts".
std::string SoFar(const v1::Evaluation& evaluation) {
  uint64_t done = 0;
  uint64_t total = 0;
  for (const v1::Evaluation::Row& row : evaluation.rows()) {
    done += row.done();
    total += row.total();
  }
  return absl::StrCat("policy ", evaluation.policy().version(), "  ", done,
                      " of ", total, " prompts");
}

std::string EvaluationCsv(const v1::Evaluation& evaluation) {
  std::string out = CsvRow({"version", "task", "canvas_tokens", "decode_steps",
                            "done", "total", "correct", "reward_mean",
                            "effective_tokens_mean", "service_errors"});
  for (const v1::Evaluation::Row& row : evaluation.rows()) {
    out += CsvRow({absl::StrCat(evaluation.policy().version()), row.task(),
                   absl::StrCat(row.decode().canvas_tokens()),
                   absl::StrCat(row.decode().decode_steps()),
                   absl::StrCat(row.done()), absl::StrCat(row.total()),
                   absl::StrCat(row.correct()), absl::StrCat(row.reward_mean()),
                   absl::StrCat(row.effective_tokens_mean()),
                   absl::StrCat(row.service_errors())});
  }
  return out;
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
  ProgressLine progress(*session.err, session.err_terminal);
  while (options.wait && !IsOver(evaluation)) {
    progress.Show(SoFar(evaluation));
    MDRL_ASSIGN_OR_RETURN(
        evaluation,
        link->GetEvaluation(
            evaluation.evaluation_id(),
            session.err_terminal ? absl::Seconds(1) : absl::Seconds(20)));
  }
  progress.Clear();
  *session.out << (session.json  ? JsonText(evaluation) + "\n"
                   : options.csv ? EvaluationCsv(evaluation)
                                 : EvaluationText(evaluation));
  return absl::OkStatus();
}

}  // namespace mdrl
