#include "common/model/weights.h"

#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "ATen/ops/empty.h"
#include "ATen/ops/from_blob.h"
#include "ATen/ops/ones.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/hash.h"
#include "common/base/philox.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/model/inverse_normal.h"
#include "common/tensor/tensor_bytes.h"
#include "common/tensor/torch_status.h"

namespace mdrl {
namespace {

using Shapes = std::map<std::string, std::vector<uint64_t>, std::less<>>;

Shapes ShapesOf(const ModelConfig& config) {
  Shapes shapes;
  for (TensorSpec& spec : LladaTensors(config)) {
    shapes.emplace(std::move(spec.name), std::move(spec.shape));
  }
  return shapes;
}

absl::Status Wrong(const std::string& tensor, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("tensor ", tensor, " ", what));
}

// A tensor from outside against what the architecture says.
absl::Status CheckTensor(const Shapes& shapes, const std::string& name,
                         const std::string& dtype,
                         std::span<const uint64_t> shape) {
  const auto wanted = shapes.find(name);
  if (wanted == shapes.end()) {
    return Wrong(name, "is not part of this architecture");
  }
  if (!std::equal(shape.begin(), shape.end(), wanted->second.begin(),
                  wanted->second.end())) {
    return Wrong(name, absl::StrCat("has shape [", absl::StrJoin(shape, ", "),
                                    "], the configuration wants [",
                                    absl::StrJoin(wanted->second, ", "), "]"));
  }
  const auto type = ScalarTypeOf(dtype);
  if (!type || !at::isFloatingType(*type)) {
    return Wrong(name, absl::StrCat("is ", dtype,
                                    ", a weight is F32, BF16, F16 or F64"));
  }
  return absl::OkStatus();
}

absl::StatusOr<at::Tensor> ReadTensor(const Shapes& shapes,
                                      const std::string& name,
                                      const std::string& dtype,
                                      std::span<const uint64_t> shape,
                                      std::string_view bytes) {
  MDRL_RETURN_IF_ERROR(CheckTensor(shapes, name, dtype, shape));
  auto tensor = TensorFromBytes(dtype, shape, bytes);
  if (!tensor.ok()) return WithContext(tensor.status(), "tensor " + name);
  return tensor;
}

// `view` where it lies, `owner` kept open; a copy where it is misaligned.
absl::StatusOr<at::Tensor> MapTensor(
    const TensorView& view, const std::shared_ptr<const ModelFolder>& owner) {
  const at::ScalarType type = *ScalarTypeOf(view.dtype);
  const auto address = reinterpret_cast<uintptr_t>(view.bytes.data());
  if (address % c10::elementSize(type) != 0) {
    return TensorFromBytes(view.dtype, view.shape, view.bytes);
  }
  const std::vector<int64_t> sizes(view.shape.begin(), view.shape.end());
  return at::from_blob(
      const_cast<char*>(view.bytes.data()), sizes, [owner](void*) {},
      at::TensorOptions().dtype(type));
}

absl::Status NoneMissing(const Shapes& shapes, const NamedTensors& sorted) {
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].name == sorted[i - 1].name) {
      return Wrong(sorted[i].name, "is there twice");
    }
  }
  for (const auto& [name, shape] : shapes) {
    if (FindTensor(sorted, name) == nullptr) return Wrong(name, "is missing");
  }
  return absl::OkStatus();
}

// Standard deviation of a linear map's or the embedding's first weights.
double InitScale(const ModelConfig& config, const TensorSpec& spec) {
  if (absl::EndsWith(spec.name, ".wte.weight")) return 0.02;
  const double scale = 1.0 / std::sqrt(static_cast<double>(spec.shape[1]));
  const bool into_residual = absl::StrContains(spec.name, ".blocks.") &&
                             (absl::EndsWith(spec.name, ".attn_out.weight") ||
                              absl::EndsWith(spec.name, ".ff_out.weight"));
  return into_residual ? scale / std::sqrt(2.0 * config.n_layers) : scale;
}

at::Tensor InitTensor(const ModelConfig& config, const TensorSpec& spec,
                      uint64_t run_seed) {
  const std::vector<int64_t> sizes(spec.shape.begin(), spec.shape.end());
  const auto options = at::TensorOptions().dtype(at::kFloat);
  if (sizes.size() == 1) return at::ones(sizes, options);
  const Digest digest = Sha256Of(spec.name);
  const uint64_t key =
      PhiloxKey(run_seed, /*purpose=*/0,
                std::span<const uint8_t, 16>(digest.bytes.data(), 16));
  const PhiloxSequence draws(key, Stream::kInit, 0, 0, 0);
  const double scale = InitScale(config, spec);
  at::Tensor tensor = at::empty(sizes, options);
  float* const out = tensor.mutable_data_ptr<float>();
  std::vector<uint32_t> words(4096);
  for (int64_t i = 0; i < tensor.numel(); i += words.size()) {
    words.resize(std::min<int64_t>(words.size(), tensor.numel() - i));
    draws.Fill(i, words);
    for (size_t j = 0; j < words.size(); ++j) {
      out[i + j] =
          static_cast<float>(scale * InverseNormal(PhiloxUniform(words[j])));
    }
  }
  return tensor;
}

}  // namespace

