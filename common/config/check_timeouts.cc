#include "common/config/check_timeouts.h"

#include <google/protobuf/duration.pb.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/config/check_config.h"
#include "common/config/derived.h"
#include "common/config/value_text.h"

namespace mdrl {
void CheckTimeouts(const config::v1::Run& run,
                   std::vector<ConfigFinding>* findings) {
  // `long_key` must last longer than `what`, which lasts `shorter`.
  const auto longer = [findings](const std::string& long_key,
                                 const google::protobuf::Duration& longer_one,
                                 const std::string& what,
                                 absl::Duration shorter) {
    if (ToAbslDuration(longer_one) > shorter) return;
    findings->push_back(
        {long_key, absl::StrCat(DurationText(ToAbslDuration(longer_one)),
                                " must be longer than ", what, " (",
                                DurationText(shorter), ")")});
  };
  const config::v1::Timeouts& t = run.timeouts();
  const config::v1::Watchdog& w = run.watchdog();
  longer("timeouts.lease", t.lease(), "3 x timeouts.heartbeat",
         3 * ToAbslDuration(t.heartbeat()));
  longer("timeouts.score_total", t.score_total(),
         "score_attempts x score_attempt",
         t.score_attempts() * ToAbslDuration(t.score_attempt()));
  longer("timeouts.group_deadline", t.group_deadline(),
         "score_total + submit_total",
         ToAbslDuration(t.score_total()) + ToAbslDuration(t.submit_total()));
  longer("watchdog.alarm_after", w.alarm_after(), "2 x timeouts.group_deadline",
         2 * ToAbslDuration(t.group_deadline()));
  longer("watchdog.alarm_after", w.alarm_after(), "watchdog.explain_after",
         ToAbslDuration(w.explain_after()));
  longer("timeouts.collective", t.collective(), "timeouts.chunk",
         ToAbslDuration(t.chunk()));
  longer("timeouts.fetch", t.fetch(), "timeouts.collective",
         ToAbslDuration(t.collective()));
  longer("timeouts.policy_wait", t.policy_wait(), "timeouts.fetch",
         ToAbslDuration(t.fetch()));
  longer("timeouts.group_deadline", t.group_deadline(), "timeouts.policy_wait",
         ToAbslDuration(t.policy_wait()));
  longer("timeouts.reconnect_for", t.reconnect_for(), "timeouts.restart",
         ToAbslDuration(t.restart()));
  if (run.checkpoint().on_sigterm()) {
    longer("timeouts.grace", t.grace(),
           "timeouts.checkpoint_write, with checkpoint.on_sigterm",
           ToAbslDuration(t.checkpoint_write()));
  }
}

}  // namespace mdrl
