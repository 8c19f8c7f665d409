#include "client/command/health.h"

#include <ostream>

#include "client/rpc/health_check.h"

namespace mdrl {

int RunHealth(const Session& session, const HealthOptions& options,
              Clock& clock) {
  const std::string& target =
      options.target.empty() ? session.learner : options.target;
  const absl::Duration timeout = session.timeout > absl::ZeroDuration()
                                     ? session.timeout
                                     : absl::Seconds(2);
  HealthAnswer answer = CheckHealth(target, options.service, timeout);
  *session.out << answer.text << "\n";
  while (options.watch && answer.health != Health::kBadArguments &&
         answer.health != Health::kNoConnection) {
    clock.SleepFor(absl::Seconds(1));
    const HealthAnswer next = CheckHealth(target, options.service, timeout);
    if (next.text != answer.text) *session.out << next.text << std::endl;
    answer = next;
  }
  return static_cast<int>(answer.health);
}

}  // namespace mdrl
