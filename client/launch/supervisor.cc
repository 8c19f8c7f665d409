#include "client/launch/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

constexpr absl::Duration kLongestRestart = absl::Seconds(30);
constexpr absl::Duration kAskEvery = absl::Milliseconds(100);

bool MustBecomeReady(const Service& service) {
  return service.serves || service.answers != nullptr;
}

// Ends that the same program with the same configuration will come to again.
bool StartingAgainHelps(int code) {
  return code != 2 && code != 76 && code != 77 && code != 78;
}

}  // namespace

// Readable once the stop was asked for. Shared with the stop signal, which may
// outlive the supervisor.
class Supervisor::WakeUp {
 public:
  explicit WakeUp(int fd) : fd_(fd) {}
  ~WakeUp() { close(fd_); }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  int fd() const { return fd_; }
  void Ring() const { (void)eventfd_write(fd_, 1); }

 private:
  const int fd_;
};

absl::StatusOr<std::unique_ptr<Supervisor>> Supervisor::Create(Options options,
                                                               StopSignal& stop,
                                                               Clock& clock) {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return absl::ErrnoToStatus(errno, "eventfd");
  auto wake_up = std::make_shared<WakeUp>(fd);
  stop.OnStop([wake_up] { wake_up->Ring(); });
  return std::unique_ptr<Supervisor>(
      new Supervisor(std::move(options), stop, clock, std::move(wake_up)));
}

Supervisor::Supervisor(Options options, StopSignal& stop, Clock& clock,
                       std::shared_ptr<WakeUp> wake_up)
    : options_(std::move(options)),
      stop_(stop),
      clock_(clock),
      wake_up_(std::move(wake_up)) {}

Supervisor::~Supervisor() { StopAll(); }

absl::StatusOr<ReadyLine> Supervisor::Start(Service service) {
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<Child> child,
                        Child::Spawn(service.child));
  processes_.push_back(std::make_unique<Process>());
  Process& process = *processes_.back();
  process.service = std::move(service);
  process.child = std::move(child);
  const auto awaited = [&process] {
    if (process.service.answers != nullptr && !process.is_ready) {
      process.is_ready = process.service.answers();
    }
    return MustBecomeReady(process.service) && !process.is_ready;
  };
  while (awaited()) {
    if (Step(clock_.Now() + (process.service.answers == nullptr
                                 ? options_.tick_every
                                 : kAskEvery))) {
      options_.on_tick();
      continue;
    }
    if (stop_.Requested()) return absl::CancelledError("a stop was asked for");
    const ChildOptions& ended = process.service.child;
    return absl::AbortedError(
        absl::StrCat(ended.name, " ended with ", EndCode(),
                     " before it was ready; the end of ", ended.log.string(),
                     ":\n", TailOf(ended.log, 5)));
  }
  return process.ready;
}

int Supervisor::Run() {
  absl::Time next_tick = clock_.Now();
  while (Step(std::min(next_tick, NextRestart()))) {
    if (clock_.Now() < next_tick) continue;
    options_.on_tick();
    next_tick = clock_.Now() + options_.tick_every;
  }
  StopAll();
  options_.on_tick();
  return EndCode();
}

std::optional<int> Supervisor::WaitForEnd(absl::Duration limit) {
  const absl::Time until = clock_.Now() + limit;
  while (clock_.Now() < until) {
    if (!Step(until)) return EndCode();
  }
  return std::nullopt;
}

void Supervisor::StopAll() {
  stopping_ = true;
  for (const auto& process : processes_) {
    if (process->child != nullptr) process->child->Signal(SIGTERM);
  }
  const absl::Time kill_at = clock_.Now() + options_.grace;
  while (AnyRunning() && clock_.Now() < kill_at) {
    Step(std::min(kill_at, clock_.Now() + options_.tick_every));
    options_.on_tick();
  }
  for (const auto& process : processes_) {
    if (process->child == nullptr || process->child->Reap()) continue;
    options_.tell(absl::StrCat(process->service.child.name,
                               " did not end in time and was killed"));
  }
  processes_.clear();  // kills what is left
}

