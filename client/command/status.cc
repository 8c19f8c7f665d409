#include "client/command/status.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/command/json_text.h"
#include "client/command/submit.h"
#include "common/base/status_macros.h"
#include "common/record/reason.h"

namespace mdrl {

std::string StatusText(const v1::Status& status) {
  std::string out = absl::StrCat(
      status.run(), "  ", v1::Status::State_Name(status.state()), "  epoch ",
      status.epoch(), "  round ", status.round(), "  step ", status.step(),
      "  policy ",
      status.newest().has_version() ? absl::StrCat(status.newest().version())
                                    : std::string("none"));
  if (!status.chain().empty()) {
    absl::StrAppend(&out, "  chain ", status.chain().substr(0, 8));
  }
  absl::StrAppend(&out, "\ntickets ", status.tickets().open(), " of ",
                  status.tickets().limit(), " open, ",
                  status.tickets().trained(), " trained of ",
                  status.tickets().issued());
  for (const auto& [reason, count] : status.tickets().dropped()) {
    absl::StrAppend(&out, ", ", count, " dropped (", reason, ")");
  }
  for (const auto& [task, mean] : status.reward_mean()) {
    absl::StrAppendFormat(&out, "   reward %s %.3f", task, mean);
  }
  if (!status.last_checkpoint().name().empty()) {
    absl::StrAppend(&out, "   checkpoint ", status.last_checkpoint().name());
  }
  out += "\n";
  if (status.waits_for() != v1::REASON_UNSPECIFIED ||
      !status.waits_text().empty()) {
    absl::StrAppend(
        &out, "waits for ",
        std::string(ReasonName(static_cast<Reason>(status.waits_for()))),
        status.waits_text().empty() ? "" : ": ", status.waits_text(), "\n");
  }
  for (const v1::Status::Worker& worker : status.workers()) {
    absl::StrAppendFormat(
        &out, "slot %d  %s  %s  policy %d  %d leases  %.0f tokens/s\n",
        worker.slot(), worker.name(), worker.state(), worker.active().version(),
        worker.leases(), worker.tokens_per_second());
  }
  for (const v1::PromptSet& set : status.sets()) {
    absl::StrAppend(&out, PromptSetLine(set), "\n");
  }
  return out;
}

absl::Status RunStatus(const Session& session, const StatusOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  MDRL_ASSIGN_OR_RETURN(const v1::Status status,
                        link->GetStatus(options.workers, options.sets));
  *session.out << (session.json ? JsonText(status) + "\n" : StatusText(status));
  return absl::OkStatus();
}

}  // namespace mdrl
