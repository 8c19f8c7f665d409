#include "common/format/memory_estimate.h"

#include <algorithm>

#include "common/format/lora_targets.h"

namespace mdrl {
namespace {

// Rows of the head that are computed at once; logits are float32.
constexpr int64_t kHeadRows = 256;

uint64_t ValueBytes(Device device) { return device == Device::kCpu ? 4 : 2; }

uint64_t LogitBytes(const LladaConfig& config, const WorkShape& shape) {
  return 4ull * config.vocab * std::min(kHeadRows, shape.rows * shape.tokens);
}

uint64_t BlockParameters(const LladaConfig& config) {
  uint64_t count = 2 * config.d_model;  // the norms
  for (const LinearMap& linear : LladaLinears(config)) {
    if (linear.layer == 0) count += linear.in * linear.out;
  }
  return count;
}

// The frozen or the decoded weights.
MemoryPart Weights(const LladaConfig& config, Device device,
                   uint64_t stored_bytes) {
  if (device == Device::kGpu) {
    return {"weights in bfloat16", 2 * ParameterCount(config)};
  }
  return {"weights as stored, mapped", stored_bytes};
}

}  // namespace

uint64_t MemoryEstimate::Total() const {
  uint64_t total = 0;
  for (const MemoryPart& part : parts) total += part.bytes;
  return total;
}

uint64_t ParameterCount(const LladaConfig& config) {
  uint64_t count = 0;
  for (const TensorSpec& tensor : LladaTensors(config)) {
    uint64_t size = 1;
    for (const uint64_t dimension : tensor.shape) size *= dimension;
    count += size;
  }
  return count;
}

uint64_t LoraParameterCount(const LladaConfig& config, int64_t rank) {
  uint64_t count = 0;
  for (const LinearMap& linear : LladaLinears(config)) {
    if (linear.layer != kHeadLayer) count += rank * (linear.in + linear.out);
  }
  return count;
}

MemoryEstimate DecodeMemory(const LladaConfig& config, Device device,
                            uint64_t stored_bytes, const WorkShape& shape) {
  MemoryEstimate out;
  out.parts.push_back(Weights(config, device, stored_bytes));
  if (device == Device::kCpu && stored_bytes < 4 * ParameterCount(config)) {
    out.parts.push_back({"one block in float32", 4 * BlockParameters(config)});
  }
  const uint64_t values = 8 * config.d_model + 3 * config.mlp_hidden;
  out.parts.push_back(
      {"activations of one block",
       ValueBytes(device) * values * shape.rows * shape.tokens});
  out.parts.push_back({"logits of one chunk", LogitBytes(config, shape)});
  return out;
}

MemoryEstimate TrainMemory(const LladaConfig& config, Device device,
                           uint64_t stored_bytes, const WorkShape& shape,
                           uint64_t adapter) {
  MemoryEstimate out;
  const bool full = adapter == 0;
  const uint64_t trained = full ? ParameterCount(config) : adapter;
  if (!full) {
    out.parts.push_back(Weights(config, device, stored_bytes));
    if (device == Device::kCpu && stored_bytes < 4 * ParameterCount(config)) {
      out.parts.push_back(
          {"one block in float32", 4 * BlockParameters(config)});
    }
  }
  out.parts.push_back(
      {full ? "weights in float32" : "adapter in float32", 4 * trained});
  if (device == Device::kGpu) {
    out.parts.push_back({"their copy in bfloat16", 2 * trained});
  }
  out.parts.push_back({"their gradients", 4 * trained});
  out.parts.push_back({"AdamW's two moments", 8 * trained});
  const uint64_t values = 8 * config.d_model + 3 * config.mlp_hidden;
  out.parts.push_back({"activations", ValueBytes(device) * values *
                                          config.n_layers * shape.rows *
                                          shape.tokens});
  out.parts.push_back({"logits of one chunk", 2 * LogitBytes(config, shape)});
  return out;
}

}  // namespace mdrl
