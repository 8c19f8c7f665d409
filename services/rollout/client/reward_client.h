// The reward services over gRPC: several addresses, asked in turn.
#ifndef MDRL_SERVICES_ROLLOUT_CLIENT_REWARD_CLIENT_H_
#define MDRL_SERVICES_ROLLOUT_CLIENT_REWARD_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "services/rollout/client/learner_link.h"

namespace mdrl {

struct RewardClientOptions {
  std::vector<std::string> addresses;  // not empty
  absl::Duration score_attempt = absl::Seconds(15);
  int score_attempts = 3;
  absl::Duration score_total = absl::Seconds(60);
  Counters* retries = nullptr;  // counted by rpc; outlives the client
};

// Thread-safe, as RewardLink says. A repeated call goes to the next address.
class RewardClient : public RewardLink {
 public:
  // InvalidArgument or PermissionDenied: an address.
  static absl::StatusOr<std::unique_ptr<RewardClient>> Create(
      const RewardClientOptions& options);
  ~RewardClient() override;

  // More texts than one request may hold go out as several. DataLoss: an
  // answer that is not one (a reward that is no finite number, an unknown
  // outcome): anybody's program may be at the other end.
  absl::StatusOr<ScoreReply> Score(const ScoreRequest& request) override;
  absl::StatusOr<TaskListing> ListTasks() override;
  void Cancel() override;

 private:
  struct Wires;

  RewardClient(const RewardClientOptions& options,
               std::unique_ptr<Wires> wires);
  absl::StatusOr<ScoreReply> ScoreOnce(const ScoreRequest& request);

  const RewardClientOptions options_;
  const std::unique_ptr<Wires> wires_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_CLIENT_REWARD_CLIENT_H_
