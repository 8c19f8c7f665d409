// The one place where the learner's doors, its loop and tests in one process
// meet: who gets which work, what counts, and what is told to whom.
//
//   doors ─Register, Lease, Renew, SubmitGroup, ReturnLease─▶ ┌────────────┐
//   users ─BeginPromptSet, Evaluate, Drain, Status──────────▶ │ front desk │
//   loop  ─TakeRound … OnRoundTrained, Publish──────────────▶ └────────────┘
//
// Calls never block; each is answered once, by a callback, possibly before the
// call returns and from any thread, with no lock held. Only TakeRound and
// AwaitEvaluation block; Stop() and Close() wake them. What a call changes is
// in the ledger before it is answered; when the disk refuses, answers wait,
// new work is not accepted (ResourceExhausted), and nothing is lost.
//
// Every refusal is one sentence; where a program must branch, the status
// carries the payload "mdrl.reason" (EPOCH_CHANGED, REGISTRATION_UNKNOWN,
// NAME_IN_USE, ..., LEDGER_SLOW) and starts with it.
//
// Thread-safe. Time comes from the Clock at every call; the owner calls Tick()
// a few times per second (a PeriodicTask) for everything that ends by time.
#ifndef MDRL_SERVICES_LEARNER_DESK_FRONT_DESK_H_
#define MDRL_SERVICES_LEARNER_DESK_FRONT_DESK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/metrics/registry.h"
#include "common/record/rollout_calls.h"
#include "common/record/snapshot.h"
#include "common/sync/mutex.h"
#include "services/learner/buffer/group_buffer.h"
#include "services/learner/desk/desk_calls.h"
#include "services/learner/desk/desk_metrics.h"
#include "services/learner/desk/desk_options.h"
#include "services/learner/desk/evaluation_book.h"
#include "services/learner/desk/generation_book.h"
#include "services/learner/desk/journal.h"
#include "services/learner/desk/lease_calls.h"
#include "services/learner/desk/prompt_set_submission.h"
#include "services/learner/desk/prompt_spool.h"
#include "services/learner/explain/run_facts.h"
#include "services/learner/explain/watchdog.h"
#include "services/learner/ledger/ledger.h"
#include "services/learner/ledger/reader.h"
#include "services/learner/policy/snapshot_store.h"
#include "services/learner/work/lease_table.h"
#include "services/learner/work/loop_phase.h"
#include "services/learner/work/prompt_set.h"
#include "services/learner/work/token_rate.h"
#include "services/learner/work/worker_table.h"

namespace mdrl {

struct RecoveredRun;

class FrontDesk {
 public:
  // A new run. `clock` and `ledger` outlive the desk.
  FrontDesk(DeskOptions options, Clock& clock, Ledger& ledger)
      : FrontDesk(std::move(options), clock, ledger, 0) {}
  // The same for a run that goes on. `recovered` is what the ledger knew
  // at the start; groups of unfinished rounds are in the
  // buffer afterwards. No work is given out before the first Publish.
  // DataLoss: the ledger names prompts, groups or tickets that it lacks.
  static absl::StatusOr<std::unique_ptr<FrontDesk>> Create(
      DeskOptions options, Clock& clock, Ledger& ledger,
      const RecoveredRun& recovered);
  // Waits for the ledger to answer what it was given.
  ~FrontDesk();

  // --- rollout workers (docs/protocol.md) ---

  // FailedPrecondition: this worker doesn't fit the run, or its name is taken.
  void Register(RegisterRequest request, Answer<RegisterReply> answer)
      MDRL_EXCLUDES(mutex_);
  // Answered when there is work, `wait` is over (empty, with the reason), or
  // the run drains. The last reply per registration is kept for re-sends.
  void Lease(LeaseRequest request, Answer<LeaseReply> answer)
      MDRL_EXCLUDES(mutex_);
  // Never waits for the ledger.
  absl::StatusOr<RenewReply> Renew(const RenewRequest& request)
      MDRL_EXCLUDES(mutex_);
  // DataLoss: the hash is not the content's. FailedPrecondition: no such
  // lease, versions outside it, or a shape that is not the lease's.
  // ResourceExhausted LEDGER_SLOW: later.
  void SubmitGroup(SubmitGroupRequest request, Answer<SubmitGroupReply> answer)
      MDRL_EXCLUDES(mutex_);
  void ReturnLease(ReturnLeaseRequest request, Answer<ReturnLeaseReply> answer)
      MDRL_EXCLUDES(mutex_);
  // Nobody listens to this Lease call any more: if it is still parked, it ends
  // and gets no work.
  void AbandonLease(const Caller& caller) MDRL_EXCLUDES(mutex_);

