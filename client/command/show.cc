#include "client/command/show.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/command/completion_id.h"
#include "client/command/json_text.h"
#include "client/report/elapsed_text.h"
#include "client/report/event_numbers.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/record/reason.h"
#include "common/wire/group_wire.h"

namespace mdrl {
namespace {

absl::Status Usage(const std::string& message) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "show",
                   message);
}

absl::Status ReadRange(const std::string& text, v1::GetCompletionRequest* to) {
  const size_t dots = text.find("..");
  const std::string low = text.substr(0, dots);
  const std::string high =
      dots == std::string::npos ? "" : text.substr(dots + 2);
  double value = 0.0;
  const bool good = dots != std::string::npos &&
                    (low.empty() || absl::SimpleAtod(low, &value)) &&
                    (high.empty() || absl::SimpleAtod(high, &value)) &&
                    !(low.empty() && high.empty());
  if (!good) {
    return Usage(absl::StrCat("--reward ", text,
                              ": write it as LO..HI, such as 0.5..1 or ..0"));
  }
  if (absl::SimpleAtod(low, &value)) to->set_reward_at_least(value);
  if (absl::SimpleAtod(high, &value)) to->set_reward_at_most(value);
  return absl::OkStatus();
}

absl::StatusOr<v1::GetCompletionRequest> RequestOf(const ShowOptions& options) {
  v1::GetCompletionRequest request;
  if (options.id.empty() != options.any) {
    return Usage("show needs either an id or --any");
  }
  if (!options.any && !(options.task.empty() && options.reward.empty())) {
    return Usage("--task and --reward choose among completions: with --any");
  }
  request.set_with_text(true);
  request.set_any(options.any);
  if (options.any) {
    request.set_task(options.task);
    if (!options.reward.empty()) {
      MDRL_RETURN_IF_ERROR(ReadRange(options.reward, &request));
    }
    return request;
  }
  MDRL_ASSIGN_OR_RETURN(const CompletionId id, ParseCompletionId(options.id));
  request.set_group_id(id.group_id);
  request.set_index(id.index.value_or(0));
  return request;
}

// "0.875 = 0.375 xmlcount + 0.5 format": what its rubric added up. Components
// of weight 0 are measurements and follow in brackets.
std::string ScoreText(const v1::Score& score) {
  if (!score.has_reward()) return v1::Score::Outcome_Name(score.outcome());
  std::string out = absl::StrFormat("%.6g", score.reward());
  std::vector<std::string> sum, measured;
  for (const v1::Score::Component& part : score.components()) {
    if (part.weight() == 0.0) {
      measured.push_back(absl::StrFormat("%s %.6g", part.name(), part.value()));
    } else {
      sum.push_back(absl::StrFormat("%.6g %s", part.weight() * part.value(),
                                    part.name()));
    }
  }
  if (!sum.empty()) absl::StrAppend(&out, " = ", absl::StrJoin(sum, " + "));
  if (!measured.empty()) {
    absl::StrAppend(&out, " (", absl::StrJoin(measured, ", "), ")");
  }
  if (score.outcome() != v1::Score::SCORED) {
    absl::StrAppend(&out, "  ", v1::Score::Outcome_Name(score.outcome()));
  }
  return out;
}

std::string StepsText(const v1::Provenance& story) {
  const auto& steps = story.steps();
  if (steps.empty()) return "";
  const auto [first, last] = std::minmax_element(steps.begin(), steps.end());
  return *first == *last ? absl::StrCat(", step ", *first)
                         : absl::StrCat(", steps ", *first, "-", *last);
}

std::string FateText(const v1::Provenance& story) {
  std::string out = story.state();
  if (story.dropped() != v1::REASON_UNSPECIFIED) {
    absl::StrAppend(
        &out, " (",
        std::string(ReasonName(static_cast<Reason>(story.dropped()))), ")");
  }
  if (story.has_round()) {
    absl::StrAppend(&out, " in round ", story.round(), StepsText(story));
  }
  return out;
}

const v1::Completion* CompletionOf(const v1::Provenance& story) {
  for (const v1::Completion& completion : story.group().completions()) {
    if (completion.index() == story.index()) return &completion;
  }
  return nullptr;
}

std::string VersionsText(const v1::Completion& completion) {
  return absl::StrJoin(completion.versions(), ", ",
                       [](std::string* out, const v1::Completion::Span& span) {
                         absl::StrAppend(out, span.version());
                       });
}

