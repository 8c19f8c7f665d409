// What a rollout worker and the learner say to each other, as plain values.
//
// common/wire translates each to and from its message in
// proto/mdrl/v1/rollout.proto; the learner's desk and the worker know only
// these. Meaning, retries and codes: docs/protocol.md.
#ifndef MDRL_COMMON_RECORD_ROLLOUT_CALLS_H_
#define MDRL_COMMON_RECORD_ROLLOUT_CALLS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/group.h"
#include "common/record/lease.h"
#include "common/record/reason.h"
#include "common/record/snapshot.h"

namespace mdrl {

struct Caller {
  RunId run_id;
  uint64_t epoch = 0;
  RegistrationId registration_id;
  uint64_t call = 0;  // a re-send repeats it
};

struct RegisterRequest {
  struct Scorer {
    std::string task;
    std::string verifier_version;
    std::string sandbox;
    std::vector<std::string> rubrics;
  };
  std::string name;
  BootId boot_id;
  uint64_t life = 0;
  Build build;
  std::string device;
  uint64_t device_bytes = 0;
  uint32_t capacity = 0;  // leases it can hold
  Digest base_model_hash;
  Digest tokenizer_hash;
  std::vector<Scorer> scorers;
  std::vector<LeaseKey> held;
  std::vector<PolicyRef> resident;
};

struct RegisterReply {
  RunId run_id;
  uint64_t epoch = 0;
  RegistrationId registration_id;
  uint32_t slot = 0;
  Build build;
  PolicyRef newest;
  std::vector<LeaseKey> adopted;
  absl::Duration heartbeat;
  absl::Duration lease_for;
  absl::Duration warmup_for;
  std::string rollout_config;  // mdrl.config.v1.Rollout, serialised
};

struct LeaseRequest {
  Caller caller;
  uint32_t max_leases = 0;
  absl::Duration wait;
};

struct LeaseReply {
  std::vector<Lease> leases;
  Reason none_because = Reason::kUnspecified;
};

struct RenewRequest {
  enum class Worker : uint32_t { kUnspecified, kWarming, kReady, kDraining };
  enum class Phase : uint32_t {
    kUnspecified,
    kQueued,
    kAwaitingPolicy,
    kDecoding,
    kScoring,
    kSubmitting
  };
  enum class Stage : uint32_t {
    kUnspecified,
    kFetching,
    kVerified,
    kStaged,
    kUsable,
    kActive,
    kFailed
  };
  struct Held {
    LeaseKey key;
    Phase phase = Phase::kUnspecified;
    uint64_t progress = 0;
    uint64_t progress_total = 0;
    Reason waits_for = Reason::kUnspecified;
  };
  struct Staging {
    PolicyRef policy;
    Stage stage = Stage::kUnspecified;
    uint64_t bytes_done = 0;
    std::string failure;
    uint32_t failures = 0;  // in a row
  };
  Caller caller;
  Worker state = Worker::kUnspecified;
  std::vector<Held> leases;
  PolicyRef active;
  std::vector<Staging> staging;
  uint64_t decode_steps_ever = 0;
  uint64_t lease_call_seen = 0;
  std::map<std::string, double> busy_seconds;  // by activity, ever
};

struct RenewReply {
  struct Revoked {
    LeaseKey key;
    Reason reason = Reason::kUnspecified;
  };
  absl::Duration lease_for;
  std::vector<LeaseKey> renewed;
  std::vector<Revoked> revoked;
  PolicyRef newest;
  Version oldest_retained = 0;
  bool drain = false;
};

struct SubmitGroupRequest {
  Caller caller;
  Digest content_sha256;
  Group group;
};

struct SubmitGroupReply {
  enum class Outcome : uint32_t {
    kUnspecified,
    kAccepted,
    kDuplicate,
    kSuperseded,
    kLate,
    kCancelled
  };
  Outcome outcome = Outcome::kUnspecified;
  uint32_t accepted_attempt = 0;
  uint64_t seq = 0;
};

struct ReturnLeaseRequest {
  struct Returned {
    LeaseKey key;
    Reason reason = Reason::kUnspecified;
    std::string detail;
  };
  Caller caller;
  std::vector<Returned> leases;
};

struct ReturnLeaseReply {
  std::vector<LeaseKey> unknown;
};

// One event of the policy stream.
struct PolicyEvent {
  enum class Kind : uint32_t { kUnspecified, kPublished, kRetired };
  Kind kind = Kind::kUnspecified;
  PolicyRef policy;
  Version oldest_retained = 0;
  uint64_t epoch = 0;
};

// Texts of one group to be scored, and what came back.
struct ScoreRequest {
  struct Text {
    uint32_t index = 0;
    std::string text;
  };
  GroupId group_id;
  Prompt prompt;
  std::vector<Text> texts;
  std::string rubric;
  std::map<std::string, double> weights;
};

struct ScoreReply {
  struct Item {
    uint32_t index = 0;
    Score score;
  };
  std::vector<Item> items;
  Build build;
  std::string sandbox;
};

struct TaskListing {
  struct Component {
    std::string name;
    double weight = 0.0;
    std::optional<double> least;  // of its value; absent: no bound
    std::optional<double> most;
  };
  struct Rubric {
    std::string name;
    std::vector<Component> components;
  };
  struct Task {
    std::string name;
    std::string verifier_version;
    std::vector<std::string> components;
    bool runs_programs = false;
    std::vector<std::string> rubrics;
    std::string truth = {};  // its form, in words
    // Of `rubrics`, in that order, or none.
    std::vector<Rubric> rubric_specs = {};
  };
  std::vector<Task> tasks;
  std::string sandbox;
  Build build;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_RECORD_ROLLOUT_CALLS_H_
