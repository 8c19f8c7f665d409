// One SQLite connection with its prepared statements, and SQLite's codes as
// Status.
//
//   MDRL_ASSIGN_OR_RETURN(Query query, db.Select("SELECT body FROM groups WHERE
//   group_id = ?", id)); MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
//
// Not thread-safe: one thread, or one lock, per connection.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_CONNECTION_H_
#define MDRL_SERVICES_LEARNER_LEDGER_CONNECTION_H_

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"

namespace mdrl {

// Bytes for a BLOB column; borrowed until the statement has run.
struct Blob {
  std::string_view bytes;
};

// The rows of one SELECT. Move-only; ends the statement when it goes. One at a
// time per SQL text and connection.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  Query(Query&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)) {}
  Query& operator=(Query&&) = delete;
  ~Query();

  // False at the end. Columns are read from the row that it stepped on.
  absl::StatusOr<bool> Next();

  bool IsNull(int column) const;
  uint64_t U64(int column) const;
  double F64(int column) const;
  std::string Text(int column) const;  // TEXT and BLOB alike
  std::optional<uint64_t> MaybeU64(int column) const;
  template <typename Enum>
  Enum As(int column) const {
    return static_cast<Enum>(U64(column));
  }
  // DataLoss, naming `what`, unless the column has exactly the id's size.
  template <typename Id>
  absl::StatusOr<Id> AsId(int column, std::string_view what) const {
    const std::optional<Id> id = Id::FromBytes(Text(column));
    if (id.has_value()) return *id;
    return absl::DataLossError(
        absl::StrCat("ledger: ", absl::string_view(what.data(), what.size()),
                     ": an id or a hash has the wrong size"));
  }

 private:
  sqlite3_stmt* statement_;
};

class LedgerConnection {
 public:
  // For writing: makes the file if there is none; WAL, synchronous=FULL.
  // For reading: NotFound if there is no file.
  // DataLoss: the file is no SQLite database, or a damaged one.
  static absl::StatusOr<std::unique_ptr<LedgerConnection>> OpenForWriting(
      const std::string& path);
  static absl::StatusOr<std::unique_ptr<LedgerConnection>> OpenForReading(
      const std::string& path);
  ~LedgerConnection();
  LedgerConnection(const LedgerConnection&) = delete;
  LedgerConnection& operator=(const LedgerConnection&) = delete;

  // Statements without parameters and rows; several may be given, split by ';'.
  absl::Status Execute(const std::string& sql);

  // Runs one statement without rows; the number of rows that it changed.
  template <typename... Args>
  absl::StatusOr<int64_t> Run(std::string_view sql, const Args&... args) {
    MDRL_ASSIGN_OR_RETURN(sqlite3_stmt* const statement, Prepared(sql));
    int at = 0;
    (Bind(statement, ++at, args), ...);
    return RunPrepared(statement);
  }

  template <typename... Args>
  absl::StatusOr<Query> Select(std::string_view sql, const Args&... args) {
    MDRL_ASSIGN_OR_RETURN(sqlite3_stmt* const statement, Prepared(sql));
    int at = 0;
    (Bind(statement, ++at, args), ...);
    return Query(statement);
  }

  // The first column of the only row; `fallback` if there is no row or NULL.
  template <typename... Args>
  absl::StatusOr<uint64_t> SelectU64(uint64_t fallback, std::string_view sql,
                                     const Args&... args) {
    MDRL_ASSIGN_OR_RETURN(Query query, Select(sql, args...));
    MDRL_ASSIGN_OR_RETURN(const bool found, query.Next());
    return found && !query.IsNull(0) ? query.U64(0) : fallback;
  }

 private:
  explicit LedgerConnection(sqlite3* db) : db_(db) {}
  static absl::StatusOr<std::unique_ptr<LedgerConnection>> Open(
      const std::string& path, int flags);

  absl::StatusOr<sqlite3_stmt*> Prepared(std::string_view sql);
  absl::StatusOr<int64_t> RunPrepared(sqlite3_stmt* statement);

  static void Bind(sqlite3_stmt* statement, int at, Blob value);
  static void Bind(sqlite3_stmt* statement, int at, const std::string& text);
  static void Bind(sqlite3_stmt* statement, int at, double value);
  template <typename Number>
  requires(std::is_integral_v<Number> ||
           std::is_enum_v<Number>) static void Bind(sqlite3_stmt* statement,
                                                    int at, Number value) {
    sqlite3_bind_int64(statement, at, static_cast<int64_t>(value));
  }
  template <typename Tag, size_t N>
  static void Bind(sqlite3_stmt* statement, int at, const ByteId<Tag, N>& id) {
    Bind(statement, at,
         Blob{{reinterpret_cast<const char*>(id.bytes.data()), N}});
  }
  template <typename T>
  static void Bind(sqlite3_stmt* statement, int at,
                   const std::optional<T>& value) {
    if (value.has_value()) Bind(statement, at, *value);  // else stays NULL
  }

  sqlite3* const db_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

// SQLite's last code on `db` as a Status: AlreadyExists for a broken
// constraint; Unavailable with the reason DISK_FULL or LEDGER_SLOW where the
// disk or a lock refuses; DataLoss for a damaged file; else Internal.
absl::Status LastSqliteError(sqlite3* db);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_CONNECTION_H_
