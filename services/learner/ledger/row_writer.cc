#include "services/learner/ledger/row_writer.h"

#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "nlohmann/json.hpp"
#include "services/learner/ledger/connection.h"
#include "services/learner/ledger/flat_json.h"

// Prompt sets, workers and what concerns the run as a whole; the way of a
// group from ticket to step is in row_writer_work.cc.
namespace mdrl {

absl::StatusOr<RowWriter> RowWriter::Create(LedgerConnection& connection) {
  Mark mark;
  MDRL_ASSIGN_OR_RETURN(const uint64_t newest,
                        connection.SelectU64(0, "SELECT max(seq) FROM events"));
  mark.next_seq = newest + 1;
  MDRL_ASSIGN_OR_RETURN(
      mark.epoch, connection.SelectU64(0, "SELECT max(epoch) FROM epochs"));
  return RowWriter(connection, mark);
}

absl::Status RowWriter::Write(const LedgerRow& row, absl::Time now) {
  now_ns_ = absl::ToUnixNanos(now);
  return std::visit([this](const auto& r) { return Put(r); }, row);
}

absl::StatusOr<uint64_t> RowWriter::Event(const std::string& kind,
                                          const std::string& subject,
                                          const nlohmann::json& body) {
  // Text from users may be anything: what is not UTF-8 is replaced.
  return EventText(
      kind, subject,
      body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

absl::StatusOr<uint64_t> RowWriter::EventText(const std::string& kind,
                                              const std::string& subject,
                                              const std::string& body) {
  const uint64_t seq = mark_.next_seq;
  MDRL_RETURN_IF_ERROR(db_->Run("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
                                seq, mark_.epoch, now_ns_, kind, subject,
                                Blob{body})
                           .status());
  mark_.next_seq = seq + 1;
  return seq;
}

absl::Status RowWriter::Put(const PromptsPending& row) {
  static_assert(std::endian::native == std::endian::little);
  if (row.sha256.has_value()) {
    MDRL_RETURN_IF_ERROR(CheckSetIsNew(*row.sha256));
  }
  const std::string key =
      row.sha256.has_value() ? row.sha256->ToBytes() : row.pending_id.ToBytes();
  uint64_t index = row.first_index;
  for (const PromptsPending::PromptRow& prompt : row.prompts) {
    const std::string_view tokens(
        reinterpret_cast<const char*>(prompt.tokens.data()),
        prompt.tokens.size() * sizeof(int32_t));
    // A part may be there from an earlier try; the hash says it is the same.
    MDRL_RETURN_IF_ERROR(
        db_->Run("INSERT OR REPLACE INTO prompts VALUES (?, ?, ?, ?, ?)",
                 Blob{key}, index, Blob{prompt.body}, Blob{tokens},
                 prompt.quarantined)
            .status());
    ++index;
  }
  return absl::OkStatus();
}

absl::Status RowWriter::CheckSetIsNew(const Digest& sha256) {
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t known,
      db_->SelectU64(0, "SELECT count(*) FROM prompt_sets WHERE sha256 = ?",
                     sha256));
  if (known == 0) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat("prompt set ", sha256.ToHex(6), " is known"));
}

absl::StatusOr<bool> RowWriter::HasPrompts(const std::string& key,
                                           uint64_t count) {
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t prompts,
      db_->SelectU64(
          0, "SELECT count(*) FROM prompts WHERE set_sha256 = ? AND idx < ?",
          Blob{key}, count));
  return prompts == count && count > 0;
}

absl::Status RowWriter::Put(const PromptsDiscarded& row) {
  return db_->Run("DELETE FROM prompts WHERE set_sha256 = ?", row.pending_id)
      .status();
}

