#include "services/reward/scoring.h"

#include <cmath>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/tasks/check_truth.h"
#include "common/tasks/prompt_maker.h"
#include "services/reward/rubric.h"
#include "services/reward/verify/registry.h"

namespace mdrl {
namespace {

absl::Status CheckSizes(const ScoreRequest& request) {
  if (request.texts.empty() || request.texts.size() > kMaxTextsPerRequest) {
    return absl::InvalidArgumentError(
        absl::StrCat(request.texts.size(), " texts; there must be 1 to ",
                     kMaxTextsPerRequest));
  }
  size_t bytes = request.prompt.truth.size();
  for (const ScoreRequest::Text& text : request.texts)
    bytes += text.text.size();
  if (bytes > kMaxScoreRequestBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(bytes, " bytes of text; at most ", kMaxScoreRequestBytes));
  }
  return absl::OkStatus();
}

// For the caller to find it among his own.
std::string PromptName(const ScoreRequest& request) {
  return request.prompt.id.empty()
             ? std::string("prompt.truth")
             : absl::StrCat("prompt ", request.prompt.id.substr(0, 80),
                            ": prompt.truth");
}

TaskListing::Component Describe(const ComponentSpec& component) {
  TaskListing::Component out;
  out.name = std::string(component.name);
  out.weight = component.weight;
  if (std::isfinite(component.least)) out.least = component.least;
  if (std::isfinite(component.most)) out.most = component.most;
  return out;
}

std::string NameOf(const ProgramRuns& runs) {
  return runs.sandbox == nullptr ? "none" : runs.sandbox->name();
}

// Starts programs ahead, `side_by_side` at most, and takes their results in
// order: no thread per program.
absl::StatusOr<ScoreReply> ScorePrograms(const Rubric& rubric,
                                         const ProgramRuns& runs,
                                         const ScoreRequest& request) {
  const auto judge = rubric.ForPrograms(request.prompt.truth);
  if (!judge.ok()) return WithContext(judge.status(), PromptName(request));
  std::vector<std::optional<ProgramJob>> jobs;
  for (const ScoreRequest::Text& text : request.texts) {
    jobs.push_back(judge->job(text.text));
  }
  ScoreReply reply;
  reply.sandbox = NameOf(runs);
  std::deque<std::optional<Sandbox::Pending>> pending;
  size_t started = 0;
  for (size_t i = 0; i < jobs.size(); ++i) {
    while (started < jobs.size() && pending.size() < runs.side_by_side) {
      std::optional<Sandbox::Pending>& next = pending.emplace_back();
      if (jobs[started]) next.emplace(runs.sandbox->Start(*jobs[started]));
      ++started;
    }
    const uint32_t index = request.texts[i].index;
    if (!jobs[i]) {
      reply.items.push_back({index, judge->score(nullptr, {})});
    } else if (const auto result = pending.front()->Wait(); result.ok()) {
      if (runs.watch) runs.watch(*result);
      Score score = judge->score(&*jobs[i], *result);
      score.took = result->took;
      score.sandbox = reply.sandbox;
      reply.items.push_back({index, std::move(score)});
    } else {
      Log(LogLevel::kWarn, "program_not_run",
          std::string(result.status().message()));
      reply.items.push_back({index, rubric.ServiceError()});
    }
    pending.pop_front();
  }
  return reply;
}

}  // namespace

absl::StatusOr<ScoreReply> ScoreTexts(const ScoreRequest& request) {
  return ScoreTextsWith({}, request);
}

absl::StatusOr<ScoreReply> ScoreTextsWith(const ProgramRuns& runs,
                                          const ScoreRequest& request) {
  MDRL_RETURN_IF_ERROR(CheckSizes(request));
  MDRL_ASSIGN_OR_RETURN(
      const Rubric rubric,
      Rubric::Create(request.prompt.task, request.rubric, request.weights));
  if (rubric.runs_programs() && runs.sandbox != nullptr) {
    return ScorePrograms(rubric, runs, request);
  }
  const auto judge = rubric.For(request.prompt.truth);
  if (!judge.ok()) return WithContext(judge.status(), PromptName(request));
  ScoreReply reply;
  reply.items.reserve(request.texts.size());
  for (const ScoreRequest::Text& text : request.texts) {
    const absl::Time start = Clock::Real().Now();
    Score score = (*judge)(text.text);
    score.took = Clock::Real().Now() - start;
    reply.items.push_back({text.index, std::move(score)});
  }
  return reply;
}

TaskListing ListTasks() { return ListTasksWith({}); }

TaskListing ListTasksWith(const ProgramRuns& runs) {
  TaskListing out;
  out.sandbox = NameOf(runs);
  for (const TaskEntry* task : AllTasks()) {
    if (task->runs_programs && runs.sandbox == nullptr) continue;
    TaskListing::Task listed;
    listed.name = std::string(task->name);
    listed.verifier_version = std::string(task->verifier_version);
    listed.runs_programs = task->runs_programs;
    listed.truth = std::string(task->truth);
    std::set<std::string> components;
    for (const RubricEntry& rubric : task->rubrics) {
      listed.rubrics.emplace_back(rubric.name);
      TaskListing::Rubric& spec = listed.rubric_specs.emplace_back();
      spec.name = std::string(rubric.name);
      for (const ComponentSpec& component : rubric.components) {
        components.emplace(component.name);
        spec.components.push_back(Describe(component));
      }
    }
    listed.components.assign(components.begin(), components.end());
    out.tasks.push_back(std::move(listed));
  }
  return out;
}

absl::Status SelfTest() {
  MDRL_ASSIGN_OR_RETURN(const std::vector<Prompt> puzzles,
                        MakePrompts({"sudoku4", 1}));
  MDRL_ASSIGN_OR_RETURN(const Sudoku4Truth truth,
                        ParseSudoku4Truth(puzzles[0].truth));
  const std::pair<Prompt, std::string> cases[] = {
      {puzzles[0], ToText(truth.solution)}, {SortPrompt("3141", ""), "1134"}};
  for (const auto& [prompt, answer] : cases) {
    ScoreRequest request;
    request.prompt = prompt;
    request.rubric = "bare";
    request.texts = {{0, answer}};
    const absl::StatusOr<ScoreReply> reply = ScoreTexts(request);
    if (!reply.ok() || reply->items[0].score.reward != 1.0) {
      return absl::InternalError(
          absl::StrCat("self-test: the right answer of ", prompt.task,
                       " does not earn 1: ", reply.status().message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace mdrl
