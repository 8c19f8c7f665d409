#include "services/learner/ledger/connection.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/status_reason.h"
#include "common/record/reason.h"

namespace mdrl {
namespace {

// A full disk is SQLITE_FULL. A quota and a limit on file sizes refuse a write
// in the same way, but SQLite reports them as an input-output error.
bool MeansNoRoom(int extended_code) {
  return extended_code == SQLITE_IOERR_WRITE ||
         extended_code == SQLITE_IOERR_SHMSIZE;
}

}  // namespace

absl::Status LastSqliteError(sqlite3* db) {
  const int extended_code = sqlite3_extended_errcode(db);
  const std::string text = absl::StrCat("ledger: ", sqlite3_errmsg(db));
  switch (extended_code & 0xFF) {
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(text);
    case SQLITE_FULL:
      return WithReason(absl::UnavailableError(text),
                        ReasonName(Reason::kDiskFull));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return WithReason(
          absl::UnavailableError(
              absl::StrCat(text, " (code ", extended_code, ")")),
          ReasonName(MeansNoRoom(extended_code) ? Reason::kDiskFull
                                                : Reason::kLedgerSlow));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return WithReason(absl::UnavailableError(text),
                        ReasonName(Reason::kLedgerSlow));
    default:
      return absl::InternalError(text);
  }
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

absl::StatusOr<bool> Query::Next() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return LastSqliteError(sqlite3_db_handle(statement_));
  }
}

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
uint64_t Query::U64(int column) const {
  return static_cast<uint64_t>(sqlite3_column_int64(statement_, column));
}
double Query::F64(int column) const {
  return sqlite3_column_double(statement_, column);
}
std::string Query::Text(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes), size);
}
std::optional<uint64_t> Query::MaybeU64(int column) const {
  if (IsNull(column)) return std::nullopt;
  return U64(column);
}

absl::StatusOr<std::unique_ptr<LedgerConnection>> LedgerConnection::Open(
    const std::string& path, int flags) {
  sqlite3* db = nullptr;
  // Without SQLite's own locks: this class is used by one thread at a time.
  const int code =
      sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  auto connection = std::unique_ptr<LedgerConnection>(new LedgerConnection(db));
  if (code != SQLITE_OK) return WithContext(LastSqliteError(db), path);
  sqlite3_extended_result_codes(db, 1);
  // A reader may briefly hold a lock of the write-ahead log's recovery.
  sqlite3_busy_timeout(db, 5000);
  return connection;
}

absl::StatusOr<std::unique_ptr<LedgerConnection>>
LedgerConnection::OpenForWriting(const std::string& path) {
  MDRL_ASSIGN_OR_RETURN(auto connection,
                        Open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // 64 MiB: a log that once grew, behind a long read, gives its room back.
  MDRL_RETURN_IF_ERROR(
      WithContext(connection->Execute("PRAGMA journal_mode = WAL;"
                                      "PRAGMA synchronous = FULL;"
                                      "PRAGMA foreign_keys = OFF;"
                                      "PRAGMA journal_size_limit = 67108864;"),
                  path));
  return connection;
}

absl::StatusOr<std::unique_ptr<LedgerConnection>>
LedgerConnection::OpenForReading(const std::string& path) {
  // Read-write for SQLite, so that it may recover the log's index after a
  // crash; the pragma refuses every write.
  auto connection = Open(path, SQLITE_OPEN_READWRITE);
  if (!connection.ok() && absl::IsUnavailable(connection.status())) {
    return absl::NotFoundError(
        absl::StrCat(path, ": there is no ledger to read"));
  }
  MDRL_RETURN_IF_ERROR(connection.status());
  MDRL_RETURN_IF_ERROR(
      WithContext((*connection)->Execute("PRAGMA query_only = ON;"), path));
  return connection;
}

LedgerConnection::~LedgerConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

absl::Status LedgerConnection::Execute(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
    return absl::OkStatus();
  }
  return LastSqliteError(db_);
}

absl::StatusOr<sqlite3_stmt*> LedgerConnection::Prepared(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) {
    MDRL_CHECK(!sqlite3_stmt_busy(found->second))
        << "a query of the same text is still being read: " << sql;
    return found->second;
  }
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK) {
    return LastSqliteError(db_);
  }
  statements_.emplace(sql, statement);
  return statement;
}

absl::StatusOr<int64_t> LedgerConnection::RunPrepared(sqlite3_stmt* statement) {
  Query query(statement);
  MDRL_ASSIGN_OR_RETURN(const bool row, query.Next());
  MDRL_CHECK(!row) << "Run() of a statement with rows";
  return sqlite3_changes64(db_);
}

void LedgerConnection::Bind(sqlite3_stmt* statement, int at, Blob value) {
  // An empty BLOB is a value; a null pointer would make it NULL.
  const char* const bytes = value.bytes.empty() ? "" : value.bytes.data();
  sqlite3_bind_blob64(statement, at, bytes, value.bytes.size(), SQLITE_STATIC);
}
void LedgerConnection::Bind(sqlite3_stmt* statement, int at,
                            const std::string& text) {
  sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}
void LedgerConnection::Bind(sqlite3_stmt* statement, int at, double value) {
  sqlite3_bind_double(statement, at, value);
}

}  // namespace mdrl
