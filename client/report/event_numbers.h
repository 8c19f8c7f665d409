// Numbers and words of an event by their flat names (docs/protocol.md).
// Pure functions.
#ifndef MDRL_CLIENT_REPORT_EVENT_NUMBERS_H_
#define MDRL_CLIENT_REPORT_EVENT_NUMBERS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "mdrl/v1/run.pb.h"

namespace mdrl {

std::optional<double> NumberOf(const v1::Event& event, const std::string& name);
// A number that is none, or is negative, counts 0.
uint64_t CountOf(const v1::Event& event, const std::string& name);
// Empty if there is none.
std::string WordOf(const v1::Event& event, const std::string& name);

// Means by task of a step's event: `reward.TASK.mean`.
std::map<std::string, double> RewardsOf(const v1::Event& event);
// Mean age of its groups in versions: `staleness.K` groups are K old.
std::optional<double> LagOf(const v1::Event& event);

absl::Time TimeOf(const v1::Event& event);

// A message's map in the order of its names: the message itself has none.
template <typename Value>
std::map<std::string, Value> Sorted(
    const google::protobuf::Map<std::string, Value>& map) {
  std::map<std::string, Value> sorted;
  for (const auto& [name, value] : map) sorted[name] = value;
  return sorted;
}

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_EVENT_NUMBERS_H_