  // --- policies ---

  // A caller without a registration is a user. See SnapshotStore for the rest.
  absl::StatusOr<SnapshotStore::WatcherId> WatchPolicy(const Caller& caller)
      MDRL_EXCLUDES(mutex_);
  void NextPolicyEvent(SnapshotStore::WatcherId watcher,
                       Answer<PolicyEvent> answer) {
    store_.NextEvent(watcher, std::move(answer));
  }
  void UnwatchPolicy(SnapshotStore::WatcherId watcher) {
    store_.RemoveWatcher(watcher);
  }
  // By manifest hash, or by version alone. NotFound + the oldest retained.
  absl::StatusOr<std::shared_ptr<const Snapshot>> GetSnapshot(
      const PolicyRef& policy) const {
    return store_.Find(policy);
  }
  const SnapshotStore& snapshots() const { return store_; }

  // --- users ---

  // Opens a submission; nothing of it is kept unless its Finish succeeds. The
  // submission must not outlive the desk. InvalidArgument: task, name, count.
  absl::StatusOr<std::unique_ptr<PromptSetSubmission>> BeginPromptSet(
      PromptSetHeader header) MDRL_EXCLUDES(mutex_);
  // By hash, or by name where the hash is zero. NotFound.
  absl::StatusOr<PromptSetView> GetPromptSet(const Digest& sha256,
                                             std::string_view name) const
      MDRL_EXCLUDES(mutex_);
  // In the order of submission; 0: 100 per page.
  absl::StatusOr<PromptSetPage> ListPromptSets(
      uint32_t page_size, const std::string& page_token) const
      MDRL_EXCLUDES(mutex_);
  // Pauses, resumes or retires a set, or lets quarantined prompts in again. A
  // retired set's tickets without a group are CANCELLED: in training another
  // prompt takes their places. Answered after the commit. NotFound;
  // FailedPrecondition: it is retired, or would move between training and
  // evaluation.
  void SetPromptSetState(SetPromptSetStateRequest request,
                         Answer<PromptSetView> answer) MDRL_EXCLUDES(mutex_);
  // No training work is lent and no step begins until Resume, also across a
  // restart; what a person asks for goes on. Answered after the commit.
  void Pause(RunCommand request, Answer<RunStatus> answer)
      MDRL_EXCLUDES(mutex_);
  void Resume(RunCommand request, Answer<RunStatus> answer)
      MDRL_EXCLUDES(mutex_);
  // Reads the ledger. NotFound: no such group was ever lent.
  absl::StatusOr<CompletionView> GetCompletion(
      const CompletionRequest& request) const;
  // Answered once a worker has decoded it, within two minutes. Nothing of it is
  // journalled. ResourceExhausted: 16 are waiting; FailedPrecondition: its
  // version is not kept any more.
  void Generate(GenerateRequest request, Answer<GenerateReply> answer)
      MDRL_EXCLUDES(mutex_);
  // What the run, a ticket, group, worker or prompt set waits for. NotFound.
  absl::StatusOr<ExplainView> Explain(const std::string& subject) const
      MDRL_EXCLUDES(mutex_);
  // Prompts a pinned version with sets. Answered after the ledger's commit.
  // ResourceExhausted: 4 evaluations are running.
  void Evaluate(EvaluateRequest request, Answer<EvaluationView> answer)
      MDRL_EXCLUDES(mutex_);
  // Answered when the evaluation is over or `wait` has passed. NotFound.
  void GetEvaluation(const EvaluationId& id, absl::Duration wait, bool cancel,
                     Answer<EvaluationView> answer) MDRL_EXCLUDES(mutex_);
  // A worker: it gets no new leases. The run: open tickets finish, then
  // TakeRound says OutOfRange.
  void Drain(DrainRequest request, Answer<RunStatus> answer)
      MDRL_EXCLUDES(mutex_);
  RunStatus Status(bool with_workers, bool with_sets) const
      MDRL_EXCLUDES(mutex_);

