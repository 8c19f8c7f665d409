#include "client/command/replay.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/command/completion_id.h"
#include "common/base/status_macros.h"
#include "common/wire/group_wire.h"

namespace mdrl {
namespace {

const std::vector<int32_t>& TokensOf(const Group& group, size_t index) {
  static const std::vector<int32_t> kNone;
  return index < group.completions.size() ? group.completions[index].tokens
                                          : kNone;
}

void Compare(uint32_t index, const std::vector<int32_t>& recorded,
             const std::vector<int32_t>& again, Comparison* to) {
  const size_t length = std::max(recorded.size(), again.size());
  to->tokens += length;
  for (size_t i = 0; i < length; ++i) {
    const int32_t a = i < recorded.size() ? recorded[i] : -1;
    const int32_t b = i < again.size() ? again[i] : -1;
    if (a == b) {
      ++to->equal;
    } else if (!to->first) {
      to->first = {
          .completion = index, .position = i, .recorded = a, .again = b};
    }
  }
}

std::string JsonOf(const Comparison& comparison, uint64_t version) {
  nlohmann::ordered_json json = {{"equal", !comparison.first},
                                 {"tokens", comparison.tokens},
                                 {"equal_tokens", comparison.equal},
                                 {"version", version}};
  if (comparison.first) {
    json["first"] = {{"completion", comparison.first->completion},
                     {"position", comparison.first->position},
                     {"recorded", comparison.first->recorded},
                     {"again", comparison.first->again}};
  }
  return json.dump();
}

std::string TextOf(const Comparison& comparison, uint64_t version) {
  std::string out =
      absl::StrCat("replay: ", comparison.equal, " of ", comparison.tokens,
                   " tokens equal (policy ", version, ")\n");
  if (comparison.first) {
    absl::StrAppend(&out, "first difference: completion ",
                    comparison.first->completion, ", position ",
                    comparison.first->position, ": token ",
                    comparison.first->again, " instead of ",
                    comparison.first->recorded, "\n");
  }
  return out;
}

}  // namespace

absl::StatusOr<Comparison> CompareGroups(const v1::Group& recorded,
                                         const v1::Group& again,
                                         std::optional<uint32_t> index) {
  MDRL_ASSIGN_OR_RETURN(const Group before, FromProto(recorded));
  MDRL_ASSIGN_OR_RETURN(const Group after, FromProto(again));
  Comparison comparison;
  const size_t size =
      std::max(before.completions.size(), after.completions.size());
  for (uint32_t i = 0; i < size; ++i) {
    if (index && i != *index) continue;
    Compare(i, TokensOf(before, i), TokensOf(after, i), &comparison);
  }
  return comparison;
}

absl::StatusOr<int> RunReplay(const Session& session,
                              const ReplayOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const CompletionId id, ParseCompletionId(options.id));
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  v1::GetCompletionRequest recorded_request;
  recorded_request.set_group_id(id.group_id);
  recorded_request.set_index(id.index.value_or(0));
  MDRL_ASSIGN_OR_RETURN(const v1::Provenance story,
                        link->GetCompletion(recorded_request));
  v1::GenerateRequest request;
  request.set_request_id(RandomRequestId());
  // The whole id, whatever part of it was typed.
  request.set_replay_group_id(story.group().key().group_id());
  MDRL_ASSIGN_OR_RETURN(const v1::GenerateResponse again,
                        link->Generate(request));
  MDRL_ASSIGN_OR_RETURN(const Comparison comparison,
                        CompareGroups(story.group(), again.group(), id.index));
  const uint64_t version = again.policy().version();
  *session.out << (session.json ? JsonOf(comparison, version) + "\n"
                                : TextOf(comparison, version));
  return comparison.first ? 1 : 0;
}

}  // namespace mdrl
