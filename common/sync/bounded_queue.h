// A queue of fixed capacity between threads; Close() wakes everyone.
//
// Thread-safe: any number of producers and consumers. Items left at Close()
// can still be taken, so that nobody who was told "pushed" is forgotten.
#ifndef MDRL_COMMON_SYNC_BOUNDED_QUEUE_H_
#define MDRL_COMMON_SYNC_BOUNDED_QUEUE_H_

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/sync/mutex.h"

namespace mdrl {

template <typename T>
class BoundedQueue {
 public:
  // REQUIRES: capacity > 0.
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {
    MDRL_CHECK(capacity > 0) << "a queue without room";
  }

  // Waits for room. False if the queue is closed; `item` is then dropped.
  bool Push(T item) MDRL_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      while (!closed_ && items_.size() >= capacity_) room_.Wait(mutex_);
      if (closed_) return false;
      items_.push_back(std::move(item));
    }
    arrived_.NotifyOne();
    return true;
  }

  // False, with `item` untouched, if the queue is full or closed. Never waits.
  bool TryPush(T&& item) MDRL_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    arrived_.NotifyOne();
    return true;
  }

  // Waits for an item. nullopt only once the queue is closed and empty.
  std::optional<T> Pop() MDRL_EXCLUDES(mutex_) {
    std::optional<T> item;
    {
      MutexLock lock(mutex_);
      while (!closed_ && items_.empty()) arrived_.Wait(mutex_);
      item = TakeLocked();
    }
    if (item.has_value()) room_.NotifyOne();
    return item;
  }

  // nullopt if nothing is there right now. Never waits.
  std::optional<T> TryPop() MDRL_EXCLUDES(mutex_) {
    std::optional<T> item;
    {
      MutexLock lock(mutex_);
      item = TakeLocked();
    }
    if (item.has_value()) room_.NotifyOne();
    return item;
  }

  // Refuses what comes, lets the rest be taken, wakes all. May be repeated.
  void Close() MDRL_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    arrived_.NotifyAll();
    room_.NotifyAll();
  }

  bool closed() const MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return closed_;
  }
  size_t size() const MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return items_.size();
  }
  size_t capacity() const { return capacity_; }

 private:
  std::optional<T> TakeLocked() MDRL_REQUIRES(mutex_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  const size_t capacity_;
  mutable Mutex mutex_;
  Condition arrived_;
  Condition room_;
  std::deque<T> items_ MDRL_GUARDED_BY(mutex_);  // size() <= capacity_
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_SYNC_BOUNDED_QUEUE_H_
