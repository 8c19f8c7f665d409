#include "common/metrics/table.h"

#include <algorithm>

namespace mdrl {
namespace {

constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kHistogram = MetricType::kHistogram;

LabelSpec Task() { return {"task", {}, "tasks"}; }
LabelSpec Reason() { return {"reason", {}, "reasons of types.proto"}; }
LabelSpec Rpc() { return {"rpc", {}, "calls of the process's services"}; }
LabelSpec Worker() { return {"worker", {}, "slots 0 to 255 that were taken"}; }
LabelSpec Outcome() {
  return {"outcome",
          {"scored", "unparsable", "program_timeout", "program_memory",
           "program_crash", "service_error"}};
}
LabelSpec Code() {
  return {
      "code",
      {"ok", "cancelled", "unknown", "invalid_argument", "deadline_exceeded",
       "not_found", "already_exists", "permission_denied", "resource_exhausted",
       "failed_precondition", "aborted", "out_of_range", "unimplemented",
       "internal", "unavailable", "data_loss", "unauthenticated"}};
}

std::vector<MetricSpec> Table() {
  constexpr auto kL = kLearner;
  constexpr auto kW = kRollout;  // the worker
  constexpr auto kS = kReward;   // the scorer
  constexpr auto kLW = static_cast<Roles>(kLearner | kRollout);
  constexpr auto kWS = static_cast<Roles>(kRollout | kReward);
  constexpr auto kLS = static_cast<Roles>(kLearner | kReward);
  return {
      // clang-format off
      // Learning
      {"mdrl_learner_step", kGauge, "", kL, "Steps committed so far."},
      {"mdrl_learner_round", kGauge, "", kL, "Rounds trained so far."},
      {"mdrl_learner_steps_total", kCounter, "", kL, "Steps committed by this process."},
      {"mdrl_learner_rounds_total", kCounter, "", kL, "Rounds trained by this process."},
      {"mdrl_learner_last_step_timestamp_seconds", kGauge, "seconds", kL, "When the last step was committed; the process's start before the first."},
      {"mdrl_learner_phase_seconds", kHistogram, "seconds", kL, "Time of the learner's loop, by phase of a step or round.",
       {{"phase", {"wait_groups", "batch", "forward", "backward", "optimizer", "hash", "commit", "snapshot", "checkpoint"}}}, Range::kPhase},
      {"mdrl_learner_tokens_total", kCounter, "", kL, "Tokens of completions trained on, and tokens fed forward for it.", {{"kind", {"trained", "forward"}}}},
      {"mdrl_learner_completions_total", kCounter, "", kL, "Completions in steps, by the sign of their advantage.", {{"sign", {"positive", "negative", "zero"}}}},
      {"mdrl_learner_groups_total", kCounter, "", kL, "Groups trained, by the spread of their rewards; equal: none, and not all right or all wrong.",
       {{"spread", {"mixed", "all_correct", "all_wrong", "equal"}}}},
      {"mdrl_learner_loss", kGauge, "", kL, "Loss of the last step."},
      {"mdrl_learner_loss_part", kGauge, "", kL, "Parts of the last step's loss, as the method names them.", {{"part", {}, "parts of the method"}}},
      {"mdrl_learner_elbo_nats_per_token", kGauge, "nats", kL, "Mean ELBO of the last step."},
      {"mdrl_learner_eubo_nats_per_token", kGauge, "nats", kL, "Mean EUBO of the last step."},
      {"mdrl_learner_bound_gap_nats_per_token", kGauge, "nats", kL, "EUBO - ELBO of the last step whose groups were all of this task.", {Task()}},
      {"mdrl_learner_advantage_abs_mean", kGauge, "", kL, "Mean absolute advantage of the last step."},
      {"mdrl_learner_advantage_stddev", kGauge, "", kL, "Deviation of the advantages of the last step."},
      {"mdrl_learner_grad_norm", kGauge, "", kL, "Norm of the last step's gradient, before clipping."},
      {"mdrl_learner_update_norm_ratio", kGauge, "ratio", kL, "Norm of the last step's change over that of the weights."},
      {"mdrl_learner_learning_rate", kGauge, "", kL, "Learning rate of the last step."},
      {"mdrl_learner_grad_clipped_steps_total", kCounter, "", kL, "Steps whose gradient was clipped."},
      {"mdrl_learner_nonfinite_steps_total", kCounter, "", kL, "Steps that were not committed because a number was not finite.", {{"where", {"loss", "gradient"}}}},
      {"mdrl_learner_reward_mean", kGauge, "", kL, "Mean reward of the last round.", {Task()}},
      {"mdrl_learner_reward_stddev", kGauge, "", kL, "Deviation of the rewards of the last round.", {Task()}},
      {"mdrl_learner_reward_component_mean", kGauge, "", kL, "Mean of a rubric's component in the last round.", {Task(), {"component", {}, "components of the rubric"}}},
      {"mdrl_learner_rewards_total", kCounter, "", kL, "Completions of accepted training groups, by outcome of their scoring.", {Task(), Outcome()}},
      {"mdrl_learner_reward_positive_sum_total", kCounter, "", kL, "Sum of the rewards above 0 of accepted training groups.", {Task()}},
      {"mdrl_learner_reward_negative_abs_sum_total", kCounter, "", kL, "Sum of the rewards below 0, without sign.", {Task()}},
      {"mdrl_evaluation_accuracy_ratio", kGauge, "ratio", kL, "Right answers of the last evaluation.", {Task(), {"decode", {}, "canvas/steps of the configuration"}}},
      {"mdrl_evaluation_prompts", kGauge, "", kL, "Prompts of the last evaluation.", {Task(), {"decode", {}, "canvas/steps of the configuration"}}},
      {"mdrl_evaluation_version", kGauge, "", kL, "Version that the last evaluation decoded with.", {Task()}},
      {"mdrl_evaluation_seconds", kHistogram, "seconds", kL, "Time from the request of an evaluation to its last group.", {Task()}, Range::kAge},
      // Tickets, leases, ledger
      {"mdrl_tickets_issued_total", kCounter, "", kL, "Training tickets issued.", {Task()}},
      {"mdrl_tickets_trained_total", kCounter, "", kL, "Training tickets whose group was trained.", {Task()}},
      {"mdrl_tickets_dropped_total", kCounter, "", kL, "Training tickets that end without training.", {Task(), {"reason", {"late", "prompt_poison", "cancelled", "rolled_back", "draining"}}}},
      {"mdrl_tickets_open", kGauge, "", kL, "Open training tickets.", {{"state", {"issued", "leased", "submitted", "in_round"}}}},
      {"mdrl_tickets_limit", kGauge, "", kL, "Training tickets that may be open."},
      {"mdrl_tickets_imbalance", kGauge, "", kL, "Tickets issued - trained - dropped - open, over the whole run; must be 0."},
      {"mdrl_ticket_age_seconds", kHistogram, "seconds", kL, "Time from a training ticket's issue, or the process's start, to its training.", {}, Range::kAge},
      {"mdrl_staleness_versions", kHistogram, "", kL, "Versions that a group was behind when its round began.", {}, Range::kStaleness},
      {"mdrl_staleness_steps", kHistogram, "", kL, "Steps that a group was behind when its round began.", {}, Range::kStaleness},
      {"mdrl_group_version_span", kHistogram, "", kL, "Newest minus oldest version inside one group.", {}, Range::kStaleness},
      {"mdrl_staleness_bound_versions", kGauge, "", kL, "schedule.max_staleness."},
      {"mdrl_leases_total", kCounter, "", kL, "What happened to leases.", {{"event", {"granted", "adopted", "expired", "revoked", "returned", "undelivered"}}}},
      {"mdrl_submits_total", kCounter, "", kL, "Submitted groups, by what became of them.", {{"outcome", {"accepted", "duplicate", "superseded", "late", "cancelled"}}}},
      {"mdrl_determinism_mismatches_total", kCounter, "", kL, "Groups that two attempts under one policy decoded differently."},
      {"mdrl_prompts_left", kGauge, "", kL, "Prompts of active sets that the pass has not reached.", {Task()}},
      {"mdrl_prompts_quarantined", kGauge, "", kL, "Prompts that failed too often.", {Task()}},
      {"mdrl_queue_depth", kGauge, "", kAllRoles, "What waits: rows in the learner's ledger, groups in its buffer, leases and groups to score in a worker, requests in the reward service.",
       {{"queue", {}, "queues of the process"}}},
      {"mdrl_queue_capacity", kGauge, "", kAllRoles, "What may wait.", {{"queue", {}, "queues of the process"}}},
      {"mdrl_queue_wait_seconds", kHistogram, "seconds", kWS, "How long it waited.", {{"queue", {}, "queues of the process"}}, Range::kPhase},
      {"mdrl_ledger_commit_seconds", kHistogram, "seconds", kL, "Time of a commit, with its fsync.", {}, Range::kLedger},
      {"mdrl_ledger_commit_events", kHistogram, "", kL, "Rows of a commit.", {}, Range::kEvents},
      {"mdrl_ledger_bytes", kGauge, "bytes", kL, "Size of the ledger and its journal."},
      {"mdrl_ledger_errors_total", kCounter, "", kL, "Commits that the disk refused.", {{"reason", {"disk_full", "ledger_slow", "internal"}}}},
      {"mdrl_checkpoint_seconds", kHistogram, "seconds", kL, "Time of a checkpoint, by stage.", {{"stage", {"copy", "write"}}}, Range::kSnapshot},
      {"mdrl_checkpoint_last_success_timestamp_seconds", kGauge, "seconds", kL, "When the last checkpoint was written; the process's start before the first."},
      {"mdrl_checkpoint_bytes", kGauge, "bytes", kL, "Size of the last checkpoint."},
      {"mdrl_checkpoint_failures_total", kCounter, "", kL, "Checkpoints that could not be written.", {{"reason", {"disk_full", "internal"}}}},
      {"mdrl_replay_seconds", kGauge, "seconds", kL, "Time of the last start's replay."},
      {"mdrl_replay_rounds", kGauge, "", kL, "Rounds that the last start trained again."},
      // Workers, as the learner sees them
      {"mdrl_workers", kGauge, "", kL, "Rollout workers, by state.", {{"state", {"warming", "ready", "suspect", "lost", "draining"}}}},
      {"mdrl_worker_joins_total", kCounter, "", kL, "Registrations: cold of a name not seen by this process, warm of one that comes back.", {{"kind", {"cold", "warm"}}}},
      {"mdrl_worker_lost_total", kCounter, "", kL, "Workers that were silent for a lease time.", {{"reason", {"worker_lost"}}}},
      {"mdrl_worker_join_seconds", kHistogram, "seconds", kL, "Time from a registration to readiness.", {{"kind", {"cold", "warm"}}}, Range::kAge},
      {"mdrl_worker_leases", kGauge, "", kL, "Leases that a worker holds.", {Worker()}},
      {"mdrl_worker_policy_lag_versions", kGauge, "", kL, "Versions that a worker's active policy is behind the newest.", {Worker()}},
      {"mdrl_worker_heard_seconds", kGauge, "seconds", kL, "Time since a worker's last call.", {Worker()}},
      // Policy
      {"mdrl_policy_version", kGauge, "", kLW, "Newest version published (learner), active (rollout)."},
      {"mdrl_policy_published_total", kCounter, "", kL, "Published versions.", {{"cause", {"initial", "round"}}}},
      {"mdrl_snapshot_seconds", kHistogram, "seconds", kLW, "A policy's way. Learner: copy, hash, canary. Rollout: fetch, verify, stage (load and canary), total (announced to active).",
       {{"stage", {}, "stages of the process"}}, Range::kSnapshot},
      {"mdrl_snapshot_bytes_total", kCounter, "bytes", kLW, "Weights sent (learner) and received (rollout).", {{"direction", {"sent", "received"}}, {"encoding", {}, "encodings of a snapshot"}}},
      {"mdrl_snapshot_mismatches_total", kCounter, "", kW, "Weights whose hash (wire) or canary differed; must stay 0.", {{"where", {"wire", "canary"}}}},
      {"mdrl_snapshot_failures_total", kCounter, "", kW, "Fetches and loads of a policy that failed otherwise.", {{"reason", {"base", "memory", "timeout", "other"}}}},
      {"mdrl_snapshot_changed_ratio", kGauge, "ratio", kL, "Chunks of the newest snapshot that differ from the one before."},
      {"mdrl_snapshots_retained", kGauge, "", kL, "Snapshots in memory."},
      // Rollout
      {"mdrl_rollout_tokens_total", kCounter, "", kW, "Decoded tokens: canvas positions, and those up to the end mark.", {{"counted", {"canvas", "effective"}}}},
      {"mdrl_rollout_forwards_total", kCounter, "", kW, "Forwards of the model."},
      {"mdrl_rollout_groups_total", kCounter, "", kW, "Decoded groups.", {{"purpose", {"train", "evaluate", "generate"}}}},
      {"mdrl_rollout_decode_seconds", kHistogram, "seconds", kW, "Time to decode the batch that a group was in.", {Task()}, Range::kDecode},
      {"mdrl_rollout_decode_step_seconds", kHistogram, "seconds", kW, "Time of one decode step of a batch.", {}, Range::kCall},
      {"mdrl_rollout_revealed_per_forward", kHistogram, "", kW, "Positions that one completion reveals in a forward.", {}, Range::kPositions},
      {"mdrl_rollout_reveal_confidence", kHistogram, "", kW, "Probability of a token when it was revealed.", {}, Range::kProbability},
      {"mdrl_rollout_effective_tokens", kHistogram, "", kW, "Tokens of a completion up to its end mark.", {Task()}, Range::kTokens},
      {"mdrl_rollout_busy_seconds_total", kCounter, "seconds", kW, "Time of the worker's threads, by activity.",
       {{"activity", {"decode", "score_wait", "submit_wait", "policy_wait", "no_lease"}}}},
      {"mdrl_rollout_batch_occupancy_ratio", kGauge, "ratio", kW, "Completions in the last forward over those that fit."},
      {"mdrl_rollout_completions_total", kCounter, "", kW, "Decoded completions.", {Task()}},
      {"mdrl_rollout_truncated_total", kCounter, "", kW, "Completions without an end mark on the canvas.", {Task()}},
      {"mdrl_rollout_repetitive_total", kCounter, "", kW, "Completions of 32 tokens or more with fewer than a quarter of their runs of four tokens distinct.", {Task()}},
      {"mdrl_rollout_repeated_in_group_total", kCounter, "", kW, "Completions equal to an earlier one of their group.", {Task()}},
      // Reward
      {"mdrl_reward_scores_total", kCounter, "", kS, "Scored completions.", {Task(), Outcome()}},
      {"mdrl_reward_seconds", kHistogram, "seconds", kS, "Time of a request in the queue, and of scoring it.", {Task(), {"stage", {"queue", "run"}}}, Range::kCall},
      {"mdrl_reward_sandbox_kills_total", kCounter, "", kS, "Runs of programs that were ended at a limit: a program may also end itself, or fail its tests.", {{"reason", {"wall", "cpu", "memory", "output"}}}},
      {"mdrl_reward_verdict_spoofs_total", kCounter, "", kS, "Verdicts on the sandbox's own channel without its secret."},
      {"mdrl_reward_sandbox_processes", kGauge, "", kS, "Processes of all programs' runs; 0 where nothing runs."},
      // Every process
      {"mdrl_grpc_server_calls_total", kCounter, "", kLS, "Answered calls.", {Rpc(), Code()}},
      {"mdrl_grpc_client_retries_total", kCounter, "", kW, "Calls that were repeated.", {Rpc()}},
      {"mdrl_grpc_server_seconds", kHistogram, "seconds", kLS, "Time from a call to its answer, waiting included.", {Rpc()}, Range::kCall},
      {"mdrl_grpc_parked", kGauge, "", kLS, "Unary calls that wait for their answer.", {Rpc()}},
      {"mdrl_grpc_streams", kGauge, "", kLS, "Open streams.", {Rpc()}},
      {"mdrl_stalled_seconds", kGauge, "seconds", kL, "Time without an accepted group or a committed step; 0 while it waits by intention.", {{"component", {"learner"}}}},
      {"mdrl_waiting", kGauge, "", kL, "1 for what the run waits for, else 0.", {{"component", {"learner"}}, Reason()}},
      {"mdrl_watchdog_alarms_total", kCounter, "", kL, "Alarms of the watchdog: no group and no step for watchdog.alarm_after.", {Reason()}},
      {"mdrl_build_info", kGauge, "", kAllRoles, "1; which program this is.",
       {{"version", {}, "the build"}, {"git", {}, "the build"}, {"torch", {}, "the build"}, {"cuda", {}, "the build"}, {"insecure", {"true", "false"}}, {"sandbox", {}, "the build"}}},
      {"mdrl_run_info", kGauge, "", kL, "1; which run this is.", {{"run", {}, "the configuration"}, {"order", {}, "the configuration"}, {"config_sha256", {}, "the configuration"}}},
      {"process_cpu_seconds_total", kCounter, "seconds", kAllRoles, "User and system time."},
      {"process_resident_memory_bytes", kGauge, "bytes", kAllRoles, "Memory in use."},
      {"process_virtual_memory_bytes", kGauge, "bytes", kAllRoles, "Address space in use."},
      {"process_start_time_seconds", kGauge, "seconds", kAllRoles, "When the process was started, in Unix time."},
      {"process_threads", kGauge, "", kAllRoles, "Threads."},
      {"process_open_fds", kGauge, "", kAllRoles, "Open file descriptors."},
      {"process_max_fds", kGauge, "", kAllRoles, "File descriptors that may be open."},
      // clang-format on
  };
}

}  // namespace

const std::vector<double>& BoundsOf(Range range) {
  static const std::vector<double> kNone = {};
  static const std::vector<double> kCall = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                            0.05,  0.1,    0.25,  0.5,  1,
                                            2.5,   5,      10,    30,   60};
  static const std::vector<double> kLedger = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
      0.05,   0.1,     0.25,   0.5,   1,      2.5,   5};
  static const std::vector<double> kSnapshot = {
      0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};
  static const std::vector<double> kDecode = {0.05, 0.1, 0.25, 0.5, 1,   2.5, 5,
                                              10,   20,  40,   80,  160, 300};
  static const std::vector<double> kPhase = {0.001, 0.005, 0.01, 0.025, 0.05,
                                             0.1,   0.25,  0.5,  1,     2.5,
                                             5,     10,    30,   100,   300};
  static const std::vector<double> kAge = {
      0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600};
  static const std::vector<double> kEvents = {1,  2,   4,   8,   16,  32,
                                              64, 128, 256, 512, 1024};
  static const std::vector<double> kStaleness = {0, 1, 2, 3, 4, 6, 8, 16};
  static const std::vector<double> kTokens = {16,  32,   64,   128, 256,
                                              512, 1024, 2048, 4096};
  static const std::vector<double> kPositions = {1, 2, 4, 8, 16, 32, 64};
  static const std::vector<double> kProbability = {
      0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1};
  switch (range) {
    case Range::kNone:
      return kNone;
    case Range::kCall:
      return kCall;
    case Range::kLedger:
      return kLedger;
    case Range::kSnapshot:
      return kSnapshot;
    case Range::kDecode:
      return kDecode;
    case Range::kPhase:
      return kPhase;
    case Range::kAge:
      return kAge;
    case Range::kEvents:
      return kEvents;
    case Range::kStaleness:
      return kStaleness;
    case Range::kTokens:
      return kTokens;
    case Range::kPositions:
      return kPositions;
    case Range::kProbability:
      return kProbability;
  }
  return kNone;
}

std::span<const MetricSpec> MetricTable() {
  static const std::vector<MetricSpec> kTable = Table();
  return kTable;
}

const MetricSpec* FindMetric(std::string_view name) {
  const std::span<const MetricSpec> table = MetricTable();
  const auto found = std::find_if(
      table.begin(), table.end(),
      [name](const MetricSpec& spec) { return spec.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace mdrl
