#include "services/learner/ledger/recovery.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "services/learner/ledger/chain.h"
#include "services/learner/ledger/connection.h"
#include "services/learner/ledger/prompt_line.h"
#include "services/learner/ledger/row_writer.h"
#include "services/learner/ledger/schema.h"

namespace mdrl {
namespace {

// Calls `take(query)` for every row of `query`.
template <typename Take>
absl::Status ForEach(absl::StatusOr<Query> query, const Take& take) {
  MDRL_RETURN_IF_ERROR(query.status());
  for (;;) {
    MDRL_ASSIGN_OR_RETURN(const bool found, query->Next());
    if (!found) return absl::OkStatus();
    MDRL_RETURN_IF_ERROR(take(*query));
  }
}

class Recovery {
 public:
  Recovery(const RecoveryOptions& options, LedgerConnection& db)
      : options_(options), db_(db) {}

  absl::StatusOr<RecoveredRun> Read() {
    MDRL_RETURN_IF_ERROR(QuickCheck());
    MDRL_RETURN_IF_ERROR(ReadEpochs());
    MDRL_RETURN_IF_ERROR(ReadPromptSets());
    MDRL_RETURN_IF_ERROR(CountTickets());
    MDRL_RETURN_IF_ERROR(ReadOpenTickets());
    MDRL_RETURN_IF_ERROR(ReadWorkers());
    MDRL_RETURN_IF_ERROR(ReadRounds());
    MDRL_RETURN_IF_ERROR(ReadSteps());
    MDRL_RETURN_IF_ERROR(ReadPolicies());
    MDRL_RETURN_IF_ERROR(ReadCheckpoints());
    MDRL_RETURN_IF_ERROR(ReadEvaluations());
    return std::move(run_);
  }

 private:
  absl::Status QuickCheck() {
    return ForEach(db_.Select("PRAGMA quick_check(1)"),
                   [](const Query& row) -> absl::Status {
                     if (row.Text(0) == "ok") return absl::OkStatus();
                     return absl::DataLossError(
                         absl::StrCat("quick_check: ", row.Text(0)));
                   });
  }

  absl::Status ReadEpochs() {
    MDRL_RETURN_IF_ERROR(ForEach(db_.Select("SELECT key, value FROM meta"),
                                 [this](const Query& row) {
                                   run_.meta[row.Text(0)] = row.Text(1);
                                   return absl::OkStatus();
                                 }));
    MDRL_ASSIGN_OR_RETURN(run_.newest_seq,
                          db_.SelectU64(0, "SELECT max(seq) FROM events"));
    return ForEach(db_.Select("SELECT epoch, clean_end FROM epochs "
                              "ORDER BY epoch DESC LIMIT 1"),
                   [this](const Query& row) {
                     run_.last_epoch = row.U64(0);
                     run_.clean_end = row.U64(1) != 0;
                     return absl::OkStatus();
                   });
  }

  absl::Status ReadPromptSets() {
    MDRL_RETURN_IF_ERROR(ForEach(
        db_.Select("SELECT sha256, name, task, state, count, weight, pass, "
                   "cursor, submitter, seq FROM prompt_sets ORDER BY seq"),
        [this](const Query& row) -> absl::Status {
          StoredPromptSet set;
          MDRL_ASSIGN_OR_RETURN(set.added.sha256,
                                row.AsId<Digest>(0, "prompt_sets"));
          set.added.name = row.Text(1);
          set.added.task = row.Text(2);
          set.added.state = row.As<PromptSetState>(3);
          set.added.count = row.U64(4);
          if (!row.IsNull(5)) set.added.weight = row.F64(5);
          set.pass = row.U64(6);
          set.cursor = row.U64(7);
          set.added.submitter = row.Text(8);
          set.seq = row.U64(9);
          run_.prompt_sets.push_back(std::move(set));
          return absl::OkStatus();
        }));
    for (StoredPromptSet& set : run_.prompt_sets) {
      MDRL_RETURN_IF_ERROR(ReadPrompts(set));
      MDRL_RETURN_IF_ERROR(ReadOccurrences(set));
    }
    return absl::OkStatus();
  }

