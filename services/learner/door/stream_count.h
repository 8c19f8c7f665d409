// How many streams each peer has open, and no more than four.
//
// Thread-safe. A seat frees its place when it is destroyed, and must not
// outlive the count.
#ifndef MDRL_SERVICES_LEARNER_DOOR_STREAM_COUNT_H_
#define MDRL_SERVICES_LEARNER_DOOR_STREAM_COUNT_H_

#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/sync/mutex.h"

namespace mdrl {

class StreamCount {
 public:
  static constexpr int kMost = 4;

  // Move-only.
  class Seat {
   public:
    ~Seat() {
      if (count_ != nullptr) count_->Leave(peer_);
    }
    Seat(Seat&& other) noexcept
        : count_(std::exchange(other.count_, nullptr)),
          peer_(std::move(other.peer_)) {}
    Seat& operator=(Seat&&) = delete;

   private:
    friend class StreamCount;
    Seat(StreamCount* count, std::string peer)
        : count_(count), peer_(std::move(peer)) {}
    StreamCount* count_;
    std::string peer_;
  };

  // ResourceExhausted with a retry_after: the peer has four open.
  absl::StatusOr<Seat> Take(const std::string& peer) MDRL_EXCLUDES(mutex_);

 private:
  void Leave(const std::string& peer) MDRL_EXCLUDES(mutex_);

  Mutex mutex_;
  std::map<std::string, int> open_ MDRL_GUARDED_BY(mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DOOR_STREAM_COUNT_H_
