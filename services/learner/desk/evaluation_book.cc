#include "services/learner/desk/evaluation_book.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/log.h"

namespace mdrl {
namespace {

constexpr uint64_t kExamples = 2;  // completions kept per row, for the summary

}  // namespace

void EvaluationBook::Open(EvaluationView view, uint32_t group_size,
                          absl::Time now) {
  const EvaluationId id = view.id;
  Evaluation& evaluation = evaluations_[id];
  evaluation.rows.resize(view.rows.size());
  evaluation.view = std::move(view);
  evaluation.group_size = group_size;
  evaluation.began = now;
}

void EvaluationBook::AddTicket(uint64_t ticket, Part part) {
  evaluations_.at(part.evaluation).tickets.insert(ticket);
  parts_[ticket] = part;
}

const EvaluationView* EvaluationBook::Find(const EvaluationId& id) const {
  const auto found = evaluations_.find(id);
  return found == evaluations_.end() ? nullptr : &found->second.view;
}

const EvaluationBook::Part* EvaluationBook::PartOf(uint64_t ticket) const {
  const auto found = parts_.find(ticket);
  return found == parts_.end() ? nullptr : &found->second;
}

uint32_t EvaluationBook::GroupSize(const EvaluationId& id) const {
  return evaluations_.at(id).group_size;
}

std::vector<uint64_t> EvaluationBook::OpenTickets(
    const EvaluationId& id) const {
  const std::set<uint64_t>& tickets = evaluations_.at(id).tickets;
  return {tickets.begin(), tickets.end()};
}

size_t EvaluationBook::open() const {
  return std::count_if(
      evaluations_.begin(), evaluations_.end(), [](const auto& entry) {
        return entry.second.view.state < EvaluationView::State::kDone;
      });
}

bool EvaluationBook::Take(uint64_t ticket, const Group& group,
                          const Prompt& prompt, absl::Time now) {
  const Part part = parts_.at(ticket);
  Evaluation& evaluation = evaluations_.at(part.evaluation);
  EvaluationRow& row = evaluation.view.rows[part.row];
  Row& sums = evaluation.rows[part.row];
  for (const Completion& completion : group.completions) {
    const Score& score = completion.score;
    ++row.done;
    ++sums.decoded;
    sums.token_sum += completion.effective_tokens;
    if (score.outcome == Outcome::kServiceError) ++row.service_errors;
    if (score.correct.has_value()) ++row.verdicts;
    if (score.correct.value_or(false)) ++row.correct;
    if (score.reward.has_value()) {
      sums.reward_sum += *score.reward;
      sums.reward_square_sum += *score.reward * *score.reward;
      ++sums.rewarded;
    }
    for (const ScoreComponent& component : score.components) {
      row.extra[component.name] += component.value;
    }
  }
  if (part.place < kExamples && !group.completions.empty()) {
    const Completion& first = group.completions.front();
    sums.examples[part.place] = {.prompt = prompt,
                                 .tokens = first.tokens,
                                 .effective_tokens = first.effective_tokens,
                                 .score = first.score};
  }
  return Close(evaluation, ticket, now);
}

bool EvaluationBook::TakeDropped(uint64_t ticket, absl::Time now) {
  const auto part = parts_.find(ticket);
  if (part == parts_.end()) return false;
  Evaluation& evaluation = evaluations_.at(part->second.evaluation);
  EvaluationRow& row = evaluation.view.rows[part->second.row];
  row.done += evaluation.group_size;
  row.service_errors += evaluation.group_size;
  return Close(evaluation, ticket, now);
}

bool EvaluationBook::Close(Evaluation& evaluation, uint64_t ticket,
                           absl::Time now) {
  parts_.erase(ticket);
  evaluation.tickets.erase(ticket);
  EvaluationView& view = evaluation.view;
  view.state = EvaluationView::State::kRunning;
  view.took = now - evaluation.began;
  for (size_t i = 0; i < view.rows.size(); ++i) {
    EvaluationRow& row = view.rows[i];
    const Row& sums = evaluation.rows[i];
    const double rewarded = std::max<double>(sums.rewarded, 1.0);
    row.reward_mean = sums.reward_sum / rewarded;
    row.reward_stddev = std::sqrt(std::max(
        sums.reward_square_sum / rewarded - row.reward_mean * row.reward_mean,
        0.0));
    row.effective_tokens_mean =
        sums.decoded == 0 ? 0.0
                          : static_cast<double>(sums.token_sum) / sums.decoded;
  }
  if (!evaluation.tickets.empty()) return false;
  view.state = EvaluationView::State::kDone;
  for (size_t i = 0; i < view.rows.size(); ++i) {
    for (auto& [place, example] : evaluation.rows[i].examples) {
      view.rows[i].examples.push_back(std::move(example));
    }
    evaluation.rows[i].examples.clear();
  }
  return true;
}

void EvaluationBook::Cancel(const EvaluationId& id, absl::Time now) {
  Evaluation& evaluation = evaluations_.at(id);
  for (const uint64_t ticket : evaluation.tickets) parts_.erase(ticket);
  evaluation.tickets.clear();
  evaluation.view.state = EvaluationView::State::kCancelled;
  evaluation.view.took = now - evaluation.began;
}

void EvaluationBook::Park(const EvaluationId& id, Waiter waiter) {
  evaluations_.at(id).waiters.push_back(std::move(waiter));
}

EvaluationBook::Woken EvaluationBook::TakeWaiters(const EvaluationId& id) {
  Woken woken;
  Evaluation& evaluation = evaluations_.at(id);
  for (Waiter& waiter : evaluation.waiters) {
    woken.emplace_back(std::move(waiter.answer), evaluation.view);
  }
  evaluation.waiters.clear();
  return woken;
}

EvaluationBook::Woken EvaluationBook::TakeOverdue(absl::Time now) {
  Woken woken;
  for (auto& entry : evaluations_) {
    Evaluation& evaluation = entry.second;
    std::erase_if(evaluation.waiters, [&](Waiter& waiter) {
      if (waiter.until > now) return false;
      woken.emplace_back(std::move(waiter.answer), evaluation.view);
      return true;
    });
  }
  return woken;
}

EvaluationBook::Woken EvaluationBook::TakeAllWaiters() {
  return TakeOverdue(absl::InfiniteFuture());
}

}  // namespace mdrl