absl::StatusOr<NamedTensors> LoadWeights(const ModelFolder& folder,
                                         at::ScalarType type) {
  const Shapes shapes = ShapesOf(folder.config());
  const auto load = [&]() -> absl::StatusOr<NamedTensors> {
    NamedTensors weights;
    for (const std::string& name : folder.names()) {
      MDRL_ASSIGN_OR_RETURN(const TensorView view, folder.Find(name));
      MDRL_ASSIGN_OR_RETURN(
          const at::Tensor stored,
          ReadTensor(shapes, name, view.dtype, view.shape, view.bytes));
      weights.push_back({name, stored.to(type)});
    }
    SortByName(weights);
    MDRL_RETURN_IF_ERROR(NoneMissing(shapes, weights));
    return weights;
  };
  auto weights = RunTorch(load);
  if (!weights.ok()) {
    return WithContext(weights.status(), folder.path().string());
  }
  return weights;
}

absl::StatusOr<NamedTensors> LoadFrozenWeights(
    std::shared_ptr<const ModelFolder> folder, uint64_t memory_bytes) {
  const Shapes shapes = ShapesOf(folder->config());
  uint64_t elements = 0;
  for (const auto& [name, shape] : shapes) {
    uint64_t size = 1;
    for (const uint64_t side : shape) size *= side;
    elements += size;
  }
  const bool widen = elements <= memory_bytes / sizeof(float);
  const auto load = [&]() -> absl::StatusOr<NamedTensors> {
    NamedTensors weights;
    for (const std::string& name : folder->names()) {
      MDRL_ASSIGN_OR_RETURN(const TensorView view, folder->Find(name));
      MDRL_RETURN_IF_ERROR(CheckTensor(shapes, name, view.dtype, view.shape));
      MDRL_ASSIGN_OR_RETURN(at::Tensor tensor, MapTensor(view, folder));
      weights.push_back(
          {name, widen ? tensor.to(at::kFloat) : std::move(tensor)});
    }
    SortByName(weights);
    MDRL_RETURN_IF_ERROR(NoneMissing(shapes, weights));
    return weights;
  };
  auto weights = RunTorch(load);
  if (!weights.ok()) {
    return WithContext(weights.status(), folder->path().string());
  }
  return weights;
}

NamedTensors InitWeights(const ModelConfig& config, uint64_t run_seed) {
  NamedTensors weights;
  for (const TensorSpec& spec : LladaTensors(config)) {
    weights.push_back({spec.name, InitTensor(config, spec, run_seed)});
  }
  SortByName(weights);
  return weights;
}

PackedWeights PackWeights(const NamedTensors& weights) {
  PackedWeights packed;
  for (const NamedTensor& weight : weights) {
    TensorEntry entry;
    entry.name = weight.name;
    entry.dtype = std::string(DtypeName(weight.tensor.scalar_type()));
    entry.shape = ShapeOf(weight.tensor);
    entry.offset = packed.bytes.size();
    entry.bytes = TensorByteSize(weight.tensor);
    AppendTensorBytes(weight.tensor, packed.bytes);
    packed.tensors.push_back(std::move(entry));
  }
  return packed;
}

absl::StatusOr<NamedTensors> UnpackWeights(const ModelConfig& config,
                                           std::span<const TensorEntry> tensors,
                                           std::string_view bytes) {
  const Shapes shapes = ShapesOf(config);
  NamedTensors weights;
  for (const TensorEntry& entry : tensors) {
    if (entry.offset > bytes.size() ||
        entry.bytes > bytes.size() - entry.offset) {
      return Wrong(entry.name, "lies outside the bytes");
    }
    MDRL_ASSIGN_OR_RETURN(
        at::Tensor tensor,
        ReadTensor(shapes, entry.name, entry.dtype, entry.shape,
                   bytes.substr(entry.offset, entry.bytes)));
    weights.push_back({entry.name, std::move(tensor)});
  }
  SortByName(weights);
  MDRL_RETURN_IF_ERROR(NoneMissing(shapes, weights));
  return weights;
}

ChunkHash ParamsHash(const NamedTensors& weights) {
  return Xxh3(PackWeights(weights).bytes);
}

absl::Status WriteModelFolder(const std::filesystem::path& folder,
                              const ModelConfig& config,
                              const NamedTensors& weights) {
  if (config.source_text.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder.string(), ": the model's config.json is not known"));
  }
  MDRL_RETURN_IF_ERROR(
      WriteFileAtomically(folder / "config.json", config.source_text));
  const PackedWeights packed = PackWeights(weights);
  std::vector<TensorToWrite> tensors;
  for (const TensorEntry& entry : packed.tensors) {
    tensors.push_back(
        {entry.name, entry.dtype, entry.shape,
         std::string_view(packed.bytes).substr(entry.offset, entry.bytes)});
  }
  return WriteSafetensors(folder / "model.safetensors", tensors,
                          {{"format", "pt"}});
}

}  // namespace mdrl
