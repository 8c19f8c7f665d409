#include "common/kernel/small_gemm.h"

#include <algorithm>
#include <cstring>

#include "common/base/log.h"

#if defined(__x86_64__)
#include <immintrin.h>
// Only these functions are compiled for AVX-512; HasSmallGemm() guards them.
#define MDRL_AVX512 \
  __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))
#endif

// Without it GCC 12 keeps the sums of a tile in memory: 2.5 times slower.
#if defined(__clang__)
#define MDRL_UNROLL _Pragma("unroll")
#else
#define MDRL_UNROLL _Pragma("GCC unroll 8")
#endif

namespace mdrl {
namespace kernel {
namespace {

constexpr int64_t kLane = 16;              // floats of a register
constexpr int64_t kPanel = 4 * kLane;      // columns of a packed panel
constexpr int64_t kTile = 6;               // rows: 6 x 4 sums fill 24 registers
constexpr int64_t kTransposedDepth = 256;  // rows of a and b read at a time

int64_t Columns(int64_t n, int64_t at) { return std::min(kPanel, n - at); }

int64_t RoundUp(int64_t n) { return (n + kLane - 1) / kLane * kLane; }

}  // namespace

int64_t PackedFloats(int64_t k, int64_t n) { return k * RoundUp(n); }

// One panel of up to 64 columns after the other; within it, one row of k after
// the other; a last register is filled up with zeros.
void Pack(const float* b, bool transposed, int64_t k, int64_t n,
          float* packed) {
  for (int64_t at = 0; at < n; at += kPanel) {
    const int64_t columns = Columns(n, at), width = RoundUp(columns);
    for (int64_t row = 0; row < k; ++row, packed += width) {
      if (transposed) {
        for (int64_t c = 0; c < columns; ++c) packed[c] = b[(at + c) * k + row];
      } else {
        std::memcpy(packed, b + row * n + at, columns * sizeof(float));
      }
      std::fill(packed + columns, packed + width, 0.0f);
    }
  }
}

#if defined(__x86_64__)

bool HasSmallGemm() {
  static const bool has =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  return has;
}

namespace {

MDRL_AVX512 inline __mmask16 MaskOf(int64_t columns) {
  return static_cast<__mmask16>(columns >= kLane ? 0xFFFF
                                                 : (1u << columns) - 1u);
}

// Writes sum (+ more, unless null) to the masked part of a tile.
template <int Rows, int Lanes>
MDRL_AVX512 __attribute__((always_inline)) inline void Write(
    const __m512 (&sum)[Rows][Lanes], const float* more, int64_t stride,
    int64_t columns, float* to) {
  MDRL_UNROLL
  for (int l = 0; l < Lanes; ++l) {
    const __mmask16 mask = MaskOf(columns - l * kLane);
    MDRL_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const int64_t at = r * stride + l * kLane;
      __m512 value = sum[r][l];
      if (more != nullptr) {
        value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, more + at));
      }
      _mm512_mask_storeu_ps(to + at, mask, value);
    }
  }
}

// Rows x (16 Lanes) sums of y over k ascending, kept in registers.
template <int Rows, int Lanes>
MDRL_AVX512 void Tile(const float* x, const float* panel, const float* add,
                      int64_t k, int64_t n, int64_t columns, float* y) {
  __m512 sum[Rows][Lanes];
  MDRL_UNROLL
  for (int r = 0; r < Rows; ++r) {
    MDRL_UNROLL
    for (int l = 0; l < Lanes; ++l) sum[r][l] = _mm512_setzero_ps();
  }
  for (int64_t i = 0; i < k; ++i, panel += Lanes * kLane) {
    __m512 b[Lanes];
    MDRL_UNROLL
    for (int l = 0; l < Lanes; ++l) b[l] = _mm512_loadu_ps(panel + l * kLane);
    MDRL_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const __m512 a = _mm512_set1_ps(x[r * k + i]);
      MDRL_UNROLL
      for (int l = 0; l < Lanes; ++l) {
        sum[r][l] = _mm512_fmadd_ps(a, b[l], sum[r][l]);
      }
    }
  }
  Write<Rows, Lanes>(sum, add, n, columns, y);
}

template <int Lanes>
MDRL_AVX512 void Panel(const float* x, const float* panel, const float* add,
                       int64_t m, int64_t k, int64_t n, int64_t columns,
                       float* y) {
  for (int64_t row = 0; row < m;) {
    const float* from = x + row * k;
    const float* more = add == nullptr ? nullptr : add + row * n;
    float* to = y + row * n;
    if (m - row >= kTile) {
      Tile<kTile, Lanes>(from, panel, more, k, n, columns, to);
      row += kTile;
    } else if (m - row >= 2) {
      Tile<2, Lanes>(from, panel, more, k, n, columns, to);
      row += 2;
    } else {
      Tile<1, Lanes>(from, panel, more, k, n, columns, to);
      row += 1;
    }
  }
}

