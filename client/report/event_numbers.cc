#include "client/report/event_numbers.h"

#include <cmath>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace mdrl {

std::optional<double> NumberOf(const v1::Event& event,
                               const std::string& name) {
  const auto found = event.numbers().find(name);
  if (found == event.numbers().end()) return std::nullopt;
  return found->second;
}

uint64_t CountOf(const v1::Event& event, const std::string& name) {
  const double number = NumberOf(event, name).value_or(0.0);
  return number >= 0.0 && number < 1e18 ? static_cast<uint64_t>(number) : 0;
}

std::string WordOf(const v1::Event& event, const std::string& name) {
  const auto found = event.facts().find(name);
  return found == event.facts().end() ? "" : found->second;
}

std::map<std::string, double> RewardsOf(const v1::Event& event) {
  std::map<std::string, double> rewards;
  for (const auto& [name, value] : event.numbers()) {
    absl::string_view task = name;
    // A component may be called "mean", too, but has more dots before it.
    if (absl::ConsumePrefix(&task, "reward.") &&
        absl::ConsumeSuffix(&task, ".mean") &&
        !absl::StrContains(name, ".components.")) {
      rewards[std::string(task)] = value;
    }
  }
  return rewards;
}

std::optional<double> LagOf(const v1::Event& event) {
  double sum = 0.0;
  double groups = 0.0;
  for (const auto& [name, count] : event.numbers()) {
    absl::string_view age = name;
    if (!absl::ConsumePrefix(&age, "staleness.")) continue;
    sum += std::strtod(std::string(age).c_str(), nullptr) * count;
    groups += count;
  }
  if (!(groups > 0.0)) return std::nullopt;
  return sum / groups;
}

absl::Time TimeOf(const v1::Event& event) {
  return absl::FromUnixSeconds(event.time().seconds()) +
         absl::Nanoseconds(event.time().nanos());
}

}  // namespace mdrl