  // --- the learner's loop ---

  // Blocks for the next round. OutOfRange: the run is complete (its limit, or
  // drained). Cancelled: Stop() or Close(). Else why the desk had to give up.
  absl::StatusOr<RoundGroups> TakeRound() MDRL_EXCLUDES(mutex_);
  // The round's last step is committed: its tickets are TRAINED.
  // REQUIRES: the round was taken and is the oldest not trained.
  void OnRoundTrained(uint64_t round) MDRL_EXCLUDES(mutex_);
  // Makes `snapshot` the newest policy, wakes watchers, issues the tickets
  // that it allows. REQUIRES: rounds before its version are trained.
  void Publish(std::shared_ptr<const Snapshot> snapshot) MDRL_EXCLUDES(mutex_);
  // Blocks until the evaluation is over. Cancelled as in TakeRound; NotFound.
  absl::StatusOr<EvaluationView> AwaitEvaluation(const EvaluationId& id)
      MDRL_EXCLUDES(mutex_);
  // Blocks until there is any prompt set, or the desk stops (Cancelled).
  absl::Status AwaitPrompts() MDRL_EXCLUDES(mutex_);
  // Blocks while the run is paused. Cancelled as in TakeRound.
  absl::Status AwaitResumed() MDRL_EXCLUDES(mutex_);
  // What the loop does between those calls. TakeRound, OnRoundTrained and
  // Publish say it themselves. `detail`: "round 3 of 7".
  void EnterPhase(LoopPhase phase, std::string detail) MDRL_EXCLUDES(mutex_);

  // Sets the gauges that a scrape reads; to be called before each.
  void RefreshMetrics() MDRL_EXCLUDES(mutex_);

  // --- time, the beginning and the end ---

  // Between these two calls only reads are answered.
  void BeginStart() MDRL_EXCLUDES(mutex_);
  void EndStart() MDRL_EXCLUDES(mutex_);
  // For the watchdog: groups in the ledger, and what the loop completed.
  Watchdog::Progress Progress() const MDRL_EXCLUDES(mutex_);
  // Records an event `kind` that tells the chain's cause.
  void NoteStandstill(const std::string& kind, const FindingChain& chain,
                      absl::Duration standstill) MDRL_EXCLUDES(mutex_);
  // Ends the run with `why`: the loop's calls return it from now on.
  void Fail(const absl::Status& why) MDRL_EXCLUDES(mutex_);

  // Ends leases, workers and waits whose time is over; tries the ledger again.
  void Tick() MDRL_EXCLUDES(mutex_);
  // No new grants; Lease answers `why` (DRAINING or FINISHED); TakeRound is
  // Cancelled. Submissions are still taken.
  void Stop(Reason why) MDRL_EXCLUDES(mutex_);
  // Stop, and answers everything that is parked. May be repeated.
  void Close() MDRL_EXCLUDES(mutex_);

 private:
  friend class PromptSetSubmission;
  // Callbacks to run once the lock is released.
  using Outbox = std::vector<std::function<void()>>;

  FrontDesk(DeskOptions options, Clock& clock, Ledger& ledger,
            uint64_t next_round);
  // front_desk_recover.cc
  absl::Status Recover(const RecoveredRun& recovered) MDRL_EXCLUDES(mutex_);
  absl::Status RecoverTicketsLocked(const RecoveredRun& recovered)
      MDRL_REQUIRES(mutex_);
  // Looks up what an earlier epoch answered to a user's request.
  void Recall(const RequestId& request_id) MDRL_EXCLUDES(mutex_);