// Which positions each decode step revealed, and how sure the model was.
std::string TraceText(const Completion& completion) {
  std::map<uint16_t, std::vector<size_t>> by_step;
  for (size_t i = 0; i < completion.reveal_step.size(); ++i) {
    by_step[completion.reveal_step[i]].push_back(i);
  }
  std::string out = "step   position (confidence)\n";
  for (const auto& [step, positions] : by_step) {
    if (step == kNeverRevealed) {
      absl::StrAppend(&out, "never  ", absl::StrJoin(positions, " "), "\n");
      continue;
    }
    absl::StrAppendFormat(&out, "%5d ", step);
    for (const size_t at : positions) {
      absl::StrAppendFormat(&out, " %d (%.3f)", at, completion.confidence[at]);
    }
    out += "\n";
  }
  return out;
}

std::string BodyText(const v1::Provenance& story,
                     const v1::Completion& completion) {
  std::string out;
  for (const v1::Turn& turn : story.prompt().turns()) {
    absl::StrAppend(&out, turn.role(), ":\n", turn.text(), "\n");
  }
  absl::StrAppend(&out, "completion:\n", story.text(), "\n");
  if (!completion.score().extracted().empty()) {
    absl::StrAppend(&out, "read as: ", completion.score().extracted(), "\n");
  }
  if (!story.prompt().truth().empty()) {
    absl::StrAppend(&out, "truth:   ", story.prompt().truth(), "\n");
  }
  return out;
}

std::string Key(const std::string& group_id, uint32_t index) {
  return absl::StrCat("g", absl::BytesToHexString(group_id.substr(0, 6)), "/",
                      index);
}

}  // namespace

std::string ProvenanceText(const v1::Provenance& story,
                           const ShowOptions& options) {
  const v1::Completion* const completion = CompletionOf(story);
  std::string out = absl::StrCat(
      Key(story.group().key().group_id(), story.index()), "  ",
      story.prompt().task(), " #", story.prompt().index(),
      story.prompt().id().empty() ? "" : absl::StrCat(" ", story.prompt().id()),
      "  ", FateText(story));
  if (story.has_advantage()) {
    absl::StrAppendFormat(&out, "  advantage %+.4f", story.advantage());
  }
  out += "\n";
  if (completion == nullptr) return out;
  absl::StrAppend(&out, "reward ", ScoreText(completion->score()), "\n");
  if (!completion->score().sandbox().empty()) {
    absl::StrAppend(&out, "program run in sandbox ",
                    completion->score().sandbox(), "\n");
  }
  const v1::Group& group = story.group();
  absl::StrAppend(
      &out, "decoded with policy ", VersionsText(*completion), " by slot ",
      group.slot(), " (", group.device(), ", build ", group.build().version(),
      group.build().git().empty() ? "" : "+" + group.build().git(), ") in ",
      ElapsedText(absl::Seconds(group.decode_took().seconds()) +
                  absl::Nanoseconds(group.decode_took().nanos())),
      ", attempt ", group.key().attempt(), ", ", completion->forwards(),
      " forwards, ", completion->effective_tokens(), " tokens",
      completion->truncated() ? " (no end mark)" : "", "\n");
  absl::StrAppendFormat(&out, "philox %016x", story.philox_key());
  for (const auto& [name, value] : Sorted(story.terms())) {
    absl::StrAppendFormat(&out, "  %s %.4f", name, value);
  }
  absl::StrAppend(&out, "  content ",
                  absl::BytesToHexString(story.content_sha256().substr(0, 6)),
                  "\n");
  if (options.text) out += BodyText(story, *completion);
  if (options.trace) {
    const absl::StatusOr<Group> read = FromProto(group);
    if (read.ok() && story.index() < read->completions.size()) {
      out += TraceText(read->completions[story.index()]);
    } else {
      absl::StrAppend(&out, "no trace: ",
                      read.ok() ? "the group lacks this completion"
                                : std::string(read.status().message()),
                      "\n");
    }
  }
  return out;
}

absl::Status RunShow(const Session& session, const ShowOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const v1::GetCompletionRequest request,
                        RequestOf(options));
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  MDRL_ASSIGN_OR_RETURN(const v1::Provenance story,
                        link->GetCompletion(request));
  *session.out << (session.json ? JsonText(story) + "\n"
                                : ProvenanceText(story, options));
  return absl::OkStatus();
}

}  // namespace mdrl
