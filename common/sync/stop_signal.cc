#include "common/sync/stop_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"

namespace mdrl {
namespace {

// A signal handler gets nothing but a number, so these two are the one place
// where a global cannot be avoided. A blocked mask with sigwait would need
// none, but children inherit the mask and could not be ended by SIGTERM.
std::atomic<int> pipe_of_handler{-1};
std::atomic<bool> signalled{false};
static_assert(std::atomic<int>::is_always_lock_free);
static_assert(std::atomic<bool>::is_always_lock_free);

constexpr int kSignals[] = {SIGTERM, SIGINT};

void HandleSignal(int number) {
  if (signalled.exchange(true)) _exit(128 + number);
  const int saved_errno = errno;
  const auto byte = static_cast<unsigned char>(number);
  // A pipe holds this one byte for certain; there is nobody to tell anyway.
  [[maybe_unused]] const ssize_t written =
      write(pipe_of_handler.load(), &byte, 1);
  errno = saved_errno;
}

void SetAction(void (*action)(int)) {
  struct sigaction wanted;
  memset(&wanted, 0, sizeof(wanted));
  wanted.sa_handler = action;
  sigemptyset(&wanted.sa_mask);
  wanted.sa_flags = SA_RESTART;
  for (const int number : kSignals) sigaction(number, &wanted, nullptr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<StopSignal>> StopSignal::Install() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "making the pipe for stop signals");
  }
  int nobody = -1;
  if (!pipe_of_handler.compare_exchange_strong(nobody, fds[1])) {
    close(fds[0]);
    close(fds[1]);
    return absl::FailedPreconditionError(
        "another StopSignal already listens to this process's signals");
  }
  auto stop = std::make_unique<StopSignal>();
  stop->read_fd_ = fds[0];
  stop->write_fd_ = fds[1];
  signalled.store(false);
  stop->listener_ = std::thread([raw = stop.get()] { raw->Listen(); });
  SetAction(HandleSignal);
  return stop;
}

StopSignal::~StopSignal() {
  if (read_fd_ < 0) return;
  SetAction(SIG_DFL);
  pipe_of_handler.store(-1);
  close(write_fd_);  // the listener reads the end of the pipe
  listener_.join();
  close(read_fd_);
}

void StopSignal::Listen() {
  pthread_setname_np(pthread_self(), "stop-signal");
  for (;;) {
    unsigned char number = 0;
    const ssize_t got = read(read_fd_, &number, 1);
    if (got == 1) {
      Request(number);
    } else if (got == 0 || errno != EINTR) {
      return;
    }
  }
}

void StopSignal::Request(int signal_number) {
  std::vector<std::function<void()>> callbacks;
  {
    MutexLock lock(mutex_);
    if (requested_.load()) return;
    signal_number_.store(signal_number);
    requested_.store(true);
    callbacks.swap(callbacks_);
  }
  stopped_.NotifyAll();
  for (const auto& callback : callbacks) callback();
}

void StopSignal::Wait() {
  MutexLock lock(mutex_);
  while (!requested_.load()) stopped_.Wait(mutex_);
}

bool StopSignal::WaitFor(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(mutex_);
  while (!requested_.load()) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return false;
    // An hour at a time: an infinite wait has no point in time.
    stopped_.WaitFor(mutex_, std::min(left, absl::Hours(1)));
  }
  return true;
}

void StopSignal::OnStop(std::function<void()> callback) {
  {
    MutexLock lock(mutex_);
    if (!requested_.load()) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  callback();
}

}  // namespace mdrl
