// Sixteen floats at a time, whatever the processor: the compiler cuts them to
// its registers.
//
// Only for .cc files of this folder. Functions that use it carry
// MDRL_KERNEL_CLONES: one copy per instruction set, chosen when the program
// starts. Sums run in one fixed order, so a row's result depends on nothing
// but the row.
#ifndef MDRL_COMMON_KERNEL_VEC16_H_
#define MDRL_COMMON_KERNEL_VEC16_H_

#include <cstdint>
#include <cstring>

// clang 14 has no target_clones by architecture level; the sanitizers' runtime
// is not up when the choice would be made.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MDRL_KERNEL_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MDRL_KERNEL_CLONES
#endif
#define MDRL_KERNEL_INLINE inline __attribute__((always_inline))

namespace mdrl {
namespace kernel {

inline constexpr int64_t kLanes = 16;

typedef float Vec __attribute__((vector_size(64)));
typedef int32_t VecInt __attribute__((vector_size(64)));

MDRL_KERNEL_INLINE int64_t RoundUp(int64_t n) {
  return (n + kLanes - 1) / kLanes * kLanes;
}

MDRL_KERNEL_INLINE Vec All(float x) { return x - Vec{}; }

MDRL_KERNEL_INLINE Vec Load(const float* from) {
  Vec v;
  std::memcpy(&v, from, sizeof(v));
  return v;
}

MDRL_KERNEL_INLINE void Store(float* to, const Vec& v) {
  std::memcpy(to, &v, sizeof(v));
}

// The first n <= 16 lanes; the others are 0.
MDRL_KERNEL_INLINE Vec LoadSome(const float* from, int64_t n) {
  if (n >= kLanes) return Load(from);
  Vec v = {};
  for (int64_t i = 0; i < n; ++i) v[i] = from[i];
  return v;
}

MDRL_KERNEL_INLINE void StoreSome(float* to, const Vec& v, int64_t n) {
  if (n >= kLanes) return Store(to, v);
  for (int64_t i = 0; i < n; ++i) to[i] = v[i];
}

typedef float Vec8 __attribute__((vector_size(32)));
typedef float Vec4 __attribute__((vector_size(16)));

// Halves folded onto each other, in one fixed order.
MDRL_KERNEL_INLINE float Sum(const Vec& v) {
  const Vec8 a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                 __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const Vec4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) +
                 __builtin_shufflevector(a, a, 4, 5, 6, 7);
  return (b[0] + b[2]) + (b[1] + b[3]);
}

MDRL_KERNEL_INLINE float Largest(const Vec& v) {
  const Vec8 low = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
  const Vec8 high = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const Vec8 a = low > high ? low : high;
  const Vec4 left = __builtin_shufflevector(a, a, 0, 1, 2, 3);
  const Vec4 right = __builtin_shufflevector(a, a, 4, 5, 6, 7);
  const Vec4 b = left > right ? left : right;
  const float even = b[0] > b[2] ? b[0] : b[2];
  const float odd = b[1] > b[3] ? b[1] : b[3];
  return even > odd ? even : odd;
}

// e^x to about 2 units in the last place; below -87 it stays at e^-87, which
// is nothing beside any sum these kernels form. Coefficients: Cephes, expf.
MDRL_KERNEL_INLINE Vec Exp(const Vec& exponent) {
  const Vec low = All(-87.0f), high = All(88.0f);
  Vec x = exponent < low ? low : exponent;
  x = x > high ? high : x;
  const Vec shift = All(12582912.0f);  // 1.5 * 2^23: rounds to an integer
  const Vec n = (x * 1.44269504088896341f + shift) - shift;
  x = x - n * 0.693359375f;
  x = x + n * 2.12194440e-4f;
  Vec p = All(1.9875691500e-4f);
  p = p * x + 1.3981999507e-3f;
  p = p * x + 8.3334519073e-3f;
  p = p * x + 4.1665795894e-2f;
  p = p * x + 1.6666665459e-1f;
  p = p * x + 5.0000001201e-1f;
  p = p * (x * x) + x + 1.0f;
  const VecInt power = (__builtin_convertvector(n, VecInt) + 127) << 23;
  Vec scale;
  std::memcpy(&scale, &power, sizeof(scale));
  return p * scale;
}

}  // namespace kernel
}  // namespace mdrl

#endif  // MDRL_COMMON_KERNEL_VEC16_H_
