#include "services/rollout/client/reward_client.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/net/channel.h"
#include "common/wire/fields.h"
#include "common/wire/score_wire.h"
#include "grpcpp/channel.h"
#include "mdrl/v1/reward.grpc.pb.h"
#include "services/rollout/client/open_calls.h"
#include "services/rollout/client/unary_call.h"

namespace mdrl {
namespace {

constexpr CallLimits kListTasks = {absl::Seconds(5), absl::Seconds(5)};

// An answer that cannot be read is the service's fault. As InvalidArgument, as
// the readers put it, it would look like a request that is.
absl::Status NotBelieved(const absl::Status& status) {
  return absl::DataLossError(absl::StrCat(
      "the reward service's answer is not believed: ", status.message()));
}

}  // namespace

struct RewardClient::Wires {
  v1::RewardService::Stub& Next() {
    return *stubs[next.fetch_add(1) % stubs.size()];
  }

  OpenCalls calls;
  RetryBudget budget;
  std::vector<std::unique_ptr<v1::RewardService::Stub>> stubs;
  std::atomic<size_t> next{0};
};

absl::StatusOr<std::unique_ptr<RewardClient>> RewardClient::Create(
    const RewardClientOptions& options) {
  MDRL_CHECK(!options.addresses.empty()) << "no reward service";
  auto wires = std::make_unique<Wires>();
  wires->calls.CountRetriesIn(options.retries);
  for (const std::string& address : options.addresses) {
    MDRL_ASSIGN_OR_RETURN(const auto channel, MakeChannel(address));
    wires->stubs.push_back(v1::RewardService::NewStub(channel));
  }
  return std::unique_ptr<RewardClient>(
      new RewardClient(options, std::move(wires)));
}

RewardClient::RewardClient(const RewardClientOptions& options,
                           std::unique_ptr<Wires> wires)
    : options_(options), wires_(std::move(wires)) {}

RewardClient::~RewardClient() { Cancel(); }

void RewardClient::Cancel() { wires_->calls.CancelAll(); }

absl::StatusOr<ScoreReply> RewardClient::Score(const ScoreRequest& request) {
  if (request.texts.size() <= kMaxScoreTexts) return ScoreOnce(request);
  ScoreReply all;
  ScoreRequest part = request;
  for (size_t at = 0; at < request.texts.size(); at += kMaxScoreTexts) {
    const auto begin = request.texts.begin() + at;
    const size_t count = std::min(kMaxScoreTexts, request.texts.size() - at);
    part.texts.assign(begin, begin + count);
    MDRL_ASSIGN_OR_RETURN(ScoreReply reply, ScoreOnce(part));
    all.items.insert(all.items.end(),
                     std::make_move_iterator(reply.items.begin()),
                     std::make_move_iterator(reply.items.end()));
    all.build = std::move(reply.build);
    all.sandbox = std::move(reply.sandbox);
  }
  return all;
}

absl::StatusOr<ScoreReply> RewardClient::ScoreOnce(
    const ScoreRequest& request) {
  const v1::ScoreRequest wire = ToProto(request);
  MDRL_ASSIGN_OR_RETURN(
      const auto response,
      CallUnary<v1::ScoreResponse>(
          wires_->calls, wires_->budget,
          {options_.score_attempt, options_.score_total,
           options_.score_attempts},
          [&](grpc::ClientContext& context, v1::ScoreResponse* out) {
            return wires_->Next().Score(&context, wire, out);
          }));
  absl::StatusOr<ScoreReply> reply = FromProto(response);
  if (!reply.ok()) return NotBelieved(reply.status());
  return reply;
}

absl::StatusOr<TaskListing> RewardClient::ListTasks() {
  MDRL_ASSIGN_OR_RETURN(
      const auto response,
      CallUnary<v1::ListTasksResponse>(
          wires_->calls, wires_->budget, kListTasks,
          [&](grpc::ClientContext& context, v1::ListTasksResponse* out) {
            return wires_->Next().ListTasks(&context, v1::ListTasksRequest(),
                                            out);
          }));
  absl::StatusOr<TaskListing> listing = FromProto(response);
  if (!listing.ok()) return NotBelieved(listing.status());
  return listing;
}

}  // namespace mdrl
