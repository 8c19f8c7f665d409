#include "client/report/run_view.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/report/event_line.h"
#include "client/report/event_numbers.h"
#include "common/config/derived.h"
#include "common/record/reason.h"

namespace mdrl {
namespace {

constexpr size_t kRounds = 400;  // wider than any terminal shows
constexpr size_t kEvaluations = 20;
constexpr size_t kNews = 20;
// Shares of time are over the last while, so that they follow a change.
constexpr absl::Duration kLately = absl::Seconds(20);

template <typename T>
void KeepLast(std::vector<T>* list, size_t count) {
  if (list->size() > count) {
    list->erase(list->begin(), list->end() - static_cast<ptrdiff_t>(count));
  }
}

std::optional<absl::Duration> Given(bool has,
                                    const google::protobuf::Duration& wire) {
  if (!has) return std::nullopt;
  return ToAbslDuration(wire);
}

}  // namespace

const std::vector<std::string>& RunView::Kinds() {
  static const std::vector<std::string> kKinds = {"epoch_started",
                                                  "step",
                                                  "policy_published",
                                                  "checkpoint",
                                                  "evaluation_started",
                                                  "evaluation_finished",
                                                  "sft",
                                                  "worker_ready",
                                                  "worker_lost",
                                                  "worker_refused",
                                                  "prompt_quarantined",
                                                  "ticket_dropped",
                                                  "drain",
                                                  "epoch_ended"};
  return kKinds;
}

void RunView::Take(const v1::Event& event) {
  const std::string& kind = event.kind();
  if (kind == "epoch_started") {
    started_ = TimeOf(event);
    return;
  } else if (kind == "step") {
    TakeStep(event);
    return;
  } else if (kind == "sft") {
    state_.supervised = {.stage = CountOf(event, "stage") + 1,
                         .step = CountOf(event, "step"),
                         .steps = CountOf(event, "steps"),
                         .loss = NumberOf(event, "loss").value_or(0.0)};
    return;
  } else if (kind == "policy_published") {
    // The stages are over once anything is published.
    state_.supervised.reset();
    state_.rounds = CountOf(event, "round");
    return;
  } else if (kind == "checkpoint") {
    state_.checkpoint = event.subject();
    return;
  } else if (kind == "evaluation_started") {
    running_ = event.subject();
    return;
  } else if (kind == "evaluation_finished") {
    TakeEvaluated(event);
    return;
  } else if (kind == "epoch_ended") {
    state_.state = absl::StrCat("ENDED: ", WordOf(event, "why"));
    state_.waits.clear();
    return;
  }
  TakeNews(EventLine(event));
}

void RunView::TakeStep(const v1::Event& event) {
  state_.steps = std::max(state_.steps, CountOf(event, "step") + 1);
  state_.lag = LagOf(event);
  state_.numbers.clear();
  const auto show = [&](const char* name, const char* as) {
    if (const auto number = NumberOf(event, name)) {
      state_.numbers.emplace_back(as, *number);
    }
  };
  show("loss", "loss");
  show("gap", "gap");
  show("elbo", "elbo");
  show("grad_norm", "grad");
  show("lr", "lr");
  show("zero_spread", "equal");
  // A round's other steps train the same groups.
  if (CountOf(event, "inner") != 0) return;
  for (const auto& [task, mean] : RewardsOf(event)) {
    std::vector<double>& curve = state_.rewards[task];
    curve.push_back(mean);
    KeepLast(&curve, kRounds);
  }
}

void RunView::TakeEvaluated(const v1::Event& event) {
  if (event.subject() == running_) running_.clear();
  std::erase_if(state_.evaluations,
                [](const PageState::Evaluation& row) { return row.running; });
  for (uint64_t i = 0;; ++i) {
    const std::string row = absl::StrCat("rows.", i, ".");
    const std::string task = WordOf(event, row + "task");
    if (task.empty()) break;
    state_.evaluations.push_back(
        {.version = CountOf(event, "version"),
         .task = task,
         .decode = absl::StrCat(CountOf(event, row + "canvas"), "/",
                                CountOf(event, row + "decode_steps")),
         .done = CountOf(event, row + "done"),
         .total = CountOf(event, row + "total"),
         .correct = CountOf(event, row + "correct"),
         .running = false});
  }
  KeepLast(&state_.evaluations, kEvaluations);
}

void RunView::Take(const v1::Evaluation& evaluation) {
  std::erase_if(state_.evaluations,
                [](const PageState::Evaluation& row) { return row.running; });
  if (absl::BytesToHexString(evaluation.evaluation_id()) != running_) return;
  for (const v1::Evaluation::Row& row : evaluation.rows()) {
    state_.evaluations.push_back(
        {.version = evaluation.policy().version(),
         .task = row.task(),
         .decode = absl::StrCat(row.decode().canvas_tokens(), "/",
                                row.decode().decode_steps()),
         .done = row.done(),
         .total = row.total(),
         .correct = row.correct(),
         .running = true});
  }
}

void RunView::TakeSpent(
    const std::string& process,
    const google::protobuf::Map<std::string, double>& seconds, absl::Time now) {
  if (seconds.empty()) return;
  auto& told = spent_[process].told;
  told.emplace_back(now, Sorted(seconds));
  while (told.size() > 2 && told[1].first < now - kLately) told.pop_front();
}

void RunView::Take(const v1::Status& status, absl::Time now) {
  if (started_ == absl::InfiniteFuture()) started_ = now;
  state_.run = status.run();
  state_.state = v1::Status::State_Name(status.state());
  state_.epoch = status.epoch();
  state_.steps = status.step();
  state_.rounds = status.round();
  state_.version.reset();
  if (status.newest().has_version()) state_.version = status.newest().version();
  state_.tickets_open = status.tickets().open();
  state_.tickets_limit = status.tickets().limit();
  state_.tokens_per_second = status.tokens_per_second();
  if (!status.last_checkpoint().name().empty()) {
    state_.checkpoint = status.last_checkpoint().name();
  }
  state_.waits.clear();
  if (!status.waits_text().empty()) {
    state_.waits.push_back({.reason = std::string(ReasonName(
                                static_cast<Reason>(status.waits_for()))),
                            .level = "",
                            .text = status.waits_text(),
                            .acts_in = std::nullopt});
  }
  TakeSpent("learner", status.busy_seconds(), now);
  state_.workers.clear();
  for (const v1::Status::Worker& worker : status.workers()) {
    PageState::Worker& to = state_.workers.emplace_back();
    to.slot = worker.slot();
    to.name = worker.name();
    to.state = worker.state();
    if (worker.active().has_version()) to.version = worker.active().version();
    to.leases = worker.leases();
    to.tokens_per_second = worker.tokens_per_second();
    to.heard = ToAbslDuration(worker.last_heard());
    TakeSpent(worker.name(), worker.busy_seconds(), now);
  }
}

void RunView::Take(const v1::Explanation& explanation) {
  if (explanation.chain().empty()) return;
  state_.waits.clear();
  for (const v1::Explanation::Finding& finding : explanation.chain()) {
    state_.waits.push_back(
        {.reason =
             std::string(ReasonName(static_cast<Reason>(finding.reason()))),
         .level = v1::Explanation::Level_Name(finding.level()),
         .text = finding.text(),
         .acts_in = Given(finding.has_acts_in(), finding.acts_in())});
  }
}

void RunView::TakeNews(const std::string& line) {
  state_.news.push_back(line);
  KeepLast(&state_.news, kNews);
}

PageState RunView::StateAt(absl::Time now) const {
  PageState state = state_;
  if (started_ <= now) state.elapsed = now - started_;
  for (const auto& [process, spent] : spent_) {
    const Seconds& newest = spent.told.back().second;
    Seconds before;
    if (spent.told.size() > 1) before = spent.told.front().second;
    PageState::Busy busy{.process = process, .shares = {}};
    double sum = 0.0;
    for (const auto& [activity, seconds] : newest) {
      const auto was = before.find(activity);
      // A process that started again counts from zero.
      const double lately =
          std::max(0.0, was == before.end() ? seconds : seconds - was->second);
      busy.shares.emplace_back(activity, lately);
      sum += lately;
    }
    if (!(sum > 0.0)) continue;
    for (auto& [activity, share] : busy.shares) share /= sum;
    std::stable_sort(
        busy.shares.begin(), busy.shares.end(),
        [](const auto& a, const auto& b) { return a.second > b.second; });
    // The learner first: the others wait for it or it for them.
    state.busy.insert(
        process == "learner" ? state.busy.begin() : state.busy.end(),
        std::move(busy));
  }
  return state;
}

}  // namespace mdrl
