// Keeps a set of processes running until one that matters ends or a stop is
// asked for.
//
//   MDRL_ASSIGN_OR_RETURN(const ReadyLine ready, supervisor->Start(service));
//   ...
//   const int code = supervisor->Run();
//
// One loop on the main thread waits for everything at once: exits, output, the
// stop, the time of the next tick. Not thread-safe.
#ifndef MDRL_CLIENT_LAUNCH_SUPERVISOR_H_
#define MDRL_CLIENT_LAUNCH_SUPERVISOR_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/launch/child.h"
#include "common/base/clock.h"
#include "common/net/ready_line.h"
#include "common/sync/stop_signal.h"

namespace mdrl {

struct Service {
  enum class Role {
    kMain,    // its end is the end of all
    kWorker,  // started again when it falls
  };
  ChildOptions child;
  Role role = Role::kWorker;
  bool serves = false;  // prints a ready line
  // Asked a few times per second, until it is true, whether a process that
  // prints no ready line is ready. May be empty.
  std::function<bool()> answers = nullptr;
  // Environment variable that pins its address when it is started again:
  // others know the old one.
  std::string listen_variable;
};

class Supervisor {
 public:
  struct Options {
    absl::Duration grace = absl::Seconds(30);  // between SIGTERM and SIGKILL
    absl::Duration tick_every = absl::Seconds(1);
    // A worker that fell is started again after this long, twice as long after
    // every further fall, at most 30 s.
    absl::Duration restart_after = absl::Seconds(1);
    // One line about a process: "rollout-0 fell (139), starting it again".
    std::function<void(const std::string&)> tell = [](const std::string&) {};
    std::function<void()> on_tick = [] {};
    // A process has printed its ready line, for the first time or after a fall.
    std::function<void(const Service&, const ReadyLine&)> on_ready =
        [](const Service&, const ReadyLine&) {};
  };

  // `stop` and `clock` must outlive the supervisor. Internal if the system has
  // no event descriptor left.
  static absl::StatusOr<std::unique_ptr<Supervisor>> Create(Options options,
                                                            StopSignal& stop,
                                                            Clock& clock);
  // As StopAll.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Starts a process and, if it serves or answers, waits until it is ready. Not
  // OK: call EndCode() for the exit code. Cancelled if a stop was asked for,
  // Aborted with the end of its log if this or an earlier process ended.
  absl::StatusOr<ReadyLine> Start(Service service);

  // Waits until the main process ends, a stop is asked for, or a worker ends
  // in a way that starting again cannot mend; ends all others and returns the
  // exit code: the main process's, 130 or 143, or that worker's.
  int Run();

  // EndCode() if an end comes within `limit`; nothing else is ended then.
  std::optional<int> WaitForEnd(absl::Duration limit);

  // SIGTERM to all, SIGKILL after the grace; returns when all are gone.
  void StopAll();

  // Why it ended: 130 or 143 after a stop, else a process's exit code; 1 if
  // nothing ended yet.
  int EndCode() const;

 private:
  class WakeUp;
  struct Process {
    Service service;
    std::unique_ptr<Child> child;  // null between its fall and its restart
    ReadyLine ready;
    bool is_ready = false;
    int falls = 0;
    absl::Time restart_at = absl::InfiniteFuture();
  };

  Supervisor(Options options, StopSignal& stop, Clock& clock,
             std::shared_ptr<WakeUp> wake_up);
  // Waits for output, an exit, a wake-up or `until`, and takes in what came.
  // False: the end has come, EndCode() says why.
  bool Step(absl::Time until);
  void ReadOutput(Process& process);
  void TakeEnd(Process& process, int code);
  absl::Status RestartDue();
  absl::Time NextRestart() const;
  bool AnyRunning() const;

  const Options options_;
  StopSignal& stop_;
  Clock& clock_;
  const std::shared_ptr<WakeUp> wake_up_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::optional<int> end_code_;
  bool stopping_ = false;
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_SUPERVISOR_H_
