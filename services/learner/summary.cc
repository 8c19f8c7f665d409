#include "services/learner/summary.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace mdrl {
namespace {

using Json = nlohmann::ordered_json;

double Share(double part, double whole) {
  return whole > 0.0 ? part / whole : 0.0;
}

// Lenient on purpose: the file is for people, who may have edited it.
double NumberOf(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json[key].is_number()
             ? json[key].get<double>()
             : 0.0;
}

std::string TextOf(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json[key].is_string()
             ? json[key].get<std::string>()
             : std::string();
}

}  // namespace

EvalSummary SummarizeEvaluation(const EvaluationView& view, uint64_t round) {
  EvalSummary summary;
  summary.round = round;
  summary.version = view.policy.version.value_or(0);
  summary.seconds = absl::ToDoubleSeconds(view.took);
  uint64_t correct = 0;
  double reward_sum = 0.0;
  std::map<std::string, double> extra;
  for (const EvaluationRow& row : view.rows) {
    summary.n += row.done;
    correct += row.correct;
    reward_sum +=
        row.reward_mean * static_cast<double>(row.done - row.service_errors);
    for (const auto& [name, sum] : row.extra) extra[name] += sum;
  }
  const double n = static_cast<double>(summary.n);
  summary.solved = Share(static_cast<double>(correct), n);
  summary.cells = extra.contains("empty_cells")
                      ? Share(extra["correct_cells"], extra["empty_cells"])
                      : Share(reward_sum, n);
  return summary;
}

std::string SummaryJson(const RunSummary& summary) {
  Json json;
  json["task"] = summary.task;
  json["seed"] = summary.seed;
  json["rounds"] = summary.rounds;
  json["steps"] = summary.steps;
  json["versions"] = summary.versions;
  json["tokens_generated"] = summary.tokens_generated;
  json["wall_seconds"] = summary.wall_seconds;
  json["evals"] = Json::array();
  for (const EvalSummary& eval : summary.evals) {
    json["evals"].push_back({{"round", eval.round},
                             {"version", eval.version},
                             {"n", eval.n},
                             {"solved", eval.solved},
                             {"cells", eval.cells},
                             {"seconds", eval.seconds}});
  }
  json["examples"] = Json::array();
  for (const ExampleSummary& example : summary.examples) {
    json["examples"].push_back({{"prompt", example.prompt},
                                {"before", example.before},
                                {"after", example.after},
                                {"truth", example.truth}});
  }
  // Model output need not be valid UTF-8.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::Status WriteSummary(const std::string& path, const RunSummary& summary) {
  const std::string pending = path + ".tmp";
  std::ofstream out(pending, std::ios::binary | std::ios::trunc);
  out << SummaryJson(summary);
  out.close();
  if (!out || std::rename(pending.c_str(), path.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, "writing " + path);
  }
  return absl::OkStatus();
}

absl::StatusOr<RunSummary> ReadSummary(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(path + ": cannot be opened");
  const Json json = Json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("evals") ||
      !json["evals"].is_array()) {
    return absl::InvalidArgumentError(path + ": is not a run's summary");
  }
  RunSummary summary;
  summary.task = TextOf(json, "task");
  for (const Json& from : json["evals"]) {
    EvalSummary eval;
    eval.round = static_cast<uint64_t>(NumberOf(from, "round"));
    eval.version = static_cast<uint64_t>(NumberOf(from, "version"));
    eval.n = static_cast<uint64_t>(NumberOf(from, "n"));
    eval.solved = NumberOf(from, "solved");
    eval.cells = NumberOf(from, "cells");
    eval.seconds = NumberOf(from, "seconds");
    summary.evals.push_back(eval);
  }
  if (json.contains("examples") && json["examples"].is_array()) {
    for (const Json& from : json["examples"]) {
      summary.examples.push_back({TextOf(from, "prompt"),
                                  TextOf(from, "before"), TextOf(from, "after"),
                                  TextOf(from, "truth")});
    }
  }
  return summary;
}

}  // namespace mdrl
