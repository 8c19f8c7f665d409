#include "common/model/lora.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/empty.h"
#include "ATen/ops/mm.h"
#include "ATen/ops/zeros.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/philox.h"
#include "common/format/peft.h"
#include "common/tensor/tensor_bytes.h"

namespace mdrl {
namespace {

std::string ShapeText(const std::vector<uint64_t>& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

// Names and shapes of the tensors that `targets` imply.
std::map<std::string, std::vector<uint64_t>> ShapesOf(
    std::span<const LoraTarget> targets) {
  std::map<std::string, std::vector<uint64_t>> shapes;
  for (const LoraTarget& target : targets) {
    const LinearMap& linear = target.linear;
    const auto rank = static_cast<uint64_t>(target.rank);
    const bool fresh = shapes
                           .insert({LoraAName(linear),
                                    {rank, static_cast<uint64_t>(linear.in)}})
                           .second;
    MDRL_CHECK(fresh) << linear.module << " is a target twice";
    shapes[LoraBName(linear)] = {static_cast<uint64_t>(linear.out), rank};
  }
  return shapes;
}

at::Tensor InitA(const std::string& name, const std::vector<uint64_t>& shape,
                 uint64_t run_seed) {
  const Digest digest = Sha256Of(name);
  const uint64_t key =
      PhiloxKey(run_seed, /*purpose=*/0,
                std::span<const uint8_t, 16>(digest.bytes.data(), 16));
  const PhiloxSequence draws(key, Stream::kInit, 0, 0, 0);
  const double bound = 1.0 / std::sqrt(static_cast<double>(shape[1]));
  at::Tensor a = at::empty(
      {static_cast<int64_t>(shape[0]), static_cast<int64_t>(shape[1])},
      at::TensorOptions().dtype(at::kFloat));
  float* const out = a.mutable_data_ptr<float>();
  std::vector<uint32_t> words(4096);
  for (int64_t i = 0; i < a.numel(); i += words.size()) {
    words.resize(std::min<int64_t>(words.size(), a.numel() - i));
    draws.Fill(i, words);
    for (size_t j = 0; j < words.size(); ++j) {
      out[i + j] =
          static_cast<float>(bound * (2.0 * PhiloxUniform(words[j]) - 1.0));
    }
  }
  return a;
}

}  // namespace

Adapter::Adapter(std::vector<LoraTarget> targets, NamedTensors tensors)
    : targets_(std::move(targets)), tensors_(std::move(tensors)) {}

Adapter Adapter::Init(std::vector<LoraTarget> targets, uint64_t run_seed) {
  NamedTensors tensors;
  for (const auto& [name, shape] : ShapesOf(targets)) {
    const bool is_a = absl::EndsWith(name, ".lora_A.weight");
    tensors.push_back(
        {name, is_a ? InitA(name, shape, run_seed)
                    : at::zeros({static_cast<int64_t>(shape[0]),
                                 static_cast<int64_t>(shape[1])},
                                at::TensorOptions().dtype(at::kFloat))});
  }
  SortByName(tensors);
  return Adapter(std::move(targets), std::move(tensors));
}

absl::StatusOr<Adapter> Adapter::Create(std::vector<LoraTarget> targets,
                                        const NamedTensors& tensors,
                                        at::ScalarType type) {
  const auto shapes = ShapesOf(targets);
  std::vector<std::string> wrong;
  NamedTensors taken;
  for (const NamedTensor& tensor : tensors) {
    const auto wanted = shapes.find(tensor.name);
    if (wanted == shapes.end()) {
      wrong.push_back(absl::StrCat(tensor.name, " is not part of the adapter"));
    } else if (ShapeOf(tensor.tensor) != wanted->second) {
      wrong.push_back(absl::StrCat(
          tensor.name, " has shape ", ShapeText(ShapeOf(tensor.tensor)),
          ", this model and its rank want ", ShapeText(wanted->second)));
    } else if (!at::isFloatingType(tensor.tensor.scalar_type())) {
      wrong.push_back(absl::StrCat(tensor.name, " is not floating point"));
    } else {
      taken.push_back({tensor.name, tensor.tensor.to(type)});
    }
  }
  SortByName(taken);
  for (size_t i = 1; i < taken.size(); ++i) {
    if (taken[i].name == taken[i - 1].name) {
      wrong.push_back(absl::StrCat(taken[i].name, " is there twice"));
    }
  }
  for (const auto& [name, shape] : shapes) {
    const bool there = std::any_of(
        tensors.begin(), tensors.end(),
        [&name = name](const NamedTensor& t) { return t.name == name; });
    if (!there) {
      wrong.push_back(absl::StrCat(name, " ", ShapeText(shape), " is missing"));
    }
  }
  if (!wrong.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the adapter does not fit the model: ", absl::StrJoin(wrong, "; ")));
  }
  return Adapter(std::move(targets), std::move(taken));
}

Adapter::Factors Adapter::Of(std::string_view module) const {
  const auto target = std::find_if(
      targets_.begin(), targets_.end(),
      [module](const LoraTarget& t) { return t.linear.module == module; });
  if (target == targets_.end()) return {};
  return {*FindTensor(tensors_, LoraAName(target->linear)),
          *FindTensor(tensors_, LoraBName(target->linear)), target->scale};
}

NamedTensors MergeAdapter(const NamedTensors& weights, const Adapter& adapter,
                          at::ScalarType type) {
  const at::NoGradGuard no_grad;
  NamedTensors merged;
  for (const NamedTensor& weight : weights) {
    const std::string_view name = weight.name;
    const Adapter::Factors factors =
        adapter.Of(name.substr(0, name.rfind('.')));
    at::Tensor sum = weight.tensor;
    if (factors.a_RI.defined()) {
      sum = sum.to(factors.a_RI.scalar_type()) +
            factors.scale * at::mm(factors.b_OR, factors.a_RI);
    }
    merged.push_back({weight.name, sum.to(type)});
  }
  return merged;
}

}  // namespace mdrl
