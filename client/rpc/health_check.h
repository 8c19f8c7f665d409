// grpc.health.v1, asked once.
#ifndef MDRL_CLIENT_RPC_HEALTH_CHECK_H_
#define MDRL_CLIENT_RPC_HEALTH_CHECK_H_

#include <string>

#include "absl/time/time.h"

namespace mdrl {

// The numbers are exit codes, those of the usual health probes.
enum class Health {
  kServing = 0,
  kBadArguments = 1,
  kNoConnection = 2,
  kCallFailed = 3,
  kNotServing = 4,
};

struct HealthAnswer {
  Health health = Health::kCallFailed;
  std::string text;  // one sentence
};

// `service`: "" alive, "ready" takes work.
HealthAnswer CheckHealth(const std::string& target, const std::string& service,
                         absl::Duration timeout);

}  // namespace mdrl

#endif  // MDRL_CLIENT_RPC_HEALTH_CHECK_H_