absl::Status RowWriter::Put(const PromptSetAdded& row) {
  MDRL_RETURN_IF_ERROR(CheckSetIsNew(row.sha256));
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t named,
      db_->SelectU64(0, "SELECT count(*) FROM prompt_sets WHERE name = ?",
                     row.name));
  if (named > 0) {
    return absl::AlreadyExistsError(absl::StrCat(
        "a prompt set of the name ", row.name, " with another content exists"));
  }
  MDRL_ASSIGN_OR_RETURN(const bool in_place,
                        HasPrompts(row.sha256.ToBytes(), row.count));
  if (!in_place) {
    MDRL_ASSIGN_OR_RETURN(const bool pending,
                          HasPrompts(row.pending_id.ToBytes(), row.count));
    if (!pending) {
      return absl::FailedPreconditionError(
          absl::StrCat("prompt set ", row.name, ": not all of its ", row.count,
                       " prompts arrived"));
    }
    MDRL_RETURN_IF_ERROR(db_->Run("UPDATE OR REPLACE prompts SET "
                                  "set_sha256 = ? WHERE set_sha256 = ?",
                                  row.sha256, row.pending_id)
                             .status());
  }
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("prompt_set_added", row.name,
                              {{"set", row.sha256.ToHex()},
                               {"task", row.task},
                               {"count", row.count},
                               {"submitter", row.submitter}}));
  return db_
      ->Run("INSERT INTO prompt_sets VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?)",
            row.sha256, row.name, row.task, row.state, row.count, row.weight,
            row.submitter, seq)
      .status();
}

absl::Status RowWriter::Put(const PromptSetCursor& row) {
  MDRL_ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run("UPDATE prompt_sets SET pass = ?, cursor = ? WHERE sha256 = ?",
               row.pass, row.cursor, row.sha256));
  if (changed == 1) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("prompt set ", row.sha256.ToHex(6), " is not known"));
}

absl::Status RowWriter::Put(const PromptSetStateChanged& row) {
  MDRL_ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run("UPDATE prompt_sets SET state = ? WHERE sha256 = ?", row.state,
               row.sha256));
  if (changed == 0) {
    return absl::NotFoundError(
        absl::StrCat("prompt set ", row.sha256.ToHex(6), " is not known"));
  }
  return Event("prompt_set_state", row.sha256.ToHex(),
               {{"state", PromptSetStateName(row.state)}})
      .status();
}

absl::Status RowWriter::Put(const PromptQuarantined& row) {
  MDRL_ASSIGN_OR_RETURN(const int64_t changed,
                        db_->Run("UPDATE prompts SET quarantined = ? "
                                 "WHERE set_sha256 = ? AND idx = ?",
                                 row.reason, row.set_sha256, row.index));
  if (changed == 0) {
    return absl::NotFoundError(absl::StrCat("prompt ", row.index, " of set ",
                                            row.set_sha256.ToHex(6),
                                            " is not known"));
  }
  return Event("prompt_quarantined",
               absl::StrCat(row.set_sha256.ToHex(), "/", row.index),
               {{"reason", ReasonName(row.reason)}})
      .status();
}

absl::Status RowWriter::Put(const WorkerRegistered& row) {
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq, Event("worker_registered", row.name,
                                                  {{"slot", row.slot},
                                                   {"build", row.build},
                                                   {"device", row.device}}));
  MDRL_ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run("UPDATE workers SET boot_id = ?, build = ?, device = ?, "
               "registered_seq = ? WHERE slot = ? AND name = ?",
               row.boot_id, row.build, row.device, seq, row.slot, row.name));
  if (changed == 1) return absl::OkStatus();
  // The slot or the name belongs to another worker if this breaks a key.
  return db_
      ->Run("INSERT INTO workers VALUES (?, ?, ?, ?, ?, ?)", row.slot, row.name,
            row.boot_id, row.build, row.device, seq)
      .status();
}

absl::Status RowWriter::Put(const PolicyPublished& row) {
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t other,
      db_->SelectU64(0,
                     "SELECT count(*) FROM policies "
                     "WHERE version = ? AND content_sha256 <> ?",
                     row.version, row.content_sha256));
  if (other > 0) {
    return absl::AlreadyExistsError(absl::StrCat(
        "policy ", row.version, " was published with another content"));
  }
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("policy_published", absl::StrCat(row.version),
                              {{"round", row.round},
                               {"step", row.step},
                               {"cause", static_cast<uint32_t>(row.cause)},
                               {"content", row.content_sha256.ToHex()},
                               {"manifest", row.manifest_sha256.ToHex()},
                               {"bytes", row.bytes}}));
  return db_
      ->Run("INSERT OR REPLACE INTO policies VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row.version, row.round, row.step, row.cause, row.content_sha256,
            row.manifest_sha256, row.bytes, seq)
      .status();
}

