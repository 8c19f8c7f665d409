#include "client/command/sets.h"

#include <ostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/command/json_text.h"
#include "client/command/submit.h"
#include "client/report/csv.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

absl::Status Change(LearnerLink& link, const std::string& name,
                    v1::PromptSet::State state,
                    const std::vector<uint64_t>& lift) {
  MDRL_ASSIGN_OR_RETURN(const v1::PromptSet set, link.GetPromptSet(name));
  v1::SetPromptSetStateRequest request;
  request.set_request_id(RandomRequestId());
  request.set_sha256(set.sha256());
  // Lifting a quarantine leaves the state as it is.
  request.set_state(state == v1::PromptSet::STATE_UNSPECIFIED ? set.state()
                                                              : state);
  request.mutable_lift_quarantine()->Assign(lift.begin(), lift.end());
  return link.SetPromptSetState(request).status();
}

absl::Status Lift(LearnerLink& link, const std::string& place) {
  const size_t colon = place.rfind(':');
  uint64_t index = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(place.substr(colon + 1), &index)) {
    return ErrorWith(
        absl::StatusCode::kInvalidArgument, reason::kUsage, "--lift-quarantine",
        absl::StrCat("--lift-quarantine ", place, ": write it as NAME:INDEX"));
  }
  return Change(link, place.substr(0, colon), v1::PromptSet::STATE_UNSPECIFIED,
                {index});
}

std::string SetsCsv(const v1::ListPromptSetsResponse& all) {
  std::string out = CsvRow({"name", "task", "state", "count", "passes",
                            "issued", "trained", "over_length", "quarantined"});
  for (const v1::PromptSet& set : all.sets()) {
    out +=
        CsvRow({set.name(), set.task(), v1::PromptSet::State_Name(set.state()),
                absl::StrCat(set.count()), absl::StrCat(set.passes()),
                absl::StrCat(set.issued()), absl::StrCat(set.trained()),
                absl::StrCat(set.over_length()),
                absl::StrJoin(set.quarantined(), " ")});
  }
  return out;
}

}  // namespace

absl::Status RunSets(const Session& session, const SetsOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  const auto change_all = [&](const std::vector<std::string>& names,
                              v1::PromptSet::State state) -> absl::Status {
    for (const std::string& name : names) {
      MDRL_RETURN_IF_ERROR(Change(*link, name, state, {}));
    }
    return absl::OkStatus();
  };
  MDRL_RETURN_IF_ERROR(change_all(options.pause, v1::PromptSet::PAUSED));
  MDRL_RETURN_IF_ERROR(change_all(options.resume, v1::PromptSet::ACTIVE));
  MDRL_RETURN_IF_ERROR(change_all(options.retire, v1::PromptSet::RETIRED));
  for (const std::string& place : options.lift_quarantine) {
    MDRL_RETURN_IF_ERROR(Lift(*link, place));
  }
  MDRL_ASSIGN_OR_RETURN(const v1::ListPromptSetsResponse all,
                        link->ListPromptSets());
  std::ostream& out = *session.out;
  if (session.json) {
    out << JsonText(all) << "\n";
  } else if (options.csv) {
    out << SetsCsv(all);
  } else if (all.sets().empty()) {
    out << "no prompt sets; hand one in with mdrlctl submit\n";
  } else {
    for (const v1::PromptSet& set : all.sets()) {
      out << PromptSetLine(set) << "\n";
    }
  }
  return absl::OkStatus();
}

}  // namespace mdrl
