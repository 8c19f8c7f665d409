// The way of a group: ticket, lease, submission, round, steps.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "nlohmann/json.hpp"
#include "services/learner/ledger/connection.h"
#include "services/learner/ledger/flat_json.h"
#include "services/learner/ledger/row_writer.h"

namespace mdrl {
namespace {

std::string PurposeName(Purpose purpose) {
  switch (purpose) {
    case Purpose::kTrain:
      return "train";
    case Purpose::kEvaluate:
      return "evaluate";
    case Purpose::kGenerate:
      return "generate";
    case Purpose::kUnspecified:
      break;
  }
  return "unspecified";
}

}  // namespace

std::string Print(const TicketId& ticket) {
  return absl::StrCat(PurposeName(ticket.purpose), "/", ticket.number);
}

absl::Status RowWriter::CheckTicketTakes(const TicketId& ticket,
                                         const GroupId& group) {
  MDRL_ASSIGN_OR_RETURN(Query query,
                        db_->Select("SELECT state, group_id FROM tickets "
                                    "WHERE purpose = ? AND ticket = ?",
                                    ticket.purpose, ticket.number));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  if (!found) {
    return absl::FailedPreconditionError(
        absl::StrCat("ticket ", Print(ticket), " was never issued"));
  }
  const auto state = query.As<TicketState>(0);
  if (state != TicketState::kIssued && state != TicketState::kLeased) {
    return absl::FailedPreconditionError(
        absl::StrCat("ticket ", Print(ticket), " is past its lease (state ",
                     static_cast<uint32_t>(state), ")"));
  }
  if (query.Text(1) != group.ToBytes()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "ticket ", Print(ticket), " is not for group ", Print(group)));
  }
  return absl::OkStatus();
}

absl::Status RowWriter::EndLeases(const GroupId& group, uint64_t seq,
                                  Reason reason) {
  return db_
      ->Run(
          "UPDATE leases SET ended_seq = ?, ended_by = ? "
          "WHERE group_id = ? AND ended_seq IS NULL",
          seq, reason, group)
      .status();
}

absl::Status RowWriter::Put(const TicketIssued& row) {
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("ticket_issued", Print(row.ticket),
                              {{"group", row.group_id.ToHex()},
                               {"set", row.set_sha256.ToHex()},
                               {"index", row.index},
                               {"occurrence", row.occurrence}}));
  return WithContext(
      db_->Run("INSERT INTO tickets VALUES "
               "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, NULL)",
               row.ticket.purpose, row.ticket.number, row.group_id,
               row.set_sha256, row.index, row.occurrence, row.due_round,
               row.min_version, row.exact ? 1 : 0, TicketState::kIssued, seq)
          .status(),
      "ticket " + Print(row.ticket));
}

absl::Status RowWriter::Put(const TicketPromptReplaced& row) {
  MDRL_ASSIGN_OR_RETURN(Query query,
                        db_->Select("SELECT group_id FROM tickets "
                                    "WHERE purpose = ? AND ticket = ?",
                                    row.ticket.purpose, row.ticket.number));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  GroupId old_group;
  if (found) {
    MDRL_ASSIGN_OR_RETURN(
        old_group, query.AsId<GroupId>(0, "tickets " + Print(row.ticket)));
  }
  MDRL_RETURN_IF_ERROR(CheckTicketTakes(row.ticket, old_group));
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("ticket_prompt_replaced", Print(row.ticket),
                              {{"group", row.group_id.ToHex()},
                               {"set", row.set_sha256.ToHex()},
                               {"index", row.index},
                               {"occurrence", row.occurrence}}));
  MDRL_RETURN_IF_ERROR(EndLeases(old_group, seq, Reason::kPromptPoison));
  return db_
      ->Run(
          "UPDATE tickets SET group_id = ?, set_sha256 = ?, idx = ?, "
          "occurrence = ?, state = ? WHERE purpose = ? AND ticket = ?",
          row.group_id, row.set_sha256, row.index, row.occurrence,
          TicketState::kIssued, row.ticket.purpose, row.ticket.number)
      .status();
}

absl::Status RowWriter::Put(const LeaseGranted& row) {
  MDRL_RETURN_IF_ERROR(CheckTicketTakes(row.ticket, row.key.group_id));
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("lease_granted", Print(row.key.group_id),
                              {{"group", row.key.group_id.ToHex()},
                               {"attempt", row.key.attempt},
                               {"ticket", Print(row.ticket)},
                               {"slot", row.slot}}));
  MDRL_RETURN_IF_ERROR(WithContext(
      db_->Run("INSERT INTO leases VALUES "
               "(?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
               row.key.group_id, row.key.attempt, row.ticket.purpose,
               row.ticket.number, row.slot, mark_.epoch, seq)
          .status(),
      absl::StrCat("attempt ", row.key.attempt, " at ",
                   Print(row.key.group_id))));
  return db_
      ->Run("UPDATE tickets SET state = ? WHERE purpose = ? AND ticket = ?",
            TicketState::kLeased, row.ticket.purpose, row.ticket.number)
      .status();
}