  absl::Status ReadPrompts(StoredPromptSet& set) {
    const std::string name = "prompts " + set.added.sha256.ToHex(6);
    Sha256 hash;
    uint64_t count = 0;
    MDRL_RETURN_IF_ERROR(ForEach(
        db_.Select("SELECT idx, body, quarantined FROM prompts "
                   "WHERE set_sha256 = ? ORDER BY idx",
                   set.added.sha256),
        [&](const Query& row) -> absl::Status {
          if (row.U64(0) != count) {
            return absl::DataLossError(absl::StrCat(
                name, "/", row.U64(0), ": a prompt before it is missing"));
          }
          hash.Bytes(row.Text(1));
          const auto reason = row.As<Reason>(2);
          if (reason == Reason::kPromptOverLength) {
            set.over_length.push_back(count);
          } else if (reason != Reason::kUnspecified) {
            set.quarantined.push_back(count);
          }
          ++count;
          return absl::OkStatus();
        }));
    if (count != set.added.count || hash.Finish() != set.added.sha256) {
      return absl::DataLossError(
          name + ": the prompts are not those that the set's hash names");
    }
    return absl::OkStatus();
  }

  absl::Status ReadOccurrences(StoredPromptSet& set) {
    return ForEach(
        db_.Select("SELECT idx, max(occurrence) + 1, count(*), sum(state = ?) "
                   "FROM tickets WHERE purpose = ? AND set_sha256 = ? "
                   "GROUP BY idx",
                   TicketState::kTrained, Purpose::kTrain, set.added.sha256),
        [&](const Query& row) -> absl::Status {
          const uint64_t index = row.U64(0);
          if (index >= set.added.count) {
            return absl::DataLossError(
                absl::StrCat("tickets: prompt ", index, " of set ",
                             set.added.sha256.ToHex(6), " does not exist"));
          }
          set.occurrences.resize(set.added.count);
          set.occurrences[index] = static_cast<uint32_t>(row.U64(1));
          set.issued += row.U64(2);
          set.trained += row.U64(3);
          return absl::OkStatus();
        });
  }

  absl::Status CountTickets() {
    return ForEach(
        db_.Select("SELECT purpose, state, reason, count(*), max(ticket) + 1 "
                   "FROM tickets GROUP BY purpose, state, reason"),
        [this](const Query& row) {
          const auto purpose = row.As<Purpose>(0);
          const uint64_t count = row.U64(3);
          TicketCounts& counts = run_.tickets[purpose];
          counts.issued += count;
          switch (row.As<TicketState>(1)) {
            case TicketState::kTrained:
              counts.trained += count;
              break;
            case TicketState::kAnswered:
              counts.answered += count;
              break;
            case TicketState::kDropped:
              counts.dropped[row.As<Reason>(2)] += count;
              break;
            default:
              counts.open += count;
          }
          uint64_t& next = run_.next_ticket[purpose];
          next = std::max(next, row.U64(4));
          return absl::OkStatus();
        });
  }

  absl::Status ReadOpenTickets() {
    MDRL_RETURN_IF_ERROR(ForEach(
        db_.Select("SELECT purpose, ticket, group_id, set_sha256, idx, "
                   "occurrence, due_round, min_version, exact, state FROM "
                   "tickets WHERE closed_seq IS NULL ORDER BY purpose, ticket"),
        [this](const Query& row) -> absl::Status {
          StoredTicket ticket;
          ticket.issued.ticket = {row.As<Purpose>(0), row.U64(1)};
          const std::string key = "tickets " + Print(ticket.issued.ticket);
          MDRL_ASSIGN_OR_RETURN(ticket.issued.group_id,
                                row.AsId<GroupId>(2, key));
          MDRL_ASSIGN_OR_RETURN(ticket.issued.set_sha256,
                                row.AsId<Digest>(3, key));
          ticket.issued.index = row.U64(4);
          ticket.issued.occurrence = row.U64(5);
          ticket.issued.due_round = row.MaybeU64(6);
          ticket.issued.min_version = row.MaybeU64(7);
          ticket.issued.exact = row.U64(8) != 0;
          ticket.state = row.As<TicketState>(9);
          run_.open_tickets.push_back(std::move(ticket));
          return absl::OkStatus();
        }));
    for (StoredTicket& ticket : run_.open_tickets) {
      MDRL_RETURN_IF_ERROR(ReadLease(ticket));
      if (ticket.state != TicketState::kSubmitted &&
          ticket.state != TicketState::kInRound) {
        continue;
      }
      MDRL_ASSIGN_OR_RETURN(ticket.group, ReadGroup(ticket.issued.group_id));
    }
    return absl::OkStatus();
  }

