#include "services/learner/update/frozen.h"

#include <utility>

#include "common/base/log.h"
#include "common/model/lora.h"
#include "common/tensor/named_tensors.h"

namespace mdrl {
namespace {

NamedTensors Copies(const NamedTensors& tensors) {
  NamedTensors copies;
  for (const NamedTensor& named : tensors) {
    copies.push_back({named.name, named.tensor.detach().clone()});
  }
  return copies;
}

}  // namespace

Transformer Frozen(const Transformer& model) {
  NamedTensors copies = Copies(model.trainable());
  const Adapter* const adapter = model.adapter();
  if (adapter == nullptr) {
    return Transformer(model.config(), std::move(copies));
  }
  auto copy = Adapter::Create(adapter->targets(), copies,
                              copies.front().tensor.scalar_type());
  MDRL_CHECK(copy.ok()) << copy.status();
  return model.With(*std::move(copy));
}

Transformer ReferenceOf(const Transformer& model) {
  return ReferenceIsCopy(model) ? Frozen(model) : model.WithoutAdapter();
}

bool ReferenceIsCopy(const Transformer& model) {
  return model.adapter() == nullptr;
}

}  // namespace mdrl
