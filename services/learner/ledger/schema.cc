#include "services/learner/ledger/schema.h"

#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "services/learner/ledger/connection.h"

namespace mdrl {
namespace {

constexpr char kTables[] = R"sql(
CREATE TABLE meta        (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE epochs      (epoch INTEGER PRIMARY KEY, started_ns INTEGER, build TEXT, checkpoint TEXT, clean_end INTEGER);
CREATE TABLE events      (seq INTEGER PRIMARY KEY, epoch INTEGER, time_ns INTEGER, kind TEXT, subject TEXT, body BLOB);
CREATE TABLE requests    (request_id BLOB PRIMARY KEY, rpc TEXT, body_sha256 BLOB, reply BLOB, seq INTEGER) WITHOUT ROWID;
CREATE TABLE prompt_sets (sha256 BLOB PRIMARY KEY, name TEXT UNIQUE, task TEXT, state INTEGER, count INTEGER, weight REAL, pass INTEGER,
                          cursor INTEGER, submitter TEXT, seq INTEGER) WITHOUT ROWID;
CREATE TABLE prompts     (set_sha256 BLOB, idx INTEGER, body BLOB, tokens BLOB, quarantined INTEGER, PRIMARY KEY (set_sha256, idx)) WITHOUT ROWID;
CREATE TABLE tickets     (purpose INTEGER, ticket INTEGER, group_id BLOB, set_sha256 BLOB, idx INTEGER, occurrence INTEGER, due_round INTEGER,
                          min_version INTEGER, exact INTEGER, state INTEGER, reason INTEGER, issued_seq INTEGER, closed_seq INTEGER,
                          PRIMARY KEY (purpose, ticket)) WITHOUT ROWID;
CREATE TABLE workers     (slot INTEGER PRIMARY KEY, name TEXT UNIQUE, boot_id BLOB, build TEXT, device TEXT, registered_seq INTEGER);
CREATE TABLE leases      (group_id BLOB, attempt INTEGER, purpose INTEGER, ticket INTEGER, slot INTEGER, epoch INTEGER, granted_seq INTEGER,
                          ended_seq INTEGER, ended_by INTEGER, detail TEXT, PRIMARY KEY (group_id, attempt)) WITHOUT ROWID;
CREATE TABLE groups      (group_id BLOB PRIMARY KEY, attempt INTEGER, purpose INTEGER, ticket INTEGER, slot INTEGER, version_min INTEGER,
                          version_max INTEGER, content_sha256 BLOB, seq INTEGER, body BLOB);
CREATE TABLE completions (group_id BLOB, idx INTEGER, reward REAL, outcome INTEGER, correct INTEGER, tokens INTEGER, advantage REAL,
                          PRIMARY KEY (group_id, idx)) WITHOUT ROWID;
CREATE TABLE rounds      (round INTEGER PRIMARY KEY, kind INTEGER, batch_sha256 BLOB, first_ticket INTEGER, opened_seq INTEGER, closed_seq INTEGER);
CREATE TABLE round_groups(round INTEGER, place INTEGER, group_id BLOB, use INTEGER, PRIMARY KEY (round, place),
                          UNIQUE (group_id, use));
CREATE TABLE steps       (step INTEGER PRIMARY KEY, round INTEGER, inner INTEGER, params_hash BLOB, optimizer_hash BLOB, chain BLOB,
                          undone_seq INTEGER, numbers BLOB, seq INTEGER);
CREATE TABLE policies    (version INTEGER PRIMARY KEY, round INTEGER, step INTEGER, cause INTEGER, content_sha256 BLOB, manifest_sha256 BLOB,
                          bytes INTEGER, seq INTEGER);
CREATE TABLE checkpoints (name TEXT PRIMARY KEY, step INTEGER, round INTEGER, version INTEGER, manifest_sha256 BLOB, state INTEGER, seq INTEGER);
CREATE TABLE evaluations (id BLOB PRIMARY KEY, version INTEGER, request BLOB, state INTEGER, result BLOB, seq INTEGER) WITHOUT ROWID;
CREATE INDEX tickets_open ON tickets (purpose, state, due_round, ticket) WHERE closed_seq IS NULL;
CREATE INDEX groups_ready ON groups (purpose, ticket);
CREATE INDEX leases_open  ON leases (slot) WHERE ended_seq IS NULL;
CREATE INDEX events_kind  ON events (kind, seq);
INSERT INTO meta VALUES ('schema', '1');
)sql";

// kMigrations[i] leads from schema i to schema i + 1 and ends by setting
// meta.schema; 0 is the empty file. A line here is never edited again.
constexpr const char* kMigrations[] = {kTables};
static_assert(std::size(kMigrations) == kLedgerSchema);

absl::StatusOr<uint64_t> SchemaOf(LedgerConnection& connection) {
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t objects,
      connection.SelectU64(0, "SELECT count(*) FROM sqlite_master"));
  if (objects == 0) return 0;
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t metas,
      connection.SelectU64(0,
                           "SELECT count(*) FROM sqlite_master "
                           "WHERE type = 'table' AND name = 'meta'"));
  if (metas == 0) {
    return absl::DataLossError(
        "a database without the table meta: this is not a ledger");
  }
  MDRL_ASSIGN_OR_RETURN(
      Query query,
      connection.Select("SELECT value FROM meta WHERE key = 'schema'"));
  MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
  uint64_t schema = 0;
  if (!found || !absl::SimpleAtoi(query.Text(0), &schema) || schema == 0) {
    return absl::DataLossError("meta.schema of the ledger is not a number");
  }
  return schema;
}

absl::Status RefuseNewer(uint64_t schema) {
  if (schema <= kLedgerSchema) return absl::OkStatus();
  return WithReason(
      absl::DataLossError(absl::StrCat(
          "the ledger has schema ", schema, ", this build knows ",
          kLedgerSchema, ": go on with the newer build that wrote it")),
      reason::kLedgerNewer);
}

}  // namespace

absl::Status BringToSchema(LedgerConnection& connection) {
  MDRL_ASSIGN_OR_RETURN(uint64_t schema, SchemaOf(connection));
  MDRL_RETURN_IF_ERROR(RefuseNewer(schema));
  for (; schema < kLedgerSchema; ++schema) {
    MDRL_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
    absl::Status status = connection.Execute(kMigrations[schema]);
    if (status.ok()) status = connection.Execute("COMMIT");
    if (!status.ok()) {
      connection.Execute("ROLLBACK").IgnoreError();  // the first error tells
      return WithContext(status,
                         absl::StrCat("bringing schema ", schema, " forward"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSchema(LedgerConnection& connection) {
  MDRL_ASSIGN_OR_RETURN(const uint64_t schema, SchemaOf(connection));
  MDRL_RETURN_IF_ERROR(RefuseNewer(schema));
  if (schema == kLedgerSchema) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "the ledger has schema ", schema, ", this build reads ", kLedgerSchema,
      ": a learner of this build brings it forward when it resumes the run"));
}

}  // namespace mdrl
