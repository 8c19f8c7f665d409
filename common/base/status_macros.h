// Two macros for functions that return absl::Status or absl::StatusOr; nothing
// clever.
//
//   MDRL_RETURN_IF_ERROR(file.Sync());
//   MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
#ifndef MDRL_COMMON_BASE_STATUS_MACROS_H_
#define MDRL_COMMON_BASE_STATUS_MACROS_H_

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace mdrl {

// The same code with `context` put before the message; OK stays OK. Payloads
// are kept. For adding a file, a line or a key once, on the way up.
inline absl::Status WithContext(const absl::Status& status,
                                std::string_view context) {
  if (status.ok()) return status;
  absl::Status out(
      status.code(),
      absl::StrCat(absl::string_view(context.data(), context.size()), ": ",
                   status.message()));
  status.ForEachPayload(
      [&out](absl::string_view url, const absl::Cord& payload) {
        out.SetPayload(url, payload);
      });
  return out;
}

}  // namespace mdrl

#define MDRL_RETURN_IF_ERROR(expr)             \
  do {                                         \
    ::absl::Status mdrl_status = (expr);       \
    if (!mdrl_status.ok()) return mdrl_status; \
  } while (false)

#define MDRL_CONCAT_INNER(a, b) a##b
#define MDRL_CONCAT(a, b) MDRL_CONCAT_INNER(a, b)
#define MDRL_ASSIGN_OR_RETURN(lhs, expr) \
  MDRL_ASSIGN_OR_RETURN_INNER(MDRL_CONCAT(mdrl_or_, __LINE__), lhs, expr)
#define MDRL_ASSIGN_OR_RETURN_INNER(var, lhs, expr) \
  auto var = (expr);                                \
  if (!var.ok()) return var.status();               \
  lhs = *std::move(var)

#endif  // MDRL_COMMON_BASE_STATUS_MACROS_H_