  absl::Status ReadLease(StoredTicket& ticket) {
    return ForEach(db_.Select("SELECT attempt, slot, epoch, ended_seq IS NULL "
                              "FROM leases WHERE group_id = ? ORDER BY attempt",
                              ticket.issued.group_id),
                   [&](const Query& row) {
                     ticket.attempts = static_cast<uint32_t>(row.U64(0));
                     if (row.U64(3) != 0) {
                       ticket.slot = static_cast<uint32_t>(row.U64(1));
                       ticket.lease_epoch = row.U64(2);
                     }
                     return absl::OkStatus();
                   });
  }

  // The group, if its bytes are those that were accepted.
  absl::StatusOr<RecoveredGroup> ReadGroup(const GroupId& id) {
    const std::string key = "groups " + id.ToHex();
    RecoveredGroup found;
    bool any = false;
    MDRL_RETURN_IF_ERROR(ForEach(
        db_.Select(
            "SELECT g.attempt, g.purpose, g.ticket, g.slot, "
            "g.version_min, g.version_max, g.content_sha256, g.seq, "
            "g.body, t.set_sha256, t.idx, p.body, p.tokens FROM groups g "
            "JOIN tickets t ON t.purpose = g.purpose AND "
            "t.ticket = g.ticket LEFT JOIN prompts p ON "
            "p.set_sha256 = t.set_sha256 AND p.idx = t.idx "
            "WHERE g.group_id = ?",
            id),
        [&](const Query& row) -> absl::Status {
          any = true;
          StoredGroup& stored = found.stored;
          stored.key = {id, static_cast<uint32_t>(row.U64(0))};
          stored.ticket = {row.As<Purpose>(1), row.U64(2)};
          stored.slot = static_cast<uint32_t>(row.U64(3));
          stored.version_min = row.U64(4);
          stored.version_max = row.U64(5);
          MDRL_ASSIGN_OR_RETURN(stored.content_sha256,
                                row.AsId<Digest>(6, key));
          stored.seq = row.U64(7);
          stored.body = row.Text(8);
          if (row.IsNull(11)) {
            return absl::DataLossError(key +
                                       ": its prompt is not in the ledger");
          }
          MDRL_ASSIGN_OR_RETURN(found.prompt.prompt,
                                ParsePromptLine(row.Text(11), key));
          MDRL_ASSIGN_OR_RETURN(found.prompt.prompt.set_sha256,
                                row.AsId<Digest>(9, key));
          found.prompt.prompt.index = row.U64(10);
          MDRL_ASSIGN_OR_RETURN(found.prompt.tokens,
                                ParseTokens(row.Text(12), key));
          return absl::OkStatus();
        }));
    if (!any) return absl::DataLossError(key + " is missing");
    auto group = options_.codec.decode(found.stored.body);
    if (!group.ok()) {
      return absl::DataLossError(
          absl::StrCat(key, ": its body: ", group.status().message()));
    }
    found.group = *std::move(group);
    if (found.group.key != found.stored.key ||
        ContentSha256(found.group) != found.stored.content_sha256) {
      return absl::DataLossError(key + ": its content hash differs");
    }
    return found;
  }