absl::Status RowWriter::Put(const LeaseEnded& row) {
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("lease_ended", Print(row.key.group_id),
                              {{"group", row.key.group_id.ToHex()},
                               {"attempt", row.key.attempt},
                               {"reason", ReasonName(row.ended_by)},
                               {"detail", row.detail}}));
  MDRL_ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run("UPDATE leases SET ended_seq = ?, ended_by = ?, detail = ? "
               "WHERE group_id = ? AND attempt = ? AND ended_seq IS NULL",
               seq, row.ended_by, row.detail, row.key.group_id,
               row.key.attempt));
  if (changed == 0) {
    return absl::NotFoundError(absl::StrCat("attempt ", row.key.attempt, " at ",
                                            Print(row.key.group_id),
                                            " is not out"));
  }
  return db_
      ->Run(
          "UPDATE tickets SET state = ?1 WHERE state = ?2 AND group_id = ?3 "
          "AND (purpose, ticket) = (SELECT purpose, ticket FROM leases "
          "WHERE group_id = ?3 AND attempt = ?4) "
          "AND NOT EXISTS (SELECT 1 FROM leases WHERE group_id = ?3 "
          "AND ended_seq IS NULL)",
          TicketState::kIssued, TicketState::kLeased, row.key.group_id,
          row.key.attempt)
      .status();
}

absl::Status RowWriter::Put(const TicketDropped& row) {
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("ticket_dropped", Print(row.ticket),
                              {{"reason", ReasonName(row.reason)}}));
  MDRL_ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run("UPDATE tickets SET state = ?, reason = ?, closed_seq = ? "
               "WHERE purpose = ? AND ticket = ? AND closed_seq IS NULL",
               TicketState::kDropped, row.reason, seq, row.ticket.purpose,
               row.ticket.number));
  if (changed == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("ticket ", Print(row.ticket), " is not open"));
  }
  return db_
      ->Run(
          "UPDATE leases SET ended_seq = ?, ended_by = ? "
          "WHERE ended_seq IS NULL AND group_id = (SELECT group_id "
          "FROM tickets WHERE purpose = ? AND ticket = ?)",
          seq, row.reason, row.ticket.purpose, row.ticket.number)
      .status();
}

absl::Status RowWriter::Put(const GroupSubmitted& row) {
  const GroupId& group = row.key.group_id;
  {
    MDRL_ASSIGN_OR_RETURN(
        Query query,
        db_->Select("SELECT attempt, content_sha256, version_min, version_max, "
                    "seq FROM groups WHERE group_id = ?",
                    group));
    MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
    if (found) {
      AcceptedGroup accepted;
      accepted.attempt = static_cast<uint32_t>(query.U64(0));
      MDRL_ASSIGN_OR_RETURN(accepted.content_sha256,
                            query.AsId<Digest>(1, "groups " + Print(group)));
      accepted.version_min = query.U64(2);
      accepted.version_max = query.U64(3);
      accepted.seq = query.U64(4);
      return WithAccepted(absl::AlreadyExistsError(absl::StrCat(
                              "attempt ", accepted.attempt, " at ",
                              Print(group), " was accepted before")),
                          accepted);
    }
  }
  MDRL_RETURN_IF_ERROR(CheckTicketTakes(row.ticket, group));
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t granted,
      db_->SelectU64(
          0, "SELECT count(*) FROM leases WHERE group_id = ? AND attempt = ?",
          group, row.key.attempt));
  if (granted == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("attempt ", row.key.attempt, " at ", Print(group),
                     " was never granted"));
  }
  const bool trains = row.ticket.purpose == Purpose::kTrain;
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("group_submitted", Print(group),
                              {{"group", group.ToHex()},
                               {"attempt", row.key.attempt},
                               {"ticket", Print(row.ticket)},
                               {"slot", row.slot},
                               {"version_min", row.version_min},
                               {"version_max", row.version_max},
                               {"content", row.content_sha256.ToHex()}}));
  MDRL_RETURN_IF_ERROR(
      db_->Run("INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               group, row.key.attempt, row.ticket.purpose, row.ticket.number,
               row.slot, row.version_min, row.version_max, row.content_sha256,
               seq, Blob{row.body})
          .status());
  for (size_t i = 0; i < row.completions.size(); ++i) {
    const GroupSubmitted::CompletionRow& completion = row.completions[i];
    MDRL_RETURN_IF_ERROR(
        db_->Run("INSERT INTO completions VALUES (?, ?, ?, ?, ?, ?, NULL)",
                 group, i, completion.reward, completion.outcome,
                 completion.correct, completion.tokens)
            .status());
  }
  MDRL_RETURN_IF_ERROR(
      db_->Run("UPDATE leases SET ended_seq = ?, ended_by = ? WHERE "
               "group_id = ? AND attempt = ? AND ended_seq IS NULL",
               seq, Reason::kUnspecified, group, row.key.attempt)
          .status());
  MDRL_RETURN_IF_ERROR(EndLeases(group, seq, Reason::kSuperseded));
  const std::optional<uint64_t> closed =
      trains ? std::nullopt : std::optional<uint64_t>(seq);
  return db_
      ->Run(
          "UPDATE tickets SET state = ?, closed_seq = ? "
          "WHERE purpose = ? AND ticket = ?",
          trains ? TicketState::kSubmitted : TicketState::kAnswered, closed,
          row.ticket.purpose, row.ticket.number)
      .status();
}

