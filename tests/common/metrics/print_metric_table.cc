// Prints the table of metrics as one JSON array.
#include <iostream>
#include <nlohmann/json.hpp>

#include "common/metrics/table.h"

int main() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const mdrl::MetricSpec& spec : mdrl::MetricTable()) {
    nlohmann::ordered_json labels = nlohmann::ordered_json::array();
    for (const mdrl::LabelSpec& label : spec.labels) {
      labels.push_back(
          {{"name", label.name}, {"values", label.values}, {"of", label.of}});
    }
    nlohmann::ordered_json roles = nlohmann::ordered_json::array();
    if (spec.roles & mdrl::kLearner) roles.push_back("learner");
    if (spec.roles & mdrl::kRollout) roles.push_back("rollout");
    if (spec.roles & mdrl::kReward) roles.push_back("reward");
    const char* const types[] = {"counter", "gauge", "histogram"};
    all.push_back({{"name", spec.name},
                   {"type", types[static_cast<int>(spec.type)]},
                   {"unit", spec.unit},
                   {"roles", roles},
                   {"labels", labels},
                   {"buckets", mdrl::BoundsOf(spec.range)},
                   {"help", spec.help}});
  }
  std::cout << all.dump(1) << "\n";
}
