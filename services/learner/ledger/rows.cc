#include "services/learner/ledger/rows.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "nlohmann/json.hpp"

namespace mdrl {
namespace {

constexpr char kAcceptedPayload[] = "mdrl.accepted_group";

}  // namespace

GroupSubmitted MakeGroupSubmitted(const Group& group,
                                  const Digest& content_sha256,
                                  std::string body) {
  GroupSubmitted row;
  row.key = group.key;
  row.ticket = {group.purpose, group.ticket};
  row.slot = group.slot;
  row.content_sha256 = content_sha256;
  row.body = std::move(body);
  bool first = true;
  for (const Completion& completion : group.completions) {
    for (const VersionSpan& span : completion.versions) {
      row.version_min =
          first ? span.version : std::min(row.version_min, span.version);
      row.version_max = std::max(row.version_max, span.version);
      first = false;
    }
    row.completions.push_back({.reward = completion.score.reward,
                               .outcome = completion.score.outcome,
                               .correct = completion.score.correct,
                               .tokens = completion.effective_tokens});
  }
  return row;
}

absl::Status WithAccepted(absl::Status status, const AcceptedGroup& accepted) {
  const nlohmann::json json = {{"attempt", accepted.attempt},
                               {"content", accepted.content_sha256.bytes},
                               {"version_min", accepted.version_min},
                               {"version_max", accepted.version_max},
                               {"seq", accepted.seq}};
  status.SetPayload(kAcceptedPayload, absl::Cord(json.dump()));
  return status;
}

std::optional<AcceptedGroup> AcceptedOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kAcceptedPayload);
  if (!payload.has_value()) return std::nullopt;
  // Written above, in this process: what is missing is our own mistake.
  const auto json = nlohmann::json::parse(std::string(*payload));
  return AcceptedGroup{.attempt = json["attempt"],
                       .content_sha256 = {json["content"]},
                       .version_min = json["version_min"],
                       .version_max = json["version_max"],
                       .seq = json["seq"]};
}

}  // namespace mdrl
