#include "services/rollout/client/lease_loan.h"

namespace mdrl {

void ReturnBox::Put(ReturnLeaseRequest::Returned returned) {
  {
    MutexLock lock(mutex_);
    returned_.push_back(std::move(returned));
  }
  on_put_();
}

std::vector<ReturnLeaseRequest::Returned> ReturnBox::TakeAll() {
  MutexLock lock(mutex_);
  return std::exchange(returned_, {});
}

LeaseLoan::~LeaseLoan() { GiveBack(); }

LeaseLoan& LeaseLoan::operator=(LeaseLoan&& other) noexcept {
  if (this != &other) {
    GiveBack();
    lease_ = std::move(other.lease_);
    box_ = std::move(other.box_);
    reason_ = other.reason_;
    detail_ = std::move(other.detail_);
  }
  return *this;
}

void LeaseLoan::BlameOn(Reason reason, std::string detail) {
  reason_ = reason;
  detail_ = std::move(detail);
}

void LeaseLoan::GiveBack() {
  if (box_ == nullptr) return;
  box_->Put({lease_.key, reason_, std::move(detail_)});
  box_ = nullptr;
}

}  // namespace mdrl
