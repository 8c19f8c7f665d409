#include "client/rpc/score_link.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/net/channel.h"
#include "common/net/grpc_status.h"
#include "common/net/retry.h"
#include "common/wire/score_wire.h"

namespace mdrl {
namespace {

constexpr absl::Duration kListTasks = absl::Seconds(5);
constexpr absl::Duration kScoreAttempt = absl::Seconds(15);
constexpr absl::Duration kScoreTotal = absl::Seconds(60);

// What cannot be read is the service's fault, not the caller's.
absl::Status NotBelieved(const std::string& address,
                         const absl::Status& status) {
  return absl::DataLossError(
      absl::StrCat("reward service ", address,
                   ": its answer is not believed: ", status.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ScoreLink>> ScoreLink::Connect(
    const std::string& address, absl::Duration timeout) {
  MDRL_ASSIGN_OR_RETURN(auto channel, MakeChannel(address));
  return std::unique_ptr<ScoreLink>(
      new ScoreLink(address, timeout, v1::RewardService::NewStub(channel)));
}

ScoreLink::ScoreLink(std::string address, absl::Duration timeout,
                     std::unique_ptr<v1::RewardService::Stub> stub)
    : address_(std::move(address)), timeout_(timeout), stub_(std::move(stub)) {}

template <typename Request, typename Response>
absl::StatusOr<Response> ScoreLink::Call(
    grpc::Status (v1::RewardService::Stub::*method)(grpc::ClientContext*,
                                                    const Request&, Response*),
    const Request& request, absl::Duration limit, absl::Duration total) const {
  RetryOptions options;
  options.total = total;
  Response response;
  const absl::Status status = CallWithRetry(options, Clock::Real(), [&] {
    grpc::ClientContext context;
    const absl::Duration wait =
        timeout_ > absl::ZeroDuration() ? timeout_ : limit;
    context.set_deadline(std::chrono::system_clock::now() +
                         absl::ToChronoMilliseconds(wait));
    response.Clear();
    return FromGrpcStatus((stub_.get()->*method)(&context, request, &response));
  });
  if (status.ok()) return response;
  const absl::Status told =
      WithContext(status, absl::StrCat("reward service ", address_));
  return absl::IsUnavailable(told) || absl::IsDeadlineExceeded(told)
             ? OrReason(told, reason::kPeerUnreachable)
             : told;
}

absl::StatusOr<TaskListing> ScoreLink::ListTasks(absl::Duration patience) {
  MDRL_ASSIGN_OR_RETURN(
      const auto response,
      (Call<v1::ListTasksRequest, v1::ListTasksResponse>(
          &v1::RewardService::Stub::ListTasks, {}, kListTasks, patience)));
  absl::StatusOr<TaskListing> listing = FromProto(response);
  if (!listing.ok()) return NotBelieved(address_, listing.status());
  return listing;
}

absl::StatusOr<Score> ScoreLink::ScoreText(
    const std::string& task, const std::string& rubric,
    const std::map<std::string, double>& weights, const std::string& truth,
    const std::string& text) {
  ScoreRequest request;
  request.prompt.task = task;
  request.prompt.truth = truth;
  request.rubric = rubric;
  request.weights = weights;
  request.texts = {{0, text}};
  MDRL_ASSIGN_OR_RETURN(const auto response,
                        (Call<v1::ScoreRequest, v1::ScoreResponse>(
                            &v1::RewardService::Stub::Score, ToProto(request),
                            kScoreAttempt, kScoreTotal)));
  absl::StatusOr<ScoreReply> reply = FromProto(response);
  if (!reply.ok()) return NotBelieved(address_, reply.status());
  if (reply->items.size() != 1 || reply->items[0].index != 0) {
    return NotBelieved(
        address_, absl::DataLossError(absl::StrCat(reply->items.size(),
                                                   " scores for one text")));
  }
  if (reply->items[0].score.outcome == Outcome::kServiceError) {
    return absl::UnavailableError(absl::StrCat(
        "reward service ", address_, ": it could not score the text"));
  }
  return std::move(reply->items[0].score);
}

}  // namespace mdrl
