#include "services/learner/door/run_door.h"

#include <deque>
#include <memory>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "common/net/grpc_status.h"
#include "common/sync/mutex.h"
#include "common/wire/build_wire.h"
#include "common/wire/fields.h"
#include "services/learner/door/desk_wire.h"
#include "services/learner/door/steering_wire.h"
#include "services/learner/door/unary.h"

namespace mdrl {
namespace {

// Events of one page read from the ledger; few enough to be read in a callback.
constexpr size_t kPage = 64;

// At any time either a write is under way or the stream is parked with the
// feed; whichever of them fails ends it. A wake and a cancellation may race:
// whoever finds the parking still pending goes on.
class EventStream final : public grpc::ServerWriteReactor<v1::Event> {
 public:
  EventStream(EventFeed& feed, const v1::WatchRequest& request)
      : feed_(feed),
        after_(request.after_seq()),
        kinds_(request.kinds().begin(), request.kinds().end()) {
    Next();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      Next();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }
  void OnCancel() override {
    if (parking_->Cancel()) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  // Outlives the stream for as long as the feed may still wake it.
  class Parking {
   public:
    // False: cancelled before.
    bool Begin() {
      MutexLock lock(mutex_);
      pending_ = !cancelled_;
      return pending_;
    }
    bool Wake() {
      MutexLock lock(mutex_);
      return std::exchange(pending_, false);
    }
    bool Cancel() {
      MutexLock lock(mutex_);
      cancelled_ = true;
      return std::exchange(pending_, false);
    }

   private:
    Mutex mutex_;
    bool pending_ MDRL_GUARDED_BY(mutex_) = false;
    bool cancelled_ MDRL_GUARDED_BY(mutex_) = false;
  };

  void Next() {
    while (page_.empty()) {
      auto events = feed_.Read(after_, kPage);
      if (!events.ok()) {
        Finish(ToGrpcStatus(events.status()));
        return;
      }
      if (events->empty()) {
        Park();
        return;
      }
      after_ = events->back().seq;
      for (StoredEvent& event : *events) {
        if (kinds_.empty() || kinds_.contains(event.kind)) {
          page_.push_back(std::move(event));
        }
      }
    }
    message_ = ToProto(page_.front());
    page_.pop_front();
    StartWrite(&message_);
  }

  void Park() {
    if (!parking_->Begin()) {
      Finish(grpc::Status::CANCELLED);
      return;
    }
    // From here on the stream may be gone: a wake can come at once.
    feed_.Park(after_, [this, parking = parking_](const absl::Status& status) {
      if (!parking->Wake()) return;
      if (status.ok()) {
        Next();
      } else {
        Finish(ToGrpcStatus(status));
      }
    });
  }

  EventFeed& feed_;
  uint64_t after_;
  const std::set<std::string> kinds_;
  std::deque<StoredEvent> page_;
  v1::Event message_;
  const std::shared_ptr<Parking> parking_ = std::make_shared<Parking>();
};

}  // namespace

RunDoor::RunDoor(FrontDesk& desk, EventFeed& feed, const RunBoard& board,
                 std::string run_name, Build build)
    : desk_(desk),
      feed_(feed),
      board_(board),
      run_name_(std::move(run_name)),
      build_(std::move(build)) {}

v1::Status RunDoor::Complete(const RunStatus& status) const {
  v1::Status wire = ToProto(status);
  wire.set_run(run_name_);
  *wire.mutable_build() = ToProto(build_);
  const RunBoard::Facts facts = board_.facts();
  wire.set_step(facts.step);
  wire.set_chain(facts.chain.ToHex());
  if (!facts.checkpoint.name.empty()) {
    v1::CheckpointInfo& to = *wire.mutable_last_checkpoint();
    to.set_name(facts.checkpoint.name);
    to.set_step(facts.checkpoint.step);
    to.set_round(facts.checkpoint.round);
    to.set_version(facts.checkpoint.version);
    to.set_valid(true);
    to.mutable_time()->set_seconds(absl::ToUnixSeconds(facts.checkpoint.time));
  }
  return wire;
}

RunDoor::Unary* RunDoor::GetStatus(Context* context,
                                   const v1::GetStatusRequest* request,
                                   v1::Status* response) {
  Unary* const reactor = context->DefaultReactor();
  *response =
      Complete(desk_.Status(request->with_workers(), request->with_sets()));
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<v1::Event>* RunDoor::Watch(
    Context*, const v1::WatchRequest* request) {
  return new EventStream(feed_, *request);
}

RunDoor::Unary* RunDoor::Evaluate(Context* context,
                                  const v1::EvaluateRequest* request,
                                  v1::Evaluation* response) {
  return Translated(
      context, *request, limit::kEvaluate, [&](auto call, auto* reactor) {
        desk_.Evaluate(std::move(call),
                       Answering<EvaluationView>(reactor, response));
      });
}

RunDoor::Unary* RunDoor::GetEvaluation(Context* context,
                                       const v1::GetEvaluationRequest* request,
                                       v1::Evaluation* response) {
  Unary* const reactor = context->DefaultReactor();
  const auto id =
      ReadId<EvaluationId>(request->evaluation_id(), "evaluation_id");
  const auto wait = ReadDuration(request->wait(), "wait");
  if (!id.ok() || !wait.ok()) {
    reactor->Finish(ToGrpcStatus(id.ok() ? wait.status() : id.status()));
    return reactor;
  }
  desk_.GetEvaluation(*id, *wait, request->cancel(),
                      Answering<EvaluationView>(reactor, response));
  return reactor;
}

RunDoor::Unary* RunDoor::Drain(Context* context,
                               const v1::DrainRequest* request,
                               v1::Status* response) {
  return Translated(
      context, *request, limit::kSmall, [&](auto call, auto* reactor) {
        desk_.Drain(std::move(call), Completing(reactor, response));
      });
}

Answer<RunStatus> RunDoor::Completing(Unary* reactor,
                                      v1::Status* response) const {
  return [this, reactor, response](absl::StatusOr<RunStatus> status) {
    if (status.ok()) *response = Complete(*status);
    reactor->Finish(ToGrpcStatus(status.status()));
  };
}

RunDoor::Unary* RunDoor::Explain(Context* context,
                                 const v1::ExplainRequest* request,
                                 v1::Explanation* response) {
  Unary* const reactor = context->DefaultReactor();
  const auto answer = Answering<ExplainView>(reactor, response);
  const absl::Status fits =
      CheckText(request->subject(), kMaxNameBytes, "subject");
  if (fits.ok()) {
    answer(desk_.Explain(request->subject()));
  } else {
    answer(fits);
  }
  return reactor;
}

RunDoor::Unary* RunDoor::GetCompletion(Context* context,
                                       const v1::GetCompletionRequest* request,
                                       v1::Provenance* response) {
  return Translated(
      context, *request, limit::kSmall, [&](auto call, auto* reactor) {
        Answering<CompletionView>(reactor, response)(desk_.GetCompletion(call));
      });
}

RunDoor::Unary* RunDoor::Pause(Context* context, const v1::RunCommand* request,
                               v1::Status* response) {
  return Translated(
      context, *request, limit::kSmall, [&](auto call, auto* reactor) {
        desk_.Pause(std::move(call), Completing(reactor, response));
      });
}

RunDoor::Unary* RunDoor::Resume(Context* context, const v1::RunCommand* request,
                                v1::Status* response) {
  return Translated(
      context, *request, limit::kSmall, [&](auto call, auto* reactor) {
        desk_.Resume(std::move(call), Completing(reactor, response));
      });
}

RunDoor::Unary* RunDoor::Generate(Context* context,
                                  const v1::GenerateRequest* request,
                                  v1::GenerateResponse* response) {
  return Translated(
      context, *request, limit::kGenerate, [&](auto call, auto* reactor) {
        desk_.Generate(std::move(call),
                       Answering<GenerateReply>(reactor, response));
      });
}

RunDoor::Unary* RunDoor::Checkpoint(Context* context, const v1::RunCommand*,
                                    v1::CheckpointInfo*) {
  return NotServed(context, "Checkpoint");
}

RunDoor::Unary* RunDoor::Rollback(Context* context, const v1::RollbackRequest*,
                                  v1::PolicyRef*) {
  return NotServed(context, "Rollback");
}

}  // namespace mdrl
