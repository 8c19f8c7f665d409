// Log lines on stderr (JSON or key=value), and CHECK for broken invariants.
//
//   Log(LogLevel::kWarn, "lease_expired", "worker lost", {{"group", id}});
//   MDRL_CHECK(steps > 0) << "a round without steps";
//
// Thread-safe: one write(2) per line. Configure before threads start.
// Never put prompt or completion text in a line above kDebug.
#ifndef MDRL_COMMON_BASE_LOG_H_
#define MDRL_COMMON_BASE_LOG_H_

#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace mdrl {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kJson, kText };

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kJson;
  std::string role;  // learner, rollout, reward, client
  std::string run;
};

using LogFields =
    std::initializer_list<std::pair<std::string_view, std::string>>;

// REQUIRES: no other thread logs yet.
void ConfigureLog(LogOptions options);

// `event` is a stable word that programs may look for; `text` is for people.
void Log(LogLevel level, std::string_view event, std::string_view text,
         LogFields fields = {});

namespace internal {
// Collects the message of a failed MDRL_CHECK; its destructor aborts.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  ~CheckFailure();
  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};
struct Voidify {
  void operator&(std::ostream&) const {}
};
}  // namespace internal
}  // namespace mdrl

// For what we did wrong, never for what came from outside.
#define MDRL_CHECK(condition)                                              \
  (condition)                                                              \
      ? (void)0                                                            \
      : ::mdrl::internal::Voidify() &                                      \
            ::mdrl::internal::CheckFailure(__FILE__, __LINE__, #condition) \
                .stream()

#endif  // MDRL_COMMON_BASE_LOG_H_
