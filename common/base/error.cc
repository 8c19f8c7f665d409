#include "common/base/error.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"

namespace mdrl {
namespace {

constexpr char kFieldUrl[] = "mdrl.field";
constexpr char kRetryAfterUrl[] = "mdrl.retry_after_ns";
constexpr char kFactUrl[] = "mdrl.fact.";

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

void SetOrErase(absl::Status& status, absl::string_view url,
                std::string_view value) {
  if (value.empty()) {
    status.ErasePayload(url);
  } else {
    status.SetPayload(url, absl::Cord(View(value)));
  }
}

std::string PayloadOf(const absl::Status& status, absl::string_view url) {
  const auto payload = status.GetPayload(url);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status ErrorWith(absl::StatusCode code, std::string_view reason,
                       std::string_view field, std::string_view message) {
  MDRL_CHECK(code != absl::StatusCode::kOk) << "an error without a code";
  absl::Status status(code, View(message));
  SetOrErase(status, kReasonPayload, reason);
  SetOrErase(status, kFieldUrl, field);
  return status;
}

absl::Status WithDetail(absl::Status status, const ErrorDetail& detail) {
  for (const auto& [name, value] : DetailOf(status).facts) {
    status.ErasePayload(absl::StrCat(kFactUrl, name));
  }
  SetOrErase(status, kReasonPayload, detail.reason);
  SetOrErase(status, kFieldUrl, detail.field);
  SetOrErase(status, kRetryAfterUrl,
             detail.retry_after
                 ? absl::StrCat(absl::ToInt64Nanoseconds(*detail.retry_after))
                 : std::string());
  for (const auto& [name, value] : detail.facts) {
    status.SetPayload(absl::StrCat(kFactUrl, name), absl::Cord(value));
  }
  return status;
}

absl::Status OrReason(absl::Status status, std::string_view reason) {
  return ReasonOf(status).empty() ? WithReason(std::move(status), reason)
                                  : status;
}

ErrorDetail DetailOf(const absl::Status& status) {
  ErrorDetail detail;
  detail.reason = ReasonOf(status);
  detail.field = PayloadOf(status, kFieldUrl);
  int64_t nanoseconds = 0;
  if (absl::SimpleAtoi(PayloadOf(status, kRetryAfterUrl), &nanoseconds)) {
    detail.retry_after = absl::Nanoseconds(nanoseconds);
  }
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    const absl::string_view prefix = kFactUrl;
    if (!absl::StartsWith(url, prefix)) return;
    detail.facts[std::string(url.substr(prefix.size()))] = std::string(payload);
  });
  return detail;
}

}  // namespace mdrl
