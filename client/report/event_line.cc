#include "client/report/event_line.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/report/event_numbers.h"

namespace mdrl {
namespace {

// 12 significant digits: what is exact in the log is exact here.
std::string NumberText(double number) {
  return absl::StrFormat("%.12g", number);
}

std::string StepText(const v1::Event& event) {
  std::string out = absl::StrFormat("step   %d.%d", CountOf(event, "round") + 1,
                                    CountOf(event, "inner") + 1);
  const auto show = [&](const char* name, const char* as, int digits) {
    if (const auto number = NumberOf(event, name)) {
      absl::StrAppendFormat(&out, "  %s %.*f", as, digits, *number);
    }
  };
  show("loss", "loss", 4);
  for (const auto& [task, mean] : RewardsOf(event)) {
    absl::StrAppendFormat(&out, "  reward %s %.3f", task, mean);
  }
  show("gap", "gap", 2);
  show("grad_norm", "grad", 3);
  if (const auto lag = LagOf(event)) {
    absl::StrAppendFormat(&out, "  lag %.1f", *lag);
  }
  return out;
}

std::string EvaluationText(const v1::Event& event) {
  std::string out = absl::StrCat("test   policy ", CountOf(event, "version"));
  for (uint64_t i = 0;; ++i) {
    const std::string row = absl::StrCat("rows.", i, ".");
    const std::string task = WordOf(event, row + "task");
    if (task.empty()) return out;
    absl::StrAppendFormat(
        &out, "  %s %d/%d %d of %d correct", task,
        CountOf(event, row + "canvas"), CountOf(event, row + "decode_steps"),
        CountOf(event, row + "correct"), CountOf(event, row + "done"));
  }
}

std::string SupervisedText(const v1::Event& event) {
  return absl::StrFormat("sft    stage %d  step %d of %d  loss %.3f",
                         CountOf(event, "stage") + 1, CountOf(event, "step"),
                         CountOf(event, "steps"),
                         NumberOf(event, "loss").value_or(0.0));
}

std::string AnyText(const v1::Event& event) {
  std::string out = event.kind();
  if (!event.subject().empty()) absl::StrAppend(&out, " ", event.subject());
  for (const auto& [name, word] : Sorted(event.facts())) {
    if (!word.empty()) absl::StrAppend(&out, "  ", name, " ", word);
  }
  for (const auto& [name, number] : Sorted(event.numbers())) {
    absl::StrAppend(&out, "  ", name, " ", NumberText(number));
  }
  return out;
}

}  // namespace

std::string EventLine(const v1::Event& event) {
  if (event.kind() == "step") return StepText(event);
  if (event.kind() == "evaluation_finished") return EvaluationText(event);
  if (event.kind() == "sft") return SupervisedText(event);
  if (event.kind() == "checkpoint") {
    return absl::StrCat("saved  ", event.subject());
  }
  if (event.kind() == "policy_published") {
    return absl::StrCat("policy ", event.subject(), " published");
  }
  return AnyText(event);
}

std::vector<std::string> StepColumns(const v1::Event& first) {
  std::vector<std::string> columns = {
      "step",    "round",        "inner",  "version",       "time",
      "groups",  "completions",  "tokens", "zero_spread",   "loss",
      "elbo",    "eubo",         "gap",    "advantage_abs", "grad_norm",
      "clipped", "update_ratio", "lr",     "lag",           "chain"};
  std::set<std::string> more;
  for (const auto& [name, number] : first.numbers()) {
    // How old groups are changes from step to step: `lag` is their mean.
    if (!absl::StartsWith(name, "staleness.")) more.insert(name);
  }
  for (const std::string& name : more) {
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) {
      columns.push_back(name);
    }
  }
  return columns;
}

std::vector<std::string> StepCells(const v1::Event& step,
                                   const std::vector<std::string>& columns) {
  std::vector<std::string> cells;
  for (const std::string& column : columns) {
    std::optional<double> number = NumberOf(step, column);
    if (column == "lag") number = LagOf(step);
    cells.push_back(number ? NumberText(*number) : WordOf(step, column));
  }
  return cells;
}

}  // namespace mdrl
