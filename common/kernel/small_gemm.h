// Products of float32 matrices small enough for the caches, where the BLAS
// spends more time on arranging than on arithmetic.
//
// Every element of a result is summed in one order that depends on its own row
// and column alone: not on how many rows there are, nor on how they are shared
// out among threads. Pointers are to dense row-major matrices.
// Stateless, thread-safe. No Torch, no threads of its own.
#ifndef MDRL_COMMON_KERNEL_SMALL_GEMM_H_
#define MDRL_COMMON_KERNEL_SMALL_GEMM_H_

#include <cstdint>

namespace mdrl {
namespace kernel {

// Whether this processor has what the functions below need (AVX-512).
bool HasSmallGemm();

// Floats of `packed` in Pack().
int64_t PackedFloats(int64_t k, int64_t n);

// Rearranges b [K, N] (or, transposed, b [N, K]) for Multiply.
void Pack(const float* b, bool transposed, int64_t k, int64_t n, float* packed);

// y [M, N] = x [M, K] b (+ add [M, N], which may be y; null: nothing is added).
// REQUIRES: HasSmallGemm().
void Multiply(const float* x, const float* packed, const float* add, int64_t m,
              int64_t k, int64_t n, float* y);

// Rows [first, last) of c [N, K] = a^T b for a [M, N] and b [M, K].
// REQUIRES: HasSmallGemm().
void MultiplyTransposed(const float* a, const float* b, int64_t m, int64_t n,
                        int64_t k, int64_t first, int64_t last, float* c);

}  // namespace kernel
}  // namespace mdrl

#endif  // MDRL_COMMON_KERNEL_SMALL_GEMM_H_