absl::Status RowWriter::Put(const CheckpointWritten& row) {
  MDRL_ASSIGN_OR_RETURN(const uint64_t seq,
                        Event("checkpoint", row.name,
                              {{"step", row.step},
                               {"round", row.round},
                               {"version", row.version},
                               {"manifest", row.manifest_sha256.ToHex()}}));
  return db_
      ->Run("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)",
            row.name, row.step, row.round, row.version, row.manifest_sha256,
            CheckpointState::kValid, seq)
      .status();
}

absl::Status RowWriter::Put(const CheckpointRemoved& row) {
  MDRL_ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run("UPDATE checkpoints SET state = ? WHERE name = ?",
               CheckpointState::kRemoved, row.name));
  if (changed == 0) {
    return absl::NotFoundError(
        absl::StrCat("checkpoint ", row.name, " is not known"));
  }
  return Event("checkpoint_removed", row.name, nlohmann::json::object())
      .status();
}

absl::Status RowWriter::Put(const EvaluationStarted& row) {
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t seq,
      Event("evaluation_started", row.id.ToHex(), {{"version", row.version}}));
  return db_
      ->Run("INSERT INTO evaluations VALUES (?, ?, ?, ?, NULL, ?)", row.id,
            row.version, Blob{row.request}, EvaluationState::kRunning, seq)
      .status();
}

absl::Status RowWriter::Put(const EvaluationFinished& row) {
  MDRL_ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run("UPDATE evaluations SET state = ?, result = ? "
               "WHERE id = ? AND state = ?",
               row.state, Blob{row.result}, row.id, EvaluationState::kRunning));
  if (changed == 0) {
    return absl::NotFoundError(
        absl::StrCat("evaluation ", row.id.ToHex(), " is not running"));
  }
  nlohmann::json body = FlatJson(row.result);
  body["state"] = row.state == EvaluationState::kDone ? "DONE" : "CANCELLED";
  return Event("evaluation_finished", row.id.ToHex(), body).status();
}

absl::Status RowWriter::Put(const RequestRemembered& row) {
  // The rows of the command itself tell what happened; this only points there.
  return db_
      ->Run("INSERT INTO requests VALUES (?, ?, ?, ?, ?)", row.request_id,
            row.rpc, row.body_sha256, Blob{row.reply}, mark_.next_seq - 1)
      .status();
}

absl::Status RowWriter::Put(const EpochStarted& row) {
  MDRL_RETURN_IF_ERROR(db_->Run("INSERT INTO epochs VALUES (?, ?, ?, ?, 0)",
                                row.epoch, now_ns_, row.build, row.checkpoint)
                           .status());
  mark_.epoch = row.epoch;
  return Event("epoch_started", absl::StrCat(row.epoch),
               {{"build", row.build}, {"checkpoint", row.checkpoint}})
      .status();
}

absl::Status RowWriter::Put(const EpochEnded& row) {
  MDRL_RETURN_IF_ERROR(
      db_->Run("UPDATE epochs SET clean_end = 1 WHERE epoch = ?", mark_.epoch)
          .status());
  return Event("epoch_ended", absl::StrCat(mark_.epoch), {{"why", row.why}})
      .status();
}

absl::Status RowWriter::Put(const MetaSet& row) {
  return db_
      ->Run("INSERT OR REPLACE INTO meta VALUES (?, ?)", row.key,
            Blob{row.value})
      .status();
}

absl::Status RowWriter::Put(const EventNoted& row) {
  return EventText(row.kind, row.subject, row.body).status();
}

}  // namespace mdrl