// Rows of c x (16 Lanes) columns: the sum over `m` rows of a and b, added to
// what is there unless it is the start.
template <int Rows, int Lanes>
MDRL_AVX512 void TransposedTile(const float* a, const float* b, int64_t m,
                                int64_t n, int64_t k, int64_t columns,
                                bool start, float* c) {
  __m512 sum[Rows][Lanes];
  MDRL_UNROLL
  for (int r = 0; r < Rows; ++r) {
    MDRL_UNROLL
    for (int l = 0; l < Lanes; ++l) sum[r][l] = _mm512_setzero_ps();
  }
  const __mmask16 last = MaskOf(columns - (Lanes - 1) * kLane);
  for (int64_t i = 0; i < m; ++i, a += n, b += k) {
    __m512 v[Lanes];
    MDRL_UNROLL
    for (int l = 0; l + 1 < Lanes; ++l) v[l] = _mm512_loadu_ps(b + l * kLane);
    v[Lanes - 1] = _mm512_maskz_loadu_ps(last, b + (Lanes - 1) * kLane);
    MDRL_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const __m512 scale = _mm512_set1_ps(a[r]);
      MDRL_UNROLL
      for (int l = 0; l < Lanes; ++l) {
        sum[r][l] = _mm512_fmadd_ps(scale, v[l], sum[r][l]);
      }
    }
  }
  Write<Rows, Lanes>(sum, start ? nullptr : c, k, columns, c);
}

template <int Lanes>
MDRL_AVX512 void TransposedRows(const float* a, const float* b, int64_t m,
                                int64_t n, int64_t k, int64_t first,
                                int64_t last, int64_t columns, bool start,
                                float* c) {
  for (int64_t row = first; row < last;) {
    if (last - row >= kTile) {
      TransposedTile<kTile, Lanes>(a + row, b, m, n, k, columns, start,
                                   c + row * k);
      row += kTile;
    } else {
      TransposedTile<1, Lanes>(a + row, b, m, n, k, columns, start,
                               c + row * k);
      row += 1;
    }
  }
}

}  // namespace

void Multiply(const float* x, const float* packed, const float* add, int64_t m,
              int64_t k, int64_t n, float* y) {
  for (int64_t at = 0; at < n; at += kPanel) {
    const int64_t columns = Columns(n, at), width = RoundUp(columns);
    const float* more = add == nullptr ? nullptr : add + at;
    switch (width / kLane) {
      case 1:
        Panel<1>(x, packed, more, m, k, n, columns, y + at);
        break;
      case 2:
        Panel<2>(x, packed, more, m, k, n, columns, y + at);
        break;
      case 3:
        Panel<3>(x, packed, more, m, k, n, columns, y + at);
        break;
      default:
        Panel<4>(x, packed, more, m, k, n, columns, y + at);
        break;
    }
    packed += k * width;
  }
}

void MultiplyTransposed(const float* a, const float* b, int64_t m, int64_t n,
                        int64_t k, int64_t first, int64_t last, float* c) {
  for (int64_t at = 0; at < m || at == 0; at += kTransposedDepth) {
    const int64_t depth = std::min(kTransposedDepth, m - at);
    for (int64_t column = 0; column < k; column += kPanel) {
      const int64_t columns = Columns(k, column);
      const float* from_a = a + at * n;
      const float* from_b = b + at * k + column;
      float* to = c + column;
      switch (RoundUp(columns) / kLane) {
        case 1:
          TransposedRows<1>(from_a, from_b, depth, n, k, first, last, columns,
                            at == 0, to);
          break;
        case 2:
          TransposedRows<2>(from_a, from_b, depth, n, k, first, last, columns,
                            at == 0, to);
          break;
        case 3:
          TransposedRows<3>(from_a, from_b, depth, n, k, first, last, columns,
                            at == 0, to);
          break;
        default:
          TransposedRows<4>(from_a, from_b, depth, n, k, first, last, columns,
                            at == 0, to);
          break;
      }
    }
  }
}

#else

bool HasSmallGemm() { return false; }

void Multiply(const float*, const float*, const float*, int64_t, int64_t,
              int64_t, float*) {
  MDRL_CHECK(false) << "this processor has no small product";
}

void MultiplyTransposed(const float*, const float*, int64_t, int64_t, int64_t,
                        int64_t, int64_t, float*) {
  MDRL_CHECK(false) << "this processor has no small product";
}

#endif

}  // namespace kernel
}  // namespace mdrl
