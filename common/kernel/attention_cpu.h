// The loops of attention.cc over raw memory: one row and one key head at a
// time.
#ifndef MDRL_COMMON_KERNEL_ATTENTION_CPU_H_
#define MDRL_COMMON_KERNEL_ATTENTION_CPU_H_

#include <cstdint>

namespace mdrl {
namespace kernel {

// Strides and counts are in floats. `shared` query heads read this key head;
// theirs lie side by side. Angles: [positions, head_dim], both halves equal.
struct AttentionTask {
  int64_t positions = 0;  // T
  int64_t first = 0;      // position of the first query
  int64_t queries = 0;    // L
  int64_t head_dim = 0;   // E
  int64_t shared = 0;
  int64_t q_stride = 0;  // from one position to the next
  int64_t kv_stride = 0;
  int64_t out_stride = 0;
  const float* cos = nullptr;
  const float* sin = nullptr;
  const float* q = nullptr;
  const float* k = nullptr;
  const float* v = nullptr;
};

// Floats of scratch memory a task needs.
int64_t AttentionScratch(const AttentionTask& task);

void AttentionForward(const AttentionTask& task, float* out, float* scratch);

// Writes dq, dk and dv at the strides of q, k and v.
void AttentionBackward(const AttentionTask& task, const float* dout, float* dq,
                       float* dk, float* dv, float* scratch);

}  // namespace kernel
}  // namespace mdrl

#endif  // MDRL_COMMON_KERNEL_ATTENTION_CPU_H_
