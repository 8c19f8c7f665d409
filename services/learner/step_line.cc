#include "services/learner/step_line.h"

#include <map>
#include <nlohmann/json.hpp>

#include "services/learner/task_rewards.h"

namespace mdrl {
namespace {

using Json = nlohmann::ordered_json;

// Per task of the round: mean and deviation of the reward, means of components.
Json Rewards(const RoundGroups& round) {
  Json json = Json::object();
  for (const auto& [task, reward] : RewardsByTask(round)) {
    Json components = Json::object();
    for (const auto& [name, mean] : reward.components) components[name] = mean;
    json[task] = {{"mean", reward.mean},
                  {"stddev", reward.stddev},
                  {"components", components}};
  }
  return json;
}

// How many groups were decoded so many versions before the round's.
Json Staleness(const RoundGroups& round) {
  std::map<uint64_t, uint64_t> groups;
  for (const ScoredGroup& scored : round.groups) {
    for (const Completion& completion : scored.group.completions) {
      if (completion.versions.empty()) continue;
      ++groups[round.round - completion.versions.front().version];
      break;
    }
  }
  Json json = Json::object();
  for (const auto& [lag, count] : groups) json[std::to_string(lag)] = count;
  return json;
}

}  // namespace

std::string StepLine(const StepPlace& place, const StepStats& stats,
                     const RoundGroups& round) {
  Json json;
  json["step"] = place.step;
  json["round"] = place.round;
  json["inner"] = place.inner;
  json["version"] = place.round;
  json["time"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", place.time, absl::UTCTimeZone());
  json["groups"] = stats.groups;
  json["completions"] = stats.completions;
  json["tokens"] = stats.tokens;
  json["zero_spread"] = stats.zero_spread;
  json["loss"] = stats.loss;
  json["parts"] = stats.parts;
  json["reward"] = Rewards(round);
  if (stats.elbo.has_value()) json["elbo"] = *stats.elbo;
  if (stats.eubo.has_value()) json["eubo"] = *stats.eubo;
  if (stats.gap.has_value()) json["gap"] = *stats.gap;
  json["advantage_abs"] = stats.advantage_abs;
  json["advantage_stddev"] = stats.advantage_stddev;
  json["grad_norm"] = stats.grad_norm;
  json["clipped"] = stats.clipped;
  json["update_ratio"] = stats.update_ratio;
  json["lr"] = stats.lr;
  json["staleness"] = Staleness(round);
  json["seconds"] = stats.seconds;
  json["chain"] = place.chain.ToHex();
  return json.dump();
}

}  // namespace mdrl
