// The ledger's tables, their version, and the way from every older version.
//
// Meaning of tables and transactions: docs/protocol.md, section 8. Statements
// that read and write rows stand beside the code that binds them.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_SCHEMA_H_
#define MDRL_SERVICES_LEARNER_LEDGER_SCHEMA_H_

#include <cstdint>

#include "absl/status/status.h"

namespace mdrl {

class LedgerConnection;

inline constexpr uint64_t kLedgerSchema = 1;

// Makes the tables in an empty file, or migrates an older one step by step,
// each step one transaction. DataLoss: not a ledger; reason LEDGER_NEWER: its
// schema is newer than kLedgerSchema.
absl::Status BringToSchema(LedgerConnection& connection);

// For readers: DataLoss unless the file has exactly kLedgerSchema.
absl::Status CheckSchema(LedgerConnection& connection);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_SCHEMA_H_
