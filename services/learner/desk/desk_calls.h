// What users and the learner's loop say to the front desk, as plain values.
//
// The calls of rollout workers are in common/record/rollout_calls.h. Fields
// are those of proto/mdrl/v1/{prompt,run}.proto; the doors translate.
#ifndef MDRL_SERVICES_LEARNER_DESK_DESK_CALLS_H_
#define MDRL_SERVICES_LEARNER_DESK_DESK_CALLS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/group.h"
#include "common/record/lease.h"
#include "common/record/prompt.h"
#include "common/record/reason.h"
#include "common/record/snapshot.h"
#include "services/learner/explain/finding.h"
#include "services/learner/ledger/reader.h"
#include "services/learner/work/lease_table.h"
#include "services/learner/work/loop_phase.h"
#include "services/learner/work/prompt_set.h"
#include "services/learner/work/worker_table.h"

namespace mdrl {

// How an answer comes: called exactly once, from any thread, with no lock held.
template <typename T>
using Answer = std::function<void(absl::StatusOr<T>)>;

struct PromptSetHeader {
  RequestId request_id;
  std::string name;
  std::string task;
  uint64_t count = 0;
  Digest sha256;
  std::optional<double> weight;
  bool held_out = false;
  bool dry_run = false;
};

struct PromptSetView {
  Digest sha256;
  std::string name;
  std::string task;
  PromptSetState state = PromptSetState::kActive;
  uint64_t count = 0;
  std::optional<double> weight;
  uint64_t passes = 0;
  uint64_t issued = 0;
  uint64_t trained = 0;
  uint64_t over_length = 0;
  std::vector<uint64_t> quarantined;
  bool already_known = false;
};

struct PromptSetPage {
  std::vector<PromptSetView> sets;
  std::string next_page_token;  // empty: this was the last page
};

struct SetPromptSetStateRequest {
  RequestId request_id;
  Digest sha256;
  std::optional<PromptSetState> state;    // absent: stays
  std::vector<uint64_t> lift_quarantine;  // indices
};

// Pause and Resume.
struct RunCommand {
  RequestId request_id;
  std::string why;
};

// Which completion: of the group whose id begins with these bytes; or, with
// `any`, the newest accepted one for training that fits.
struct CompletionRequest {
  std::string group_id;
  uint32_t index = 0;
  bool with_text = false;
  bool any = false;
  LedgerReader::CompletionFilter filter = {};
};

struct CompletionView {
  std::optional<Prompt> prompt;  // absent if its ticket has another one now
  std::optional<Group> group;    // absent until an attempt is accepted
  uint32_t index = 0;
  std::string text;
  std::vector<LeaseKey> attempts;
  TicketState state = TicketState::kIssued;
  Reason dropped = Reason::kUnspecified;
  std::optional<uint64_t> round;
  std::vector<uint64_t> steps;  // of that round
  std::optional<double> advantage;
  std::map<std::string, double> terms;  // components of the reward
  uint64_t philox_key = 0;
  uint64_t submit_seq = 0;
  absl::Time submitted;
  Digest content_sha256;
};

// Decodes turns under a policy, or repeats a group of this run.
struct GenerateRequest {
  RequestId request_id;
  std::vector<Turn> turns;
  std::string prefill;
  std::optional<DecodeSettings> decode;  // absent: the configured ones
  uint32_t group_size = 0;               // 0: 1
  std::optional<Version> version;        // absent: the newest
  std::optional<uint64_t> seed;          // absent: the run's
  // With it the fields above stay empty.
  std::optional<GroupId> replay_group_id;
};

struct GenerateReply {
  PolicyRef policy;
  std::vector<std::string> texts;
  Group group;
};

struct ExplainView {
  FindingChain chain;
  uint64_t seq = 0;
};

struct EvaluateRequest {
  RequestId request_id;
  std::vector<Digest> set_sha256;      // empty: every HELD_OUT set
  std::optional<Version> version;      // absent: the newest
  std::vector<DecodeSettings> decode;  // empty: the configured ones
  uint64_t max_prompts = 0;            // per set; 0: all
  uint32_t group_size = 0;             // 0: the configured one
};

// A completion kept for people to look at.
struct EvaluationExample {
  Prompt prompt;
  std::vector<int32_t> tokens;
  uint32_t effective_tokens = 0;
  Score score;
};

// Counts are of completions. `extra`: sums of score components.
struct EvaluationRow {
  std::string task;
  Digest set_sha256;
  DecodeSettings decode;
  uint64_t done = 0;
  uint64_t total = 0;
  uint64_t service_errors = 0;
  uint64_t verdicts = 0;  // correct or not; 0: the rubric has no such notion
  uint64_t correct = 0;
  double reward_mean = 0.0;    // over those that have a reward
  double reward_stddev = 0.0;  // likewise
  double effective_tokens_mean = 0.0;
  std::map<std::string, double> extra;
  std::vector<EvaluationExample> examples;  // of the row's first two prompts
};

struct EvaluationView {
  enum class State : uint32_t { kWaiting, kRunning, kDone, kCancelled };
  EvaluationId id;
  PolicyRef policy;
  State state = State::kWaiting;
  std::vector<EvaluationRow> rows;
  absl::Duration took;
};

struct DrainRequest {
  RequestId request_id;
  std::string worker;  // empty: the run
  bool checkpoint = false;
  std::string why;
};

struct RunStatus {
  enum class State : uint32_t {
    kUnspecified,
    kStarting,
    kWaiting,
    kRunning,
    kPaused,
    kDraining,
    kFinished,
    kFailed
  };
  struct Worker {
    uint32_t slot = 0;
    std::string name;
    WorkerState state = WorkerState::kWarming;
    PolicyRef active;
    uint32_t leases = 0;
    Build build;
    absl::Duration last_heard;
    double tokens_per_second = 0.0;
    std::map<std::string, double> busy_seconds;      // by activity, ever
    std::map<RenewRequest::Phase, uint32_t> phases;  // of its leases
  };
  RunId run_id;
  uint64_t epoch = 0;
  State state = State::kUnspecified;
  uint64_t round = 0;  // t, the one being filled or trained
  PolicyRef newest;
  LeaseTable::Counts tickets;  // of training
  uint64_t ticket_limit = 0;
  std::vector<Worker> workers;
  std::vector<PromptSetView> sets;
  std::map<std::string, double> reward_mean;  // by task: the last round's
  Reason waits_for = Reason::kUnspecified;
  std::string waits_text;
  uint64_t seq = 0;  // of the last ledger event that this desk saw committed
  bool drain_checkpoint = false;  // a Drain asked for one
  LoopPhase phase = LoopPhase::kStarting;
  std::map<LoopPhase, absl::Duration> busy;  // in this epoch
  double tokens_per_second = 0.0;            // of all workers
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_DESK_CALLS_H_