  // front_desk.cc
  void OnCommit(const absl::StatusOr<uint64_t>& seq) MDRL_EXCLUDES(mutex_);
  void FailLocked(const absl::Status& why, Outbox& outbox)
      MDRL_REQUIRES(mutex_);
  void BreakLocked(const absl::Status& why) MDRL_REQUIRES(mutex_);
  void EndWaitsLocked(absl::Time now, Outbox& outbox) MDRL_REQUIRES(mutex_);
  absl::Status ServingLocked() const MDRL_REQUIRES(mutex_);
  static void RunAll(Outbox& outbox);
  // At once if everything decided so far is durable.
  template <typename T>
  void AnswerAfterCommitLocked(const Answer<T>& answer, T value, Outbox& outbox)
      MDRL_REQUIRES(mutex_) {
    if (journal_.idle()) {
      outbox.push_back([answer, value = std::move(value)] { answer(value); });
      return;
    }
    journal_.AfterCommit([answer, value = std::move(value)](
                             const absl::StatusOr<uint64_t>& seq, Outbox& out) {
      out.push_back([answer, value, status = seq.status()] {
        if (status.ok()) {
          answer(value);
        } else {
          answer(status);
        }
      });
    });
  }

  // front_desk_leases.cc
  absl::Status RegisterLocked(const RegisterRequest& request,
                              const Answer<RegisterReply>& answer,
                              Outbox& outbox) MDRL_REQUIRES(mutex_);
  void NoteRefusedLocked(const std::string& name, const absl::Status& why,
                         absl::Time now) MDRL_REQUIRES(mutex_);
  bool CanDoLocked(const Worker& worker, const Ticket& ticket) const
      MDRL_REQUIRES(mutex_);
  absl::StatusOr<mdrl::Lease> MakeLeaseLocked(const Ticket& ticket) const
      MDRL_REQUIRES(mutex_);
  std::string RubricOf(Purpose purpose, const std::string& task) const;
  absl::StatusOr<StoredPrompt> PromptOfLocked(const Ticket& ticket) const
      MDRL_REQUIRES(mutex_);
  const GenerationBook::Generation* GenerationLocked(const Ticket& ticket) const
      MDRL_REQUIRES(mutex_);
  uint64_t PhiloxKeyOf(const Ticket& ticket) const MDRL_REQUIRES(mutex_);
  uint32_t GroupSizeLocked(const Ticket& ticket) const MDRL_REQUIRES(mutex_);
  const DecodeSettings& DecodeLocked(const Ticket& ticket) const
      MDRL_REQUIRES(mutex_);
  // Answers a parked call, or has its answer wait for the disk; false if it
  // must go on waiting for work.
  bool TryAnswerLocked(const LeaseCalls::Parked& call, Outbox& outbox)
      MDRL_REQUIRES(mutex_);
  void PumpLocked(Outbox& outbox) MDRL_REQUIRES(mutex_);
  Reason NoWorkBecauseLocked(const Worker& worker) const MDRL_REQUIRES(mutex_);
  // Journals what ended, quarantines, gives tickets other prompts.
  void EndedLocked(const Endings& endings, Outbox& outbox)
      MDRL_REQUIRES(mutex_);

  // front_desk_submit.cc
  absl::Status SubmitLocked(SubmitGroupRequest& request, std::string body,
                            const Answer<SubmitGroupReply>& answer,
                            Outbox& outbox) MDRL_REQUIRES(mutex_);
  absl::Status CheckShapeLocked(const Group& group, const Ticket& ticket) const
      MDRL_REQUIRES(mutex_);
  void AcceptLocked(Group group, StoredPrompt prompt,
                    const LeaseTable::Submission& submission, std::string body,
                    const Answer<SubmitGroupReply>& answer)
      MDRL_REQUIRES(mutex_);
  void AnswerGenerationLocked(Group group,
                              const LeaseTable::Submission& submission,
                              const Answer<SubmitGroupReply>& answer,
                              Outbox& outbox) MDRL_REQUIRES(mutex_);
  void TakeInLocked(ScoredGroup group, Outbox& outbox) MDRL_REQUIRES(mutex_);

  // front_desk_rounds.cc
  void IssueLocked() MDRL_REQUIRES(mutex_);
  void FillVacantLocked() MDRL_REQUIRES(mutex_);
  void JournalCursorLocked(const Digest& set_sha256) MDRL_REQUIRES(mutex_);
  void EndRoundsLocked(Outbox& outbox) MDRL_REQUIRES(mutex_);
  void NoteRoundLocked(uint64_t round) MDRL_REQUIRES(mutex_);