absl::Status RowWriter::Put(const RoundOpened& row) {
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("round_opened", absl::StrCat(row.round),
                              {{"groups", row.groups.size()},
                               {"first_ticket", row.first_ticket},
                               {"batch", row.batch_sha256.ToHex()}}));
  MDRL_RETURN_IF_ERROR(WithContext(
      db_->Run("INSERT INTO rounds VALUES (?, ?, ?, ?, ?, NULL)", row.round,
               row.kind, row.batch_sha256, row.first_ticket, seq)
          .status(),
      absl::StrCat("round ", row.round)));
  for (size_t place = 0; place < row.groups.size(); ++place) {
    const RoundOpened::Place& taken = row.groups[place];
    MDRL_RETURN_IF_ERROR(WithContext(
        db_->Run("INSERT INTO round_groups VALUES (?, ?, ?, ?)", row.round,
                 place, taken.group_id, taken.use)
            .status(),
        absl::StrCat("round ", row.round, ", group ", Print(taken.group_id))));
    if (taken.use > 0) continue;  // trained before: its ticket is closed
    MDRL_ASSIGN_OR_RETURN(
        const int64_t changed,
        db_->Run("UPDATE tickets SET state = ? WHERE purpose = ? AND "
                 "ticket = ? AND group_id = ? AND state = ?",
                 TicketState::kInRound, taken.ticket.purpose,
                 taken.ticket.number, taken.group_id, TicketState::kSubmitted));
    if (changed == 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("round ", row.round, ": ticket ", Print(taken.ticket),
                       " is not SUBMITTED with ", Print(taken.group_id)));
    }
  }
  return absl::OkStatus();
}

absl::Status RowWriter::Put(const StepCommitted& row) {
  MDRL_ASSIGN_OR_RETURN(const uint64_t open,
                        db_->SelectU64(0,
                                       "SELECT count(*) FROM rounds "
                                       "WHERE round = ? AND closed_seq IS NULL",
                                       row.round));
  if (open == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("step ", row.step, ": round ", row.round, " is not open"));
  }
  nlohmann::json body = FlatJson(row.numbers);
  body["round"] = row.round;
  body["inner"] = row.inner;
  body["params_hash"] = row.params_hash.ToHex();
  body["chain"] = row.chain.ToHex();
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("step", absl::StrCat(row.step), body));
  return WithContext(
      db_->Run("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?)",
               row.step, row.round, row.inner, row.params_hash,
               row.optimizer_hash, row.chain, Blob{row.numbers}, seq)
          .status(),
      absl::StrCat("step ", row.step));
}

absl::Status RowWriter::Put(const RoundClosed& row) {
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("round_closed", absl::StrCat(row.round),
                              {{"groups", row.advantages.size()}}));
  MDRL_ASSIGN_OR_RETURN(const int64_t changed,
                        db_->Run("UPDATE rounds SET closed_seq = ? "
                                 "WHERE round = ? AND closed_seq IS NULL",
                                 seq, row.round));
  if (changed == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("round ", row.round, " is not open"));
  }
  MDRL_RETURN_IF_ERROR(
      db_->Run("UPDATE tickets SET state = ?, closed_seq = ? WHERE state = ? "
               "AND (purpose, ticket) IN (SELECT g.purpose, g.ticket FROM "
               "round_groups r JOIN groups g ON g.group_id = r.group_id "
               "WHERE r.round = ? AND r.use = 0)",
               TicketState::kTrained, seq, TicketState::kInRound, row.round)
          .status());
  for (const RoundClosed::Advantages& group : row.advantages) {
    for (size_t i = 0; i < group.of_completions.size(); ++i) {
      MDRL_ASSIGN_OR_RETURN(
          const int64_t found,
          db_->Run("UPDATE completions SET advantage = ? "
                   "WHERE group_id = ? AND idx = ?",
                   group.of_completions[i], group.group_id, i));
      if (found == 0) {
        return absl::NotFoundError(absl::StrCat(
            "completion ", Print(group.group_id), "/", i, " is not known"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace mdrl
