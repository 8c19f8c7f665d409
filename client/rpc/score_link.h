// The calls of a user to a reward service, ours or anybody's.
//
// Thread-safe. An unreachable service is Unavailable PEER_UNREACHABLE, naming
// its address; an answer that is none is DataLoss.
#ifndef MDRL_CLIENT_RPC_SCORE_LINK_H_
#define MDRL_CLIENT_RPC_SCORE_LINK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/record/rollout_calls.h"
#include "mdrl/v1/reward.grpc.pb.h"

namespace mdrl {

class ScoreLink {
 public:
  // Connects lazily. `timeout`, if not zero, replaces each call's own deadline.
  static absl::StatusOr<std::unique_ptr<ScoreLink>> Connect(
      const std::string& address,
      absl::Duration timeout = absl::ZeroDuration());

  // Asked again for up to `patience`: the service may be starting.
  absl::StatusOr<TaskListing> ListTasks(absl::Duration patience);
  // One text by one rubric. A queue that is full is waited for.
  absl::StatusOr<Score> ScoreText(const std::string& task,
                                  const std::string& rubric,
                                  const std::map<std::string, double>& weights,
                                  const std::string& truth,
                                  const std::string& text);

 private:
  ScoreLink(std::string address, absl::Duration timeout,
            std::unique_ptr<v1::RewardService::Stub> stub);

  // Calls with a deadline of `limit`, repeatedly until `total` is over.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::RewardService::Stub::*method)(
                                    grpc::ClientContext*, const Request&,
                                    Response*),
                                const Request& request, absl::Duration limit,
                                absl::Duration total) const;

  const std::string address_;
  const absl::Duration timeout_;
  const std::unique_ptr<v1::RewardService::Stub> stub_;
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_RPC_SCORE_LINK_H_