int Supervisor::EndCode() const {
  if (stop_.Requested()) return 128 + stop_.signal_number();
  return end_code_.value_or(1);
}

bool Supervisor::Step(absl::Time until) {
  std::vector<pollfd> waits;
  // A stop is rung once and stays: while stopping it would end every wait.
  if (!stopping_) {
    waits.push_back({.fd = wake_up_->fd(), .events = POLLIN, .revents = 0});
  }
  for (const auto& process : processes_) {
    if (process->child == nullptr) continue;
    waits.push_back(
        {.fd = process->child->output_fd(), .events = POLLIN, .revents = 0});
    waits.push_back(
        {.fd = process->child->exit_fd(), .events = POLLIN, .revents = 0});
  }
  const int64_t left = absl::ToInt64Milliseconds(
      absl::Ceil(until - clock_.Now(), absl::Milliseconds(1)));
  // An interrupted poll is a step in which nothing came.
  poll(waits.data(), waits.size(),
       static_cast<int>(std::clamp<int64_t>(left, 0, 1'000)));
  for (const auto& process : processes_) {
    if (process->child == nullptr) continue;
    ReadOutput(*process);
    const std::optional<int> code = process->child->Reap();
    if (code) TakeEnd(*process, *code);
  }
  if (stopping_) return true;
  if (const absl::Status status = RestartDue(); !status.ok()) {
    options_.tell(std::string(status.message()));
    end_code_ = 1;
  }
  return !stop_.Requested() && !end_code_;
}

void Supervisor::ReadOutput(Process& process) {
  while (const std::optional<std::string> line = process.child->ReadLine()) {
    const absl::StatusOr<ReadyLine> ready = ParseReadyLine(*line);
    if (!ready.ok()) {
      options_.tell(absl::StrCat(process.service.child.name, ": ", *line));
      continue;
    }
    process.ready = *ready;
    process.is_ready = true;
    options_.on_ready(process.service, *ready);
  }
}

void Supervisor::TakeEnd(Process& process, int code) {
  process.child.reset();
  if (stopping_) return;
  const Service& service = process.service;
  const bool before_ready = MustBecomeReady(service) && !process.is_ready;
  if (service.role == Service::Role::kMain || before_ready ||
      !StartingAgainHelps(code)) {
    if (service.role != Service::Role::kMain && !before_ready) {
      options_.tell(absl::StrCat(service.child.name, " ended with ", code,
                                 "; the end of ", service.child.log.string(),
                                 ":\n", TailOf(service.child.log, 5)));
    }
    // The first end is the cause, later ones its consequence.
    if (!end_code_) end_code_ = code;
    return;
  }
  if (code == 0) {
    options_.tell(absl::StrCat(service.child.name, " was drained"));
    return;
  }
  const absl::Duration wait =
      std::min(options_.restart_after * (1 << std::min(process.falls, 16)),
               kLongestRestart);
  ++process.falls;
  process.restart_at = clock_.Now() + wait;
  options_.tell(absl::StrCat(service.child.name, " fell (", code,
                             "), starting it again in ",
                             absl::FormatDuration(wait)));
}

absl::Status Supervisor::RestartDue() {
  for (const auto& process : processes_) {
    if (clock_.Now() < process->restart_at) continue;
    process->restart_at = absl::InfiniteFuture();
    ChildOptions options = process->service.child;
    if (!process->service.listen_variable.empty()) {
      options.environment[process->service.listen_variable] =
          absl::StrCat("\"", process->ready.rpc, "\"");
    }
    MDRL_ASSIGN_OR_RETURN(process->child, Child::Spawn(std::move(options)));
  }
  return absl::OkStatus();
}

absl::Time Supervisor::NextRestart() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& process : processes_) {
    next = std::min(next, process->restart_at);
  }
  return next;
}

bool Supervisor::AnyRunning() const {
  return std::any_of(
      processes_.begin(), processes_.end(),
      [](const auto& process) { return process->child != nullptr; });
}

}  // namespace mdrl
