// A std::mutex and a condition with clang's thread-safety annotations.
//
// absl::Mutex of the distribution is not instrumented for ThreadSanitizer and
// reports false races; std::mutex is. Under g++ the annotations are empty.
//
//   Mutex mutex_;
//   int count_ MDRL_GUARDED_BY(mutex_) = 0;
//   MutexLock lock(mutex_);
//   while (!ready_) condition_.Wait(mutex_);
#ifndef MDRL_COMMON_SYNC_MUTEX_H_
#define MDRL_COMMON_SYNC_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

#if defined(__clang__)
#define MDRL_TSA(x) __attribute__((x))
#else
#define MDRL_TSA(x)
#endif
#define MDRL_CAPABILITY(x) MDRL_TSA(capability(x))
#define MDRL_SCOPED_CAPABILITY MDRL_TSA(scoped_lockable)
#define MDRL_GUARDED_BY(x) MDRL_TSA(guarded_by(x))
#define MDRL_REQUIRES(...) MDRL_TSA(requires_capability(__VA_ARGS__))
#define MDRL_ACQUIRE(...) MDRL_TSA(acquire_capability(__VA_ARGS__))
#define MDRL_RELEASE(...) MDRL_TSA(release_capability(__VA_ARGS__))
#define MDRL_EXCLUDES(...) MDRL_TSA(locks_excluded(__VA_ARGS__))
#define MDRL_NO_THREAD_SAFETY_ANALYSIS MDRL_TSA(no_thread_safety_analysis)

namespace mdrl {

class MDRL_CAPABILITY("mutex") Mutex {
 public:
  void Lock() MDRL_ACQUIRE() { mutex_.lock(); }
  void Unlock() MDRL_RELEASE() { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class MDRL_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) MDRL_ACQUIRE(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() MDRL_RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Wakes waiters of one mutex. Always wait in a loop over the predicate.
class Condition {
 public:
  void Wait(Mutex& mutex) MDRL_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False if `timeout` passed without a wake-up.
  bool WaitFor(Mutex& mutex, absl::Duration timeout) MDRL_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    // Through the system clock: g++ 12's ThreadSanitizer does not know
    // pthread_cond_clockwait, which wait_for on the steady clock would call.
    const auto deadline =
        std::chrono::system_clock::now() + absl::ToChronoNanoseconds(timeout);
    const bool woken =
        condition_.wait_until(
            lock,
            std::chrono::time_point_cast<std::chrono::system_clock::duration>(
                deadline)) == std::cv_status::no_timeout;
    lock.release();
    return woken;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_SYNC_MUTEX_H_
