// Low-rank adapters (LoRA, arXiv 2106.09685) by the true names of what they
// adapt: y = x W^T + scale (x A^T) B^T.
//
// Plain values; tensors share storage when copied, so that whoever updates them
// in place updates every model that runs with the adapter.
#ifndef MDRL_COMMON_MODEL_LORA_H_
#define MDRL_COMMON_MODEL_LORA_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"
#include "common/format/lora_targets.h"
#include "common/tensor/named_tensors.h"

namespace mdrl {

// One adapted linear map of the model.
struct LoraTarget {
  LinearMap linear;
  int64_t rank = 0;
  double scale = 0.0;  // alpha / rank, or alpha / sqrt(rank) with rsLoRA
  friend bool operator==(const LoraTarget&, const LoraTarget&) = default;
};

class Adapter {
 public:
  // A is U(-1/sqrt(I), 1/sqrt(I)) and B is 0, as PEFT begins (kaiming uniform
  // with a = sqrt(5)). Philox stream 5, keyed by run seed and tensor name.
  // REQUIRES: no map is a target twice.
  static Adapter Init(std::vector<LoraTarget> targets, uint64_t run_seed);

  // Takes over `tensors`, named as in format/peft.h, in `type` whatever they
  // were stored in. InvalidArgument lists every tensor that is missing, unknown
  // or of another shape than the targets imply.
  static absl::StatusOr<Adapter> Create(std::vector<LoraTarget> targets,
                                        const NamedTensors& tensors,
                                        at::ScalarType type = at::kFloat);

  struct Factors {
    at::Tensor a_RI, b_OR;
    double scale = 0.0;
  };
  // Undefined tensors where `module` is not adapted.
  Factors Of(std::string_view module) const;

  // What is trained, published and saved, by name.
  const NamedTensors& tensors() const { return tensors_; }
  const std::vector<LoraTarget>& targets() const { return targets_; }

 private:
  Adapter(std::vector<LoraTarget> targets, NamedTensors tensors);

  std::vector<LoraTarget> targets_;
  NamedTensors tensors_;
};

// `weights` with every adapted one replaced by W + scale B A, computed in
// float32 (float64 for float64 factors) and stored in `type`.
NamedTensors MergeAdapter(const NamedTensors& weights, const Adapter& adapter,
                          at::ScalarType type = at::kFloat);

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_LORA_H_
