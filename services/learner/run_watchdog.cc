#include "services/learner/run_watchdog.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/log.h"

namespace mdrl {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(1);
// A loop that answers at all has unwound by then.
constexpr absl::Duration kUnwindIn = absl::Seconds(20);
constexpr int kAlarmExit = 80;

}  // namespace

RunWatchdog::RunWatchdog(const RunWatchdogOptions& options, FrontDesk& desk,
                         Clock& clock)
    : options_(options),
      desk_(desk),
      clock_(clock),
      watchdog_(options.times, clock.Now()),
      task_("watchdog", kLookEvery, [this] { Look(); }) {}

void RunWatchdog::Look() {
  const absl::Time now = clock_.Now();
  if (exit_by_.has_value()) {
    if (now >= *exit_by_) std::_Exit(kAlarmExit);
    return;
  }
  const auto view = desk_.Explain("");
  if (!view.ok()) return;
  const Watchdog::Act act =
      watchdog_.Observe(desk_.Progress(), view->chain, now);
  if (act == Watchdog::Act::kNothing) return;
  const bool alarm = act == Watchdog::Act::kAlarm;
  const Finding& cause = view->chain.back();
  const absl::Duration standstill = watchdog_.StandstillAt(now);
  Log(alarm ? LogLevel::kError : LogLevel::kWarn,
      alarm ? "watchdog_alarm" : "standstill", cause.text,
      {{"reason", std::string(ReasonName(cause.reason))},
       {"seconds", absl::StrCat(absl::ToInt64Seconds(standstill))}});
  desk_.NoteStandstill(alarm ? "alarm" : "explained", view->chain, standstill);
  if (!alarm || !options_.exit) return;
  exit_by_ = now + kUnwindIn;
  desk_.Fail(ErrorWith(
      absl::StatusCode::kDeadlineExceeded, reason::kWatchdogAlarm, "",
      absl::StrCat("no progress for ", AgeText(standstill), ": ", cause.text)));
}

}  // namespace mdrl
