#include "client/command/evaluate.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/command/evaluation_table.h"
#include "client/command/json_text.h"
#include "client/report/progress_line.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

absl::Status Usage(const std::string& message) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "",
                   message);
}

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

absl::Status AddSetsOfTask(LearnerLink& link, const std::string& task,
                           v1::EvaluateRequest& request) {
  MDRL_ASSIGN_OR_RETURN(const v1::ListPromptSetsResponse listed,
                        link.ListPromptSets());
  bool found = false;
  for (const v1::PromptSet& set : listed.sets()) {
    if (set.task() != task || set.state() != v1::PromptSet::HELD_OUT) continue;
    request.add_set_sha256(set.sha256());
    found = true;
  }
  if (found) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("the run has no held-out set of task ", task));
}

absl::StatusOr<v1::EvaluateRequest> MakeRequest(
    LearnerLink& link, const EvaluateOptions& options) {
  v1::EvaluateRequest request;
  request.set_request_id(RandomRequestId());
  for (const std::string& name : options.sets) {
    MDRL_ASSIGN_OR_RETURN(const v1::PromptSet set, link.GetPromptSet(name));
    request.add_set_sha256(set.sha256());
  }
  for (const std::string& task : options.tasks) {
    MDRL_RETURN_IF_ERROR(AddSetsOfTask(link, task, request));
  }
  if (options.version) request.set_version(*options.version);
  request.set_max_prompts(options.max_prompts);
  MDRL_ASSIGN_OR_RETURN(const auto decodes, DecodeSettingsOf(options.decoding));
  request.mutable_decode()->Add(decodes.begin(), decodes.end());
  return request;
}

}  // namespace

absl::StatusOr<std::vector<v1::DecodeSettings>> DecodeSettingsOf(
    const EvaluationDecoding& decoding) {
  std::vector<v1::DecodeSettings> out;
  for (const uint32_t canvas : decoding.canvas_tokens) {
    v1::DecodeSettings decode;
    const uint32_t block = std::min(decoding.block_tokens, canvas);
    const uint32_t steps = decoding.decode_steps != 0
                               ? decoding.decode_steps
                               : std::max(canvas / 2, 1u);
    if (block == 0 || canvas % block != 0) {
      return Usage(absl::StrCat("a block of ", block,
                                " tokens does not divide a canvas of ", canvas,
                                "; --block takes another"));
    }
    if (steps < canvas / block) {
      return Usage(absl::StrCat(steps, " steps are fewer than the ",
                                canvas / block, " blocks of a canvas of ",
                                canvas, "; each needs one"));
    }
    decode.set_canvas_tokens(canvas);
    decode.set_block_tokens(block);
    decode.set_decode_steps(steps);
    decode.set_temperature(0.0f);
    decode.set_reveal(v1::DecodeSettings::LOW_CONFIDENCE);
    decode.set_cache(v1::DecodeSettings::NONE);
    decode.set_stop_at_eos(true);
    decode.set_swap_at(v1::DecodeSettings::GROUP);
    out.push_back(std::move(decode));
  }
  return out;
}

void PrintEvaluation(const Session& session, bool csv,
                     const v1::Evaluation& evaluation) {
  if (session.json) {
    *session.out << JsonText(evaluation) << "\n";
  } else if (csv) {
    *session.out << EvaluationCsv(evaluation);
  } else {
    if (evaluation.policy().has_version()) {
      *session.out << "policy " << evaluation.policy().version() << "\n";
    }
    *session.out << EvaluationTable(evaluation);
  }
}

absl::Status RunEvaluate(const Session& session,
                         const EvaluateOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  MDRL_ASSIGN_OR_RETURN(const v1::EvaluateRequest request,
                        MakeRequest(*link, options));
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
  PrintEvaluation(session, options.csv, evaluation);
  return absl::OkStatus();
}

}  // namespace mdrl
