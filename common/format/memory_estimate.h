// How much memory a model needs, from its configuration alone. Estimates by
// counting what is kept, without the allocator's slack; a GPU adds 2 to 3 GB of
// its own for libraries.
//
// Per token and block, training keeps 8 d_model + 3 mlp_hidden values for the
// backward pass (the block's input, the two normalised inputs, q, k, v, the
// attention's output, the sum; gate, up and their product).
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_FORMAT_MEMORY_ESTIMATE_H_
#define MDRL_COMMON_FORMAT_MEMORY_ESTIMATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/format/hf_config.h"

namespace mdrl {

struct MemoryPart {
  std::string what;
  uint64_t bytes = 0;
};

struct MemoryEstimate {
  std::vector<MemoryPart> parts;
  uint64_t Total() const;
};

enum class Device { kCpu, kGpu };  // float32 and bfloat16 arithmetic

// What runs at once: `rows` texts of `tokens` positions, prompt and canvas.
struct WorkShape {
  int64_t rows = 12;
  int64_t tokens = 456;
};

uint64_t ParameterCount(const LladaConfig& config);

// Parameters of an adapter of this rank on the seven linear maps of each block.
uint64_t LoraParameterCount(const LladaConfig& config, int64_t rank);

// Decoding. On a CPU weights stay mapped as they are stored (`stored_bytes`),
// and one block at a time is widened.
MemoryEstimate DecodeMemory(const LladaConfig& config, Device device,
                            uint64_t stored_bytes, const WorkShape& shape);

// One update by AdamW, one micro-batch of `shape` at a time. `adapter`: the
// parameters of an adapter beside the frozen weights; 0: all weights are
// trained.
MemoryEstimate TrainMemory(const LladaConfig& config, Device device,
                           uint64_t stored_bytes, const WorkShape& shape,
                           uint64_t adapter);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_MEMORY_ESTIMATE_H_
