// One group's way through the tables.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/learner/ledger/connection.h"
#include "services/learner/ledger/story.h"

namespace mdrl {
namespace {

absl::Status ReadAttempts(LedgerConnection& db, const GroupId& id,
                          StoredStory& story) {
  MDRL_ASSIGN_OR_RETURN(
      Query query, db.Select("SELECT attempt, purpose, ticket, ended_by FROM "
                             "leases WHERE group_id = ? ORDER BY attempt",
                             id));
  for (;;) {
    MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
    if (!found) break;
    story.attempts.push_back({id, static_cast<uint32_t>(query.U64(0))});
    story.ticket = {query.As<Purpose>(1), query.U64(2)};
    story.dropped = query.As<Reason>(3);  // unless the ticket says otherwise
  }
  if (!story.attempts.empty()) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("group ", Print(id), " was never lent in this run"));
}

absl::Status ReadTicket(LedgerConnection& db, const GroupId& id,
                        StoredStory& story) {
  MDRL_ASSIGN_OR_RETURN(
      Query query, db.Select("SELECT group_id, set_sha256, idx, state, reason "
                             "FROM tickets WHERE purpose = ? AND ticket = ?",
                             story.ticket.purpose, story.ticket.number));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  if (!found) {
    return absl::DataLossError(absl::StrCat("tickets: the ticket of group ",
                                            Print(id), " is missing"));
  }
  MDRL_ASSIGN_OR_RETURN(const GroupId now,
                        query.AsId<GroupId>(0, "tickets " + Print(id)));
  if (now != id) {
    // Its prompt was taken away; how its last attempt ended is why.
    story.state = TicketState::kDropped;
    return absl::OkStatus();
  }
  MDRL_ASSIGN_OR_RETURN(story.set_sha256,
                        query.AsId<Digest>(1, "tickets " + Print(id)));
  story.index = query.U64(2);
  story.state = query.As<TicketState>(3);
  story.dropped = query.As<Reason>(4);
  return absl::OkStatus();
}

absl::Status ReadAdvantages(LedgerConnection& db, const GroupId& id,
                            StoredStory& story) {
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      db.Select("SELECT advantage FROM completions WHERE group_id = ? "
                "ORDER BY idx",
                id));
  for (;;) {
    MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
    if (!found) return absl::OkStatus();
    // SQLite keeps NaN as NULL: such a completion did not train.
    story.advantages.push_back(
        query.IsNull(0) ? std::nullopt : std::optional<double>(query.F64(0)));
  }
}

absl::Status ReadSteps(LedgerConnection& db, const GroupId& id,
                       StoredStory& story) {
  uint64_t opened = 0;
  std::optional<uint64_t> closed;
  {
    MDRL_ASSIGN_OR_RETURN(
        Query query,
        db.Select("SELECT g.round, r.opened_seq, r.closed_seq FROM "
                  "round_groups g JOIN rounds r ON r.round = g.round "
                  "WHERE g.group_id = ? ORDER BY g.use LIMIT 1",
                  id));
    MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
    if (!found) return absl::OkStatus();
    story.round = query.U64(0);
    opened = query.U64(1);
    closed = query.MaybeU64(2);
  }
  // By the events of the time when the round was open: they have an index.
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      db.Select("SELECT s.step FROM events e JOIN steps s ON s.step = "
                "CAST(e.subject AS INTEGER) WHERE e.kind = 'step' AND "
                "e.seq >= ? AND e.seq <= ? AND s.round = ? AND "
                "s.undone_seq IS NULL ORDER BY s.step",
                opened, closed.value_or(INT64_MAX), *story.round));
  for (;;) {
    MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
    if (!found) return absl::OkStatus();
    story.steps.push_back(query.U64(0));
  }
}

}  // namespace

absl::StatusOr<StoredStory> LedgerReader::FindStory(const GroupId& group_id) {
  StoredStory story;
  absl::StatusOr<StoredGroup> group = FindGroup(group_id);
  if (!group.ok() && !absl::IsNotFound(group.status())) return group.status();
  MutexLock lock(mutex_);
  MDRL_RETURN_IF_ERROR(ReadAttempts(*connection_, group_id, story));
  MDRL_RETURN_IF_ERROR(ReadTicket(*connection_, group_id, story));
  if (!group.ok()) return story;
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t time,
      connection_->SelectU64(0, "SELECT time_ns FROM events WHERE seq = ?",
                             group->seq));
  story.submitted = absl::FromUnixNanos(static_cast<int64_t>(time));
  story.group = *std::move(group);
  MDRL_RETURN_IF_ERROR(ReadAdvantages(*connection_, group_id, story));
  MDRL_RETURN_IF_ERROR(ReadSteps(*connection_, group_id, story));
  return story;
}

absl::StatusOr<GroupId> LedgerReader::ResolveGroup(std::string_view prefix) {
  std::string last(prefix);
  last.resize(std::max(last.size(), GroupId{}.bytes.size()), '\xFF');
  MutexLock lock(mutex_);
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      connection_->Select("SELECT DISTINCT group_id FROM leases WHERE "
                          "group_id >= ? AND group_id <= ? LIMIT 2",
                          Blob{prefix}, Blob{last}));
  std::optional<GroupId> only;
  for (;;) {
    MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
    if (!found) break;
    if (only.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "several groups begin like ", Print(*only), "; give more of the id"));
    }
    MDRL_ASSIGN_OR_RETURN(only, query.AsId<GroupId>(0, "leases"));
  }
  if (only.has_value()) return *only;
  return absl::NotFoundError("no such group was ever lent in this run");
}

absl::StatusOr<std::pair<GroupId, uint32_t>> LedgerReader::NewestCompletion(
    const CompletionFilter& filter) {
  MutexLock lock(mutex_);
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      connection_->Select(
          "SELECT g.group_id, c.idx FROM groups g "
          "JOIN completions c ON c.group_id = g.group_id "
          "JOIN tickets t ON t.purpose = g.purpose AND t.ticket = g.ticket "
          "JOIN prompt_sets s ON s.sha256 = t.set_sha256 "
          "WHERE g.purpose = ?1 AND (?2 = '' OR s.task = ?2) "
          "AND (?3 IS NULL OR c.reward >= ?3) "
          "AND (?4 IS NULL OR c.reward <= ?4) "
          "ORDER BY g.ticket DESC, c.idx LIMIT 1",
          Purpose::kTrain, filter.task, filter.reward_at_least,
          filter.reward_at_most));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  if (!found) {
    return absl::NotFoundError(
        "no completion that fits was accepted in this run so far");
  }
  MDRL_ASSIGN_OR_RETURN(const GroupId id, query.AsId<GroupId>(0, "groups"));
  return std::pair(id, static_cast<uint32_t>(query.U64(1)));
}

}  // namespace mdrl
