#include "client/report/progress.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/report/run_summary.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

// Whole lines behind `offset`, which moves past them.
std::vector<std::string> NewLines(const fs::path& path, uint64_t* offset) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  if (!file.seekg(static_cast<std::streamoff>(*offset))) return lines;
  std::string line;
  while (std::getline(file, line) && !file.eof()) {
    *offset += line.size() + 1;
    lines.push_back(line);
  }
  return lines;
}

// The mean over tasks, weighted as the step log has it: one number per task.
std::string RewardText(const Json& step) {
  if (!step.contains("reward") || !step["reward"].is_object()) return "";
  std::string out;
  const bool several = step["reward"].size() > 1;
  for (const auto& [task, reward] : step["reward"].items()) {
    if (!reward.is_object() || !reward.contains("mean") ||
        !reward["mean"].is_number()) {
      continue;
    }
    absl::StrAppendFormat(&out, "  reward %s%.3f",
                          several ? task + " " : std::string(),
                          reward["mean"].get<double>());
  }
  return out;
}

// Mean age of the groups in rounds.
double Lag(const Json& staleness) {
  double sum = 0.0;
  double groups = 0.0;
  for (const auto& [age, count] : staleness.items()) {
    if (!count.is_number()) continue;
    sum += std::strtod(age.c_str(), nullptr) * count.get<double>();
    groups += count.get<double>();
  }
  return groups > 0.0 ? sum / groups : 0.0;
}

uint64_t GroupsOf(const std::string& line) {
  const Json step = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  // A round's groups are trained by its first step and again by its others.
  if (!step.is_object() || step.value("inner", Json(0)) != Json(0)) return 0;
  const Json groups = step.value("groups", Json(0));
  return groups.is_number_unsigned() ? groups.get<uint64_t>() : 0;
}

}  // namespace

std::string StepLineText(std::string_view json, double groups_per_second) {
  const Json step = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!step.is_object() || !step.contains("round") || !step.contains("step") ||
      !step["round"].is_number_unsigned() ||
      !step["step"].is_number_unsigned()) {
    return "";
  }
  // People count from one.
  std::string out =
      absl::StrCat("round ", step["round"].get<uint64_t>() + 1, "  step ",
                   step["step"].get<uint64_t>() + 1, RewardText(step));
  if (step.contains("gap") && step["gap"].is_number()) {
    absl::StrAppendFormat(&out, "  gap %.2f", step["gap"].get<double>());
  }
  if (step.contains("staleness") && step["staleness"].is_object()) {
    absl::StrAppendFormat(&out, "  lag %.1f", Lag(step["staleness"]));
  }
  if (groups_per_second > 0.0) {
    absl::StrAppendFormat(&out, "  %.1f groups/s", groups_per_second);
  }
  return out;
}

Progress::Progress(fs::path run_folder, absl::Duration interval)
    : steps_(run_folder / "steps.jsonl"),
      summary_(run_folder / "summary.json"),
      interval_(interval) {
  NewLines(steps_, &steps_offset_);
  NewEvaluations();
}

std::vector<std::string> Progress::News(absl::Time now) {
  for (std::string& line : NewLines(steps_, &steps_offset_)) {
    groups_since_ += GroupsOf(line);
    newest_step_ = std::move(line);
  }
  std::vector<std::string> news;
  if (!newest_step_.empty() && now - last_line_ >= interval_) {
    const double seconds = absl::ToDoubleSeconds(now - last_line_);
    const double rate = last_line_ == absl::InfinitePast()
                            ? 0.0
                            : static_cast<double>(groups_since_) / seconds;
    std::string text = StepLineText(newest_step_, rate);
    if (!text.empty()) news.push_back(std::move(text));
    newest_step_.clear();
    groups_since_ = 0;
    last_line_ = now;
  }
  for (std::string& line : NewEvaluations()) news.push_back(std::move(line));
  return news;
}

std::vector<std::string> Progress::NewEvaluations() {
  std::vector<std::string> news;
  const absl::StatusOr<std::string> text = ReadFile(summary_);
  if (!text.ok()) return news;
  const absl::StatusOr<RunSummary> summary = ParseRunSummary(*text);
  if (!summary.ok()) return news;
  const auto& all = summary->evaluations;
  for (size_t i = evaluations_told_; i < all.size(); ++i) {
    news.push_back(absl::StrCat("test   ", EvaluationLine(all[i])));
  }
  evaluations_told_ = std::max(evaluations_told_, all.size());
  return news;
}

}  // namespace mdrl