  absl::Status ReadWorkers() {
    return ForEach(
        db_.Select("SELECT slot, name, boot_id, build, device FROM workers "
                   "ORDER BY slot"),
        [this](const Query& row) -> absl::Status {
          WorkerRegistered worker;
          worker.slot = static_cast<uint32_t>(row.U64(0));
          worker.name = row.Text(1);
          MDRL_ASSIGN_OR_RETURN(
              worker.boot_id,
              row.AsId<BootId>(2, absl::StrCat("workers ", worker.slot)));
          worker.build = row.Text(3);
          worker.device = row.Text(4);
          run_.workers.push_back(std::move(worker));
          return absl::OkStatus();
        });
  }

  absl::Status ReadRounds() {
    MDRL_RETURN_IF_ERROR(ForEach(db_.Select("SELECT max(round) FROM rounds"),
                                 [this](const Query& row) {
                                   run_.last_round = row.MaybeU64(0);
                                   return absl::OkStatus();
                                 }));
    MDRL_RETURN_IF_ERROR(ForEach(
        db_.Select("SELECT round, kind, batch_sha256, first_ticket, "
                   "closed_seq IS NOT NULL FROM rounds WHERE round >= ? "
                   "ORDER BY round",
                   options_.first_round),
        [this](const Query& row) -> absl::Status {
          StoredRound round;
          round.round = row.U64(0);
          round.kind = row.As<RoundKind>(1);
          MDRL_ASSIGN_OR_RETURN(
              round.batch_sha256,
              row.AsId<Digest>(2, absl::StrCat("rounds ", round.round)));
          round.first_ticket = row.U64(3);
          round.closed = row.U64(4) != 0;
          run_.rounds.push_back(std::move(round));
          return absl::OkStatus();
        }));
    for (StoredRound& round : run_.rounds) {
      MDRL_RETURN_IF_ERROR(ReadRoundGroups(round));
    }
    return absl::OkStatus();
  }

