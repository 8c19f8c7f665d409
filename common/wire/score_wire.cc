#include "common/wire/score_wire.h"

#include <set>

#include "common/base/status_macros.h"
#include "common/wire/build_wire.h"
#include "common/wire/fields.h"
#include "common/wire/prompt_wire.h"

namespace mdrl {
namespace {

v1::Score::Component WriteComponent(const ScoreComponent& component) {
  v1::Score::Component wire;
  wire.set_name(component.name);
  wire.set_value(component.value);
  wire.set_weight(component.weight);
  return wire;
}

absl::StatusOr<ScoreComponent> ReadComponent(const v1::Score::Component& wire) {
  MDRL_RETURN_IF_ERROR(CheckText(wire.name(), kMaxNameBytes, "name"));
  MDRL_RETURN_IF_ERROR(CheckFinite(wire.value(), "value"));
  MDRL_RETURN_IF_ERROR(CheckFinite(wire.weight(), "weight"));
  return ScoreComponent{wire.name(), wire.value(), wire.weight()};
}

v1::ScoreRequest::Text WriteText(const ScoreRequest::Text& text) {
  v1::ScoreRequest::Text wire;
  wire.set_index(text.index);
  wire.set_text(text.text);
  return wire;
}

absl::StatusOr<ScoreRequest::Text> ReadText(
    const v1::ScoreRequest::Text& wire) {
  MDRL_RETURN_IF_ERROR(CheckText(wire.text(), kMaxTextBytes, "text"));
  return ScoreRequest::Text{wire.index(), wire.text()};
}

v1::ScoreResponse::Item WriteItem(const ScoreReply::Item& item) {
  v1::ScoreResponse::Item wire;
  wire.set_index(item.index);
  *wire.mutable_score() = ToProto(item.score);
  return wire;
}

absl::StatusOr<ScoreReply::Item> ReadItem(const v1::ScoreResponse::Item& wire) {
  ScoreReply::Item item;
  item.index = wire.index();
  MDRL_READ_FIELD(item.score, FromProto(wire.score()), "score");
  return item;
}

v1::ListTasksResponse::Component WriteSpec(
    const TaskListing::Component& component) {
  v1::ListTasksResponse::Component wire;
  wire.set_name(component.name);
  wire.set_weight(component.weight);
  if (component.least) wire.set_least(*component.least);
  if (component.most) wire.set_most(*component.most);
  return wire;
}

absl::StatusOr<TaskListing::Component> ReadSpec(
    const v1::ListTasksResponse::Component& wire) {
  MDRL_RETURN_IF_ERROR(CheckText(wire.name(), kMaxNameBytes, "name"));
  MDRL_RETURN_IF_ERROR(CheckFinite(wire.weight(), "weight"));
  TaskListing::Component component;
  component.name = wire.name();
  component.weight = wire.weight();
  if (wire.has_least()) component.least = wire.least();
  if (wire.has_most()) component.most = wire.most();
  return component;
}

v1::ListTasksResponse::Rubric WriteRubric(const TaskListing::Rubric& rubric) {
  v1::ListTasksResponse::Rubric wire;
  wire.set_name(rubric.name);
  WriteList(rubric.components, WriteSpec, wire.mutable_components());
  return wire;
}

absl::StatusOr<TaskListing::Rubric> ReadRubric(
    const v1::ListTasksResponse::Rubric& wire) {
  MDRL_RETURN_IF_ERROR(CheckText(wire.name(), kMaxNameBytes, "name"));
  TaskListing::Rubric rubric;
  rubric.name = wire.name();
  MDRL_ASSIGN_OR_RETURN(rubric.components, ReadList<TaskListing::Component>(
                                               wire.components(), kMaxItems,
                                               "components", ReadSpec));
  return rubric;
}

v1::ListTasksResponse::Task WriteTask(const TaskListing::Task& task) {
  v1::ListTasksResponse::Task wire;
  wire.set_name(task.name);
  wire.set_verifier_version(task.verifier_version);
  wire.mutable_components()->Add(task.components.begin(),
                                 task.components.end());
  wire.set_runs_programs(task.runs_programs);
  wire.mutable_rubrics()->Add(task.rubrics.begin(), task.rubrics.end());
  wire.set_truth(task.truth);
  WriteList(task.rubric_specs, WriteRubric, wire.mutable_rubric_specs());
  return wire;
}

absl::StatusOr<TaskListing::Task> ReadTask(
    const v1::ListTasksResponse::Task& wire) {
  MDRL_RETURN_IF_ERROR(CheckText(wire.name(), kMaxNameBytes, "name"));
  MDRL_RETURN_IF_ERROR(
      CheckText(wire.verifier_version(), kMaxNameBytes, "verifier_version"));
  MDRL_RETURN_IF_ERROR(
      CheckCount(wire.components_size(), kMaxItems, "components"));
  MDRL_RETURN_IF_ERROR(CheckCount(wire.rubrics_size(), kMaxItems, "rubrics"));
  TaskListing::Task task;
  task.name = wire.name();
  task.verifier_version = wire.verifier_version();
  task.components.assign(wire.components().begin(), wire.components().end());
  task.runs_programs = wire.runs_programs();
  task.rubrics.assign(wire.rubrics().begin(), wire.rubrics().end());
  MDRL_RETURN_IF_ERROR(CheckText(wire.truth(), kMaxTextBytes, "truth"));
  task.truth = wire.truth();
  MDRL_ASSIGN_OR_RETURN(task.rubric_specs, ReadList<TaskListing::Rubric>(
                                               wire.rubric_specs(), kMaxItems,
                                               "rubric_specs", ReadRubric));
  return task;
}

template <typename Entries>
absl::Status CheckIndexedOnce(const Entries& entries, std::string_view field) {
  std::set<uint32_t> seen;
  for (const auto& entry : entries) {
    if (!seen.insert(entry.index).second) {
      return BadField(field,
                      absl::StrCat("index ", entry.index, " stands twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

v1::Score ToProto(const Score& score) {
  v1::Score wire;
  wire.set_outcome(WriteEnum<v1::Score::Outcome>(score.outcome));
  if (score.reward) wire.set_reward(*score.reward);
  WriteList(score.components, WriteComponent, wire.mutable_components());
  if (score.correct) wire.set_correct(*score.correct);
  wire.set_extracted(score.extracted);
  wire.set_verifier_version(score.verifier_version);
  *wire.mutable_took() = WriteDuration(score.took);
  wire.set_sandbox(score.sandbox);
  return wire;
}

absl::StatusOr<Score> FromProto(const v1::Score& wire) {
  Score score;
  MDRL_ASSIGN_OR_RETURN(
      score.outcome,
      ReadEnum<Outcome>(wire.outcome(), v1::Score::Outcome_IsValid,
                        Zero::kRefused, "outcome"));
  if (wire.has_reward() == (score.outcome == Outcome::kServiceError)) {
    return BadField("reward", wire.has_reward()
                                  ? "is there though the outcome is "
                                    "SERVICE_ERROR"
                                  : "is missing");
  }
  if (wire.has_reward()) {
    MDRL_RETURN_IF_ERROR(CheckFinite(wire.reward(), "reward"));
    score.reward = wire.reward();
  }
  MDRL_ASSIGN_OR_RETURN(score.components,
                        ReadList<ScoreComponent>(wire.components(), kMaxItems,
                                                 "components", ReadComponent));
  if (wire.has_correct()) score.correct = wire.correct();
  MDRL_RETURN_IF_ERROR(CheckText(wire.extracted(), kMaxTextBytes, "extracted"));
  score.extracted = wire.extracted();
  MDRL_RETURN_IF_ERROR(
      CheckText(wire.verifier_version(), kMaxNameBytes, "verifier_version"));
  score.verifier_version = wire.verifier_version();
  MDRL_ASSIGN_OR_RETURN(score.took, ReadDuration(wire.took(), "took"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.sandbox(), kMaxNameBytes, "sandbox"));
  score.sandbox = wire.sandbox();
  return score;
}

v1::ScoreRequest ToProto(const ScoreRequest& request) {
  v1::ScoreRequest wire;
  wire.set_group_id(WriteOptionalId(request.group_id));
  *wire.mutable_prompt() = ToProto(request.prompt);
  WriteList(request.texts, WriteText, wire.mutable_texts());
  wire.set_rubric(request.rubric);
  wire.mutable_weights()->insert(request.weights.begin(),
                                 request.weights.end());
  return wire;
}

absl::StatusOr<ScoreRequest> FromProto(const v1::ScoreRequest& wire) {
  ScoreRequest request;
  // Users score texts that belong to no group.
  MDRL_ASSIGN_OR_RETURN(request.group_id,
                        ReadOptionalId<GroupId>(wire.group_id(), "group_id"));
  MDRL_READ_FIELD(request.prompt, FromProto(wire.prompt()), "prompt");
  MDRL_ASSIGN_OR_RETURN(
      request.texts, ReadList<ScoreRequest::Text>(wire.texts(), kMaxScoreTexts,
                                                  "texts", ReadText));
  MDRL_RETURN_IF_ERROR(CheckIndexedOnce(request.texts, "texts"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.rubric(), kMaxNameBytes, "rubric"));
  request.rubric = wire.rubric();
  MDRL_ASSIGN_OR_RETURN(request.weights,
                        ReadWeights(wire.weights(), "weights"));
  return request;
}

v1::ScoreResponse ToProto(const ScoreReply& reply) {
  v1::ScoreResponse wire;
  WriteList(reply.items, WriteItem, wire.mutable_items());
  *wire.mutable_build() = ToProto(reply.build);
  wire.set_sandbox(reply.sandbox);
  return wire;
}

absl::StatusOr<ScoreReply> FromProto(const v1::ScoreResponse& wire) {
  ScoreReply reply;
  MDRL_ASSIGN_OR_RETURN(reply.items,
                        ReadList<ScoreReply::Item>(wire.items(), kMaxScoreTexts,
                                                   "items", ReadItem));
  MDRL_RETURN_IF_ERROR(CheckIndexedOnce(reply.items, "items"));
  MDRL_READ_FIELD(reply.build, FromProto(wire.build()), "build");
  MDRL_RETURN_IF_ERROR(CheckText(wire.sandbox(), kMaxNameBytes, "sandbox"));
  reply.sandbox = wire.sandbox();
  return reply;
}

v1::ListTasksResponse ToProto(const TaskListing& listing) {
  v1::ListTasksResponse wire;
  WriteList(listing.tasks, WriteTask, wire.mutable_tasks());
  wire.set_sandbox(listing.sandbox);
  *wire.mutable_build() = ToProto(listing.build);
  return wire;
}

absl::StatusOr<TaskListing> FromProto(const v1::ListTasksResponse& wire) {
  TaskListing listing;
  MDRL_ASSIGN_OR_RETURN(
      listing.tasks,
      ReadList<TaskListing::Task>(wire.tasks(), kMaxItems, "tasks", ReadTask));
  MDRL_RETURN_IF_ERROR(CheckText(wire.sandbox(), kMaxNameBytes, "sandbox"));
  listing.sandbox = wire.sandbox();
  MDRL_READ_FIELD(listing.build, FromProto(wire.build()), "build");
  return listing;
}

}  // namespace mdrl
