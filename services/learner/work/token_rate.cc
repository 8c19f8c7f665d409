#include "services/learner/work/token_rate.h"

#include <algorithm>

namespace mdrl {
namespace {

constexpr absl::Duration kWindow = absl::Seconds(30);
// A slot that has just begun is not measured over less than this.
constexpr absl::Duration kShortest = absl::Seconds(1);

}  // namespace

void TokenRate::Add(uint32_t slot_number, uint64_t tokens, absl::Time now) {
  Slot& slot = slots_[slot_number];
  while (!slot.arrivals.empty() && slot.arrivals.front().time + kWindow < now) {
    slot.arrivals.pop_front();
  }
  if (slot.arrivals.empty()) slot.since = now;
  slot.arrivals.push_back({now, tokens});
}

double TokenRate::RateOf(const Slot& slot, absl::Time now) {
  uint64_t tokens = 0;
  for (const Arrival& arrival : slot.arrivals) {
    if (arrival.time + kWindow >= now) tokens += arrival.tokens;
  }
  const absl::Duration over = std::clamp(now - slot.since, kShortest, kWindow);
  return static_cast<double>(tokens) / absl::ToDoubleSeconds(over);
}

double TokenRate::PerSecond(uint32_t slot, absl::Time now) const {
  const auto found = slots_.find(slot);
  return found == slots_.end() ? 0.0 : RateOf(found->second, now);
}

double TokenRate::PerSecond(absl::Time now) const {
  double sum = 0.0;
  for (const auto& [number, slot] : slots_) sum += RateOf(slot, now);
  return sum;
}

}  // namespace mdrl
