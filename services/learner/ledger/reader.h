// Reads the ledger while it is being written: a read-only connection of its
// own.
//
// Thread-safe by a lock: calls wait for each other, never for the writer. It
// sees what was committed before the call began. Errors: NotFound where said;
// DataLoss, naming table and key, for what cannot be as it is; Internal for
// what SQLite reports.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_READER_H_
#define MDRL_SERVICES_LEARNER_LEDGER_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/prompt.h"
#include "common/sync/mutex.h"
#include "services/learner/ledger/rows.h"

namespace mdrl {

class LedgerConnection;
struct StoredStory;

struct StoredPrompt {
  Prompt prompt;
  std::vector<int32_t> tokens;
  Reason quarantined = Reason::kUnspecified;
};

struct StoredGroup {
  LeaseKey key;
  TicketId ticket;
  uint32_t slot = 0;
  Version version_min = 0;
  Version version_max = 0;
  Digest content_sha256;
  uint64_t seq = 0;
  std::string body;
};

struct StoredRequest {
  std::string rpc;
  Digest body_sha256;
  std::string reply;
  uint64_t seq = 0;
};

struct StoredEvent {
  uint64_t seq = 0;
  uint64_t epoch = 0;
  absl::Time time;
  std::string kind;
  std::string subject;
  std::string body;  // a flat JSON object, or empty
};

struct StoredEvaluation {
  EvaluationId id;
  Version version = 0;
  EvaluationState state = EvaluationState::kRunning;
  std::string request;
  std::string result;
};

class LedgerReader {
 public:
  // REQUIRES: the ledger was opened for writing before, by anyone.
  static absl::StatusOr<std::unique_ptr<LedgerReader>> Open(
      const std::string& path);
  ~LedgerReader();

  absl::StatusOr<StoredPrompt> FindPrompt(const Digest& set_sha256,
                                          uint64_t index) MDRL_EXCLUDES(mutex_);
  absl::StatusOr<StoredGroup> FindGroup(const GroupId& group_id)
      MDRL_EXCLUDES(mutex_);
  absl::StatusOr<StoredRequest> FindRequest(const RequestId& request_id)
      MDRL_EXCLUDES(mutex_);
  absl::StatusOr<StoredEvaluation> FindEvaluation(const EvaluationId& id)
      MDRL_EXCLUDES(mutex_);
  absl::StatusOr<std::string> FindMeta(const std::string& key)
      MDRL_EXCLUDES(mutex_);

  // What is known of a group that was lent at least once. NotFound.
  absl::StatusOr<StoredStory> FindStory(const GroupId& group_id)
      MDRL_EXCLUDES(mutex_);
  // The one group that was lent and whose id begins with these bytes.
  // NotFound; InvalidArgument: several do.
  absl::StatusOr<GroupId> ResolveGroup(std::string_view prefix)
      MDRL_EXCLUDES(mutex_);
  // Of the accepted training groups, the one with the highest ticket that has
  // such a completion, and that one's index. NotFound.
  struct CompletionFilter {
    std::string task = {};  // empty: of any
    std::optional<double> reward_at_least = {};
    std::optional<double> reward_at_most = {};
  };
  absl::StatusOr<std::pair<GroupId, uint32_t>> NewestCompletion(
      const CompletionFilter& filter) MDRL_EXCLUDES(mutex_);

  // Events with seq > after, oldest first, at most `limit`.
  absl::StatusOr<std::vector<StoredEvent>> EventsAfter(uint64_t after,
                                                       size_t limit)
      MDRL_EXCLUDES(mutex_);
  // 0 while there are none.
  absl::StatusOr<uint64_t> NewestEvent() MDRL_EXCLUDES(mutex_);

  // StepCommitted::numbers of steps first, first + 1, ..., at most `limit`.
  absl::StatusOr<std::vector<std::string>> StepLines(uint64_t first,
                                                     size_t limit)
      MDRL_EXCLUDES(mutex_);

 private:
  explicit LedgerReader(std::unique_ptr<LedgerConnection> connection);

  Mutex mutex_;
  std::unique_ptr<LedgerConnection> connection_ MDRL_GUARDED_BY(mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_READER_H_