  absl::Status ReadRoundGroups(StoredRound& round) {
    const std::string key = absl::StrCat("round_groups ", round.round);
    std::vector<GroupId> ids;
    MDRL_RETURN_IF_ERROR(ForEach(
        db_.Select("SELECT group_id FROM round_groups WHERE round = ? "
                   "ORDER BY place",
                   round.round),
        [&](const Query& row) -> absl::Status {
          MDRL_ASSIGN_OR_RETURN(ids.emplace_back(), row.AsId<GroupId>(0, key));
          return absl::OkStatus();
        }));
    std::vector<Digest> contents;
    for (const GroupId& id : ids) {
      MDRL_ASSIGN_OR_RETURN(RecoveredGroup group, ReadGroup(id));
      contents.push_back(group.stored.content_sha256);
      round.groups.push_back(std::move(group));
    }
    if (BatchSha256(contents) != round.batch_sha256) {
      return absl::DataLossError(key + ": the hash of the batch differs");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<StepCommitted> StepOf(const Query& row) {
    StepCommitted step;
    step.step = row.U64(0);
    const std::string key = absl::StrCat("steps ", step.step);
    step.round = row.U64(1);
    step.inner = static_cast<uint32_t>(row.U64(2));
    MDRL_ASSIGN_OR_RETURN(step.params_hash, row.AsId<ChunkHash>(3, key));
    if (!row.IsNull(4)) {
      MDRL_ASSIGN_OR_RETURN(step.optimizer_hash, row.AsId<ChunkHash>(4, key));
    }
    MDRL_ASSIGN_OR_RETURN(step.chain, row.AsId<Digest>(5, key));
    step.numbers = row.Text(6);
    return step;
  }

  absl::Status ReadSteps() {
    MDRL_RETURN_IF_ERROR(ForEach(
        db_.Select("SELECT step, round, inner, params_hash, optimizer_hash, "
                   "chain, numbers FROM steps WHERE undone_seq IS NULL "
                   "ORDER BY step DESC LIMIT 1"),
        [this](const Query& row) -> absl::Status {
          MDRL_ASSIGN_OR_RETURN(run_.last_step, StepOf(row));
          return absl::OkStatus();
        }));
    std::optional<StepCommitted> before;
    for (StoredRound& round : run_.rounds) {
      MDRL_RETURN_IF_ERROR(ForEach(
          db_.Select("SELECT step, round, inner, params_hash, optimizer_hash, "
                     "chain, numbers FROM steps WHERE round = ? "
                     "AND undone_seq IS NULL ORDER BY step",
                     round.round),
          [&](const Query& row) -> absl::Status {
            MDRL_ASSIGN_OR_RETURN(StepCommitted step, StepOf(row));
            if (before.has_value() && before->step + 1 == step.step &&
                ChainAfterStep(before->chain, step.step, round.batch_sha256,
                               step.params_hash) != step.chain) {
              return absl::DataLossError(
                  absl::StrCat("steps ", step.step, ": the chain breaks"));
            }
            before = step;
            round.steps.push_back(std::move(step));
            return absl::OkStatus();
          }));
    }
    return absl::OkStatus();
  }

  absl::Status ReadPolicies() {
    return ForEach(
        db_.Select("SELECT version, round, step, cause, content_sha256, "
                   "manifest_sha256, bytes FROM policies ORDER BY version"),
        [this](const Query& row) -> absl::Status {
          PolicyPublished policy;
          policy.version = row.U64(0);
          const std::string key = absl::StrCat("policies ", policy.version);
          policy.round = row.U64(1);
          policy.step = row.U64(2);
          policy.cause = row.As<Cause>(3);
          MDRL_ASSIGN_OR_RETURN(policy.content_sha256,
                                row.AsId<Digest>(4, key));
          MDRL_ASSIGN_OR_RETURN(policy.manifest_sha256,
                                row.AsId<Digest>(5, key));
          policy.bytes = row.U64(6);
          run_.policies.push_back(std::move(policy));
          return absl::OkStatus();
        });
  }

  absl::Status ReadCheckpoints() {
    return ForEach(
        db_.Select("SELECT name, step, round, version, manifest_sha256 "
                   "FROM checkpoints WHERE state = ? ORDER BY step",
                   CheckpointState::kValid),
        [this](const Query& row) -> absl::Status {
          CheckpointWritten checkpoint;
          checkpoint.name = row.Text(0);
          checkpoint.step = row.U64(1);
          checkpoint.round = row.U64(2);
          checkpoint.version = row.U64(3);
          MDRL_ASSIGN_OR_RETURN(
              checkpoint.manifest_sha256,
              row.AsId<Digest>(4, "checkpoints " + checkpoint.name));
          run_.checkpoints.push_back(std::move(checkpoint));
          return absl::OkStatus();
        });
  }

  absl::Status ReadEvaluations() {
    return ForEach(db_.Select("SELECT id, version, state, request, result "
                              "FROM evaluations ORDER BY seq"),
                   [this](const Query& row) -> absl::Status {
                     StoredEvaluation evaluation;
                     MDRL_ASSIGN_OR_RETURN(
                         evaluation.id,
                         row.AsId<EvaluationId>(0, "evaluations"));
                     evaluation.version = row.U64(1);
                     evaluation.state = row.As<EvaluationState>(2);
                     evaluation.request = row.Text(3);
                     evaluation.result = row.Text(4);
                     run_.evaluations.push_back(std::move(evaluation));
                     return absl::OkStatus();
                   });
  }

  const RecoveryOptions& options_;
  LedgerConnection& db_;
  RecoveredRun run_;
};

}  // namespace

absl::StatusOr<RecoveredRun> RecoverRun(const RecoveryOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const auto connection,
                        LedgerConnection::OpenForReading(options.path));
  absl::Status status = CheckSchema(*connection);
  if (status.ok()) {
    auto run = Recovery(options, *connection).Read();
    if (run.ok()) return run;
    status = run.status();
  }
  return WithContext(status, options.path);
}

}  // namespace mdrl