  // front_desk_users.cc
  void FinishPromptSet(PromptSetSubmission& submission,
                       Answer<PromptSetView> answer) MDRL_EXCLUDES(mutex_);
  absl::Status AddPromptSetLocked(PromptSetSubmission& submission,
                                  const Answer<PromptSetView>& answer,
                                  Outbox& outbox) MDRL_REQUIRES(mutex_);
  // A set on its way from the spool into the ledger.
  struct AddingSet {
    PromptSet set;
    PromptSpool spool;
    RequestId request_id;
    Digest body;
    uint64_t written = 0;  // prompts
    Answer<PromptSetView> first;
    std::vector<Answer<PromptSetView>> also;  // the same content again
  };
  void WriteNextPartLocked(const std::shared_ptr<AddingSet>& adding,
                           Outbox& outbox) MDRL_REQUIRES(mutex_);
  void EndAddingLocked(AddingSet& adding, const absl::Status& status,
                       Outbox& outbox) MDRL_REQUIRES(mutex_);
  void RememberLocked(const RequestId& request_id, const std::string& rpc,
                      const Digest& body, const std::string& reply)
      MDRL_REQUIRES(mutex_);
  static PromptSetView ViewOf(const PromptSet& set);

  // front_desk_control.cc
  void SetPaused(bool paused, RunCommand request, Answer<RunStatus> answer)
      MDRL_EXCLUDES(mutex_);
  void PauseLocked(bool paused, const std::string& why) MDRL_REQUIRES(mutex_);
  // True: the same request was answered before. InvalidArgument: another was.
  absl::StatusOr<bool> RememberedLocked(const RequestId& request_id,
                                        const Digest& body) const
      MDRL_REQUIRES(mutex_);
  void ChangePromptSetLocked(const PromptSet& set,
                             const SetPromptSetStateRequest& request,
                             Outbox& outbox) MDRL_REQUIRES(mutex_);
  void CancelTicketsOfLocked(const Digest& sha256, Outbox& outbox)
      MDRL_REQUIRES(mutex_);

  // front_desk_completions.cc
  uint64_t PhiloxKeyOf(Purpose purpose, const Digest& set_sha256,
                       uint64_t index, const GroupId& group_id) const;
  std::string TextOf(const Completion& completion) const;

  // front_desk_generate.cc
  absl::Status GenerateLocked(const GenerateRequest& request,
                              const Answer<GenerateReply>& answer)
      MDRL_REQUIRES(mutex_);
  absl::StatusOr<GenerationBook::Generation> GenerationOf(
      const GenerateRequest& request) const;
  absl::StatusOr<GenerationBook::Generation> ReplayOf(const GroupId& id) const;
  void GenerationOverLocked(uint64_t ticket, absl::StatusOr<Group> group,
                            Outbox& outbox) MDRL_REQUIRES(mutex_);
  void EndGenerationsLocked(absl::Time now, const absl::Status& why,
                            Outbox& outbox) MDRL_REQUIRES(mutex_);

  // front_desk_evaluations.cc
  absl::Status EvaluateLocked(const EvaluateRequest& request,
                              const Answer<EvaluationView>& answer,
                              Outbox& outbox) MDRL_REQUIRES(mutex_);
  absl::StatusOr<std::vector<const PromptSet*>> EvaluatedSetsLocked(
      const std::vector<Digest>& wanted) const MDRL_REQUIRES(mutex_);
  absl::Status StartEvaluationLocked(const EvaluateRequest& request,
                                     EvaluationId& id, Outbox& outbox)
      MDRL_REQUIRES(mutex_);
  void IssueEvaluationRowLocked(const EvaluationId& id, size_t place,
                                const EvaluationRow& row, Version version,
                                uint64_t max_prompts) MDRL_REQUIRES(mutex_);
  void EvaluationOverLocked(const EvaluationId& id, Outbox& outbox)
      MDRL_REQUIRES(mutex_);
  void CancelEvaluationLocked(const EvaluationId& id, Outbox& outbox)
      MDRL_REQUIRES(mutex_);

