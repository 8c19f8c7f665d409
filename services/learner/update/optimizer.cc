#include "services/learner/update/optimizer.h"

#include <cmath>
#include <string>
#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/full.h"
#include "ATen/ops/linalg_vector_norm.h"
#include "ATen/ops/stack.h"
#include "ATen/ops/zeros_like.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/tensor/tensor_bytes.h"

namespace mdrl {
namespace {

// Norm of all tensors together. The tensors' own norms travel to the host
// once.
double GlobalNorm(const std::vector<at::Tensor>& tensors) {
  if (tensors.empty()) return 0.0;
  std::vector<at::Tensor> norms;
  norms.reserve(tensors.size());
  for (const at::Tensor& tensor : tensors) {
    norms.push_back(at::linalg_vector_norm(tensor).to(at::kDouble));
  }
  return at::linalg_vector_norm(at::stack(norms)).item<double>();
}

}  // namespace

AdamW::AdamW(NamedTensors parameters, AdamWOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  for (NamedTensor& parameter : parameters_) {
    parameter.tensor.set_requires_grad(true);
    exp_avg_.push_back(at::zeros_like(parameter.tensor).detach());
    exp_avg_sq_.push_back(at::zeros_like(parameter.tensor).detach());
  }
}

double AdamW::GradientNorm() const {
  std::vector<at::Tensor> gradients;
  for (const NamedTensor& parameter : parameters_) {
    const at::Tensor gradient = parameter.tensor.grad();
    if (gradient.defined()) gradients.push_back(gradient);
  }
  return GlobalNorm(gradients);
}

AdamW::Applied AdamW::Step(double lr) {
  const at::NoGradGuard no_grad;
  Applied out;
  out.grad_norm = GradientNorm();
  out.finite = std::isfinite(out.grad_norm);
  if (!out.finite) {
    ClearGradients();
    return out;
  }
  const double clip = options_.grad_clip;
  const double factor =
      clip > 0.0 ? std::min(1.0, clip / (out.grad_norm + 1e-6)) : 1.0;
  out.clipped = factor < 1.0;

  ++steps_;
  const double t = static_cast<double>(steps_);
  const double correction1 = 1.0 - std::pow(options_.beta1, t);
  const double correction2_sqrt = std::sqrt(1.0 - std::pow(options_.beta2, t));
  double change_squared = 0.0;
  double weight_squared = 0.0;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& w = parameters_[i].tensor;
    at::Tensor& m = exp_avg_[i];
    at::Tensor& v = exp_avg_sq_[i];
    m.mul_(options_.beta1);
    v.mul_(options_.beta2);
    if (const at::Tensor gradient = w.grad(); gradient.defined()) {
      const at::Tensor g = factor < 1.0 ? gradient * factor : gradient;
      m.add_(g, 1.0 - options_.beta1);
      v.addcmul_(g, g, 1.0 - options_.beta2);
    }
    at::Tensor change = v.sqrt();
    change.div_(correction2_sqrt).add_(options_.eps).reciprocal_();
    change.mul_(m).mul_(-lr / correction1);
    change.sub_(w, lr * options_.weight_decay);
    weight_squared += std::pow(at::linalg_vector_norm(w).item<double>(), 2);
    change_squared +=
        std::pow(at::linalg_vector_norm(change).item<double>(), 2);
    w.add_(change);
  }
  if (weight_squared > 0.0) {
    out.update_ratio = std::sqrt(change_squared / weight_squared);
  }
  ClearGradients();
  return out;
}

void AdamW::ClearGradients() {
  for (NamedTensor& parameter : parameters_) {
    parameter.tensor.mutable_grad().reset();
  }
}

void AdamW::Reset() {
  ClearGradients();
  for (at::Tensor& average : exp_avg_) average.zero_();
  for (at::Tensor& square : exp_avg_sq_) square.zero_();
  steps_ = 0;
}

NamedTensors AdamW::State() const {
  NamedTensors out;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    out.push_back({parameters_[i].name + ".exp_avg", exp_avg_[i].clone()});
    out.push_back(
        {parameters_[i].name + ".exp_avg_sq", exp_avg_sq_[i].clone()});
  }
  out.push_back({"step", at::full({1}, steps_, at::kLong)});
  SortByName(out);
  return out;
}

absl::Status AdamW::Load(const NamedTensors& state) {
  const auto missing = [](const std::string& name) {
    return absl::InvalidArgumentError(
        absl::StrCat("optimizer state: tensor ", name,
                     " is absent or has another shape than its parameter"));
  };
  const at::Tensor* step = FindTensor(state, "step");
  if (step == nullptr || step->numel() != 1 ||
      step->scalar_type() != at::kLong) {
    return missing("step");
  }
  std::vector<const at::Tensor*> averages, squares;
  for (const NamedTensor& parameter : parameters_) {
    for (const auto& [suffix, into] :
         {std::pair(".exp_avg", &averages), {".exp_avg_sq", &squares}}) {
      const std::string name = parameter.name + suffix;
      const at::Tensor* found = FindTensor(state, name);
      if (found == nullptr || found->sizes() != parameter.tensor.sizes()) {
        return missing(name);
      }
      into->push_back(found);
    }
  }
  if (state.size() != 2 * parameters_.size() + 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("optimizer state: ", state.size(), " tensors, ",
                     2 * parameters_.size() + 1, " expected"));
  }
  for (size_t i = 0; i < parameters_.size(); ++i) {
    exp_avg_[i].copy_(*averages[i]);
    exp_avg_sq_[i].copy_(*squares[i]);
  }
  steps_ = step->item<int64_t>();
  return absl::OkStatus();
}

Digest HashTensors(const NamedTensors& tensors) {
  Sha256 hash;
  std::string bytes;
  for (const NamedTensor& named : tensors) {
    bytes.clear();
    AppendTensorBytes(named.tensor.detach(), bytes);
    hash.String(named.name).String(DtypeName(named.tensor.scalar_type()));
    hash.U64(named.tensor.dim());
    for (const uint64_t size : ShapeOf(named.tensor)) hash.U64(size);
    hash.Bytes(Xxh3(bytes));
  }
  return hash.Finish();
}

}  // namespace mdrl
