#include "client/command/health.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "client/rpc/health_check.h"

namespace mdrl {
namespace {

const char* Word(Health health) {
  switch (health) {
    case Health::kServing:
      return "SERVING";
    case Health::kBadArguments:
      return "BAD_ARGUMENTS";
    case Health::kNoConnection:
      return "NO_CONNECTION";
    case Health::kCallFailed:
      return "CALL_FAILED";
    case Health::kNotServing:
      break;
  }
  return "NOT_SERVING";
}

}  // namespace

int RunHealth(const Session& session, const HealthOptions& options,
              Clock& clock) {
  const std::string& target =
      options.target.empty() ? session.learner : options.target;
  const absl::Duration timeout = session.timeout > absl::ZeroDuration()
                                     ? session.timeout
                                     : absl::Seconds(2);
  const auto tell = [&](const HealthAnswer& answer) {
    if (session.json) {
      const nlohmann::ordered_json json = {{"target", target},
                                           {"service", options.service},
                                           {"health", Word(answer.health)},
                                           {"text", answer.text}};
      *session.out << json.dump() << std::endl;
    } else {
      *session.out << answer.text << std::endl;
    }
  };
  HealthAnswer answer = CheckHealth(target, options.service, timeout);
  tell(answer);
  while (options.watch && answer.health != Health::kBadArguments &&
         answer.health != Health::kNoConnection) {
    clock.SleepFor(absl::Seconds(1));
    const HealthAnswer next = CheckHealth(target, options.service, timeout);
    if (next.text != answer.text) tell(next);
    answer = next;
  }
  return static_cast<int>(answer.health);
}

}  // namespace mdrl