  // front_desk_status.cc
  RunStatus StatusLocked(bool with_workers, bool with_sets) const
      MDRL_REQUIRES(mutex_);

  // front_desk_explain.cc
  RunFacts FactsLocked() const MDRL_REQUIRES(mutex_);
  void LedgerFactsLocked(absl::Time now, RunFacts& facts) const
      MDRL_REQUIRES(mutex_);
  void ObserveLocked(absl::Time now) MDRL_REQUIRES(mutex_);

  // The ledger's meta key of a paused run.
  static constexpr char kPausedKey[] = "paused";

  struct Remembered {
    Digest body;
    std::string reply;
  };

  // Where nobody scrapes.
  struct UnreadMetrics {
    Registry registry;
    DeskMetrics metrics{registry, {}, absl::InfinitePast()};
  };

  const DeskOptions options_;
  Clock& clock_;
  Ledger& ledger_;
  const std::unique_ptr<UnreadMetrics> unread_;  // or null
  DeskMetrics& metrics_;
  SnapshotStore store_;
  GroupBuffer buffer_;
  std::unique_ptr<LedgerReader> reader_;  // null: the desk has failed

  mutable Mutex mutex_;
  Condition changed_;  // evaluations, prompts, the end
  Journal journal_ MDRL_GUARDED_BY(mutex_);
  PromptLibrary library_ MDRL_GUARDED_BY(mutex_);
  LeaseTable table_ MDRL_GUARDED_BY(mutex_);
  WorkerTable workers_ MDRL_GUARDED_BY(mutex_);
  LeaseCalls lease_calls_ MDRL_GUARDED_BY(mutex_);
  EvaluationBook evaluations_ MDRL_GUARDED_BY(mutex_);
  uint64_t next_evaluation_ticket_ MDRL_GUARDED_BY(mutex_) = 0;
  uint64_t evaluations_started_ MDRL_GUARDED_BY(mutex_) = 0;  // this epoch
  std::map<RequestId, Remembered> requests_ MDRL_GUARDED_BY(mutex_);
  // Sets between their check and their commit.
  std::map<Digest, std::shared_ptr<AddingSet>> adding_ MDRL_GUARDED_BY(mutex_);
  GenerationBook generations_ MDRL_GUARDED_BY(mutex_);
  uint64_t next_generation_ticket_ MDRL_GUARDED_BY(mutex_) = 0;
  struct Paused {
    std::string why;
    absl::Time since;
  };
  std::optional<Paused> paused_ MDRL_GUARDED_BY(mutex_);
  bool starting_ MDRL_GUARDED_BY(mutex_) = false;
  // What Explain looks back at: when a READY worker was seen last, and since
  // when the ledger is behind.
  absl::Time last_ready_ MDRL_GUARDED_BY(mutex_);
  std::optional<absl::Time> ledger_behind_since_ MDRL_GUARDED_BY(mutex_);
  uint64_t observed_seq_ MDRL_GUARDED_BY(mutex_) = 0;
  Watchdog::Progress progress_ MDRL_GUARDED_BY(mutex_);
  bool draining_ MDRL_GUARDED_BY(mutex_) = false;
  bool drain_checkpoint_ MDRL_GUARDED_BY(mutex_) = false;
  std::optional<Reason> stopped_ MDRL_GUARDED_BY(mutex_);
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
  absl::Status failed_ MDRL_GUARDED_BY(mutex_);
  int answering_ MDRL_GUARDED_BY(mutex_) = 0;      // commits being answered
  bool training_ MDRL_GUARDED_BY(mutex_) = false;  // a round was taken
  std::map<std::string, double> reward_mean_ MDRL_GUARDED_BY(mutex_);
  LoopPhases phases_ MDRL_GUARDED_BY(mutex_);
  struct Refused {
    absl::Status why;
    absl::Time time;
  };
  std::map<std::string, Refused> refused_ MDRL_GUARDED_BY(mutex_);  // by name
  TokenRate token_rate_ MDRL_GUARDED_BY(mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_FRONT_DESK_H_
