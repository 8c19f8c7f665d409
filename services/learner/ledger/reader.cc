#include "services/learner/ledger/reader.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/learner/ledger/connection.h"
#include "services/learner/ledger/prompt_line.h"
#include "services/learner/ledger/schema.h"

namespace mdrl {

absl::StatusOr<std::unique_ptr<LedgerReader>> LedgerReader::Open(
    const std::string& path) {
  MDRL_ASSIGN_OR_RETURN(auto connection,
                        LedgerConnection::OpenForReading(path));
  MDRL_RETURN_IF_ERROR(WithContext(CheckSchema(*connection), path));
  return std::unique_ptr<LedgerReader>(new LedgerReader(std::move(connection)));
}

LedgerReader::LedgerReader(std::unique_ptr<LedgerConnection> connection)
    : connection_(std::move(connection)) {}
LedgerReader::~LedgerReader() = default;

absl::StatusOr<StoredPrompt> LedgerReader::FindPrompt(const Digest& set_sha256,
                                                      uint64_t index) {
  const std::string name =
      absl::StrCat("prompts ", set_sha256.ToHex(6), "/", index);
  MutexLock lock(mutex_);
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      connection_->Select(
          "SELECT p.body, p.tokens, p.quarantined, s.task FROM prompts p "
          "JOIN prompt_sets s ON s.sha256 = p.set_sha256 "
          "WHERE p.set_sha256 = ? AND p.idx = ?",
          set_sha256, index));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  if (!found) return absl::NotFoundError(name + " is not in the ledger");
  StoredPrompt stored;
  MDRL_ASSIGN_OR_RETURN(stored.prompt, ParsePromptLine(query.Text(0), name));
  stored.prompt.set_sha256 = set_sha256;
  stored.prompt.index = index;
  MDRL_ASSIGN_OR_RETURN(stored.tokens, ParseTokens(query.Text(1), name));
  stored.quarantined = query.As<Reason>(2);
  return stored;
}

absl::StatusOr<StoredGroup> LedgerReader::FindGroup(const GroupId& group_id) {
  MutexLock lock(mutex_);
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      connection_->Select(
          "SELECT attempt, purpose, ticket, slot, version_min, version_max, "
          "content_sha256, seq, body FROM groups WHERE group_id = ?",
          group_id));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  if (!found) {
    return absl::NotFoundError(Print(group_id) + " is not in the ledger");
  }
  StoredGroup group;
  group.key = {group_id, static_cast<uint32_t>(query.U64(0))};
  group.ticket = {query.As<Purpose>(1), query.U64(2)};
  group.slot = static_cast<uint32_t>(query.U64(3));
  group.version_min = query.U64(4);
  group.version_max = query.U64(5);
  MDRL_ASSIGN_OR_RETURN(group.content_sha256,
                        query.AsId<Digest>(6, "groups " + Print(group_id)));
  group.seq = query.U64(7);
  group.body = query.Text(8);
  return group;
}

absl::StatusOr<StoredRequest> LedgerReader::FindRequest(
    const RequestId& request_id) {
  const std::string name = "requests " + request_id.ToHex();
  MutexLock lock(mutex_);
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      connection_->Select("SELECT rpc, body_sha256, reply, seq FROM requests "
                          "WHERE request_id = ?",
                          request_id));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  if (!found) return absl::NotFoundError(name + " is not in the ledger");
  StoredRequest request;
  request.rpc = query.Text(0);
  MDRL_ASSIGN_OR_RETURN(request.body_sha256, query.AsId<Digest>(1, name));
  request.reply = query.Text(2);
  request.seq = query.U64(3);
  return request;
}

absl::StatusOr<StoredEvaluation> LedgerReader::FindEvaluation(
    const EvaluationId& id) {
  MutexLock lock(mutex_);
  MDRL_ASSIGN_OR_RETURN(
      Query query, connection_->Select("SELECT version, state, request, result "
                                       "FROM evaluations WHERE id = ?",
                                       id));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  if (!found) {
    return absl::NotFoundError("evaluation " + id.ToHex() +
                               " is not in the ledger");
  }
  return StoredEvaluation{.id = id,
                          .version = query.U64(0),
                          .state = query.As<EvaluationState>(1),
                          .request = query.Text(2),
                          .result = query.Text(3)};
}

absl::StatusOr<std::string> LedgerReader::FindMeta(const std::string& key) {
  MutexLock lock(mutex_);
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      connection_->Select("SELECT value FROM meta WHERE key = ?", key));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  if (!found) return absl::NotFoundError("meta." + key + " is not set");
  return query.Text(0);
}

absl::StatusOr<std::vector<StoredEvent>> LedgerReader::EventsAfter(
    uint64_t after, size_t limit) {
  std::vector<StoredEvent> events;
  MutexLock lock(mutex_);
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      connection_->Select("SELECT seq, epoch, time_ns, kind, subject, body "
                          "FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
                          after, limit));
  for (;;) {
    MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
    if (!found) return events;
    events.push_back(
        {.seq = query.U64(0),
         .epoch = query.U64(1),
         .time = absl::FromUnixNanos(static_cast<int64_t>(query.U64(2))),
         .kind = query.Text(3),
         .subject = query.Text(4),
         .body = query.Text(5)});
  }
}

absl::StatusOr<uint64_t> LedgerReader::NewestEvent() {
  MutexLock lock(mutex_);
  return connection_->SelectU64(0, "SELECT max(seq) FROM events");
}

absl::StatusOr<std::vector<std::string>> LedgerReader::StepLines(uint64_t first,
                                                                 size_t limit) {
  std::vector<std::string> lines;
  MutexLock lock(mutex_);
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      connection_->Select("SELECT numbers FROM steps WHERE step >= ? "
                          "AND undone_seq IS NULL ORDER BY step LIMIT ?",
                          first, limit));
  for (;;) {
    MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
    if (!found) return lines;
    lines.push_back(query.Text(0));
  }
}

}  // namespace mdrl
