#include "common/kernel/attention_cpu.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/kernel/vec16.h"

namespace mdrl {
namespace kernel {
namespace {

// Queries that share each load of a key or value: enough to hide the latency
// of multiply-add, few enough for sixteen registers.
constexpr int64_t kQueries = 4;

// Scratch memory cut into the arrays of one task. P: T rounded up, F: E rounded
// up to whole vectors; the padding is 0.
struct Scratch {
  int64_t p, f;
  float *k_EP, *k_TF, *v_EP, *v_TF;  // keys after rope, each way round
  float *dk_TF, *dv_TF;
  float *q_F, *dout_F;    // of kQueries queries
  float *score_P, *ds_P;  // likewise
};

MDRL_KERNEL_INLINE Scratch Cut(const AttentionTask& task, float* memory) {
  Scratch s;
  s.p = RoundUp(task.positions);
  s.f = RoundUp(task.head_dim);
  const auto take = [&memory](int64_t floats) {
    float* const at = memory;
    memory += floats;
    return at;
  };
  s.k_EP = take(s.f * s.p);
  s.v_EP = take(s.f * s.p);
  s.k_TF = take(s.p * s.f);
  s.v_TF = take(s.p * s.f);
  s.dk_TF = take(s.p * s.f);
  s.dv_TF = take(s.p * s.f);
  s.q_F = take(kQueries * s.f);
  s.dout_F = take(kQueries * s.f);
  s.score_P = take(kQueries * s.p);
  s.ds_P = take(kQueries * s.p);
  return s;
}

// direction 1 rotates, -1 rotates back (the transpose, for gradients).
MDRL_KERNEL_INLINE void Rotate(const AttentionTask& task, int64_t position,
                               float direction, float scale,
                               const float* __restrict from,
                               float* __restrict to) {
  const int64_t half = task.head_dim / 2;
  const float* cos = task.cos + position * task.head_dim;
  const float* sin = task.sin + position * task.head_dim;
  for (int64_t e = 0; e < half; ++e) {
    const float a = from[e], b = from[e + half], s = direction * sin[e];
    to[e] = scale * (a * cos[e] - b * s);
    to[e + half] = scale * (b * cos[e] + a * s);
  }
}

MDRL_KERNEL_INLINE void Transpose(const float* from, int64_t rows,
                                  int64_t columns, int64_t stride, float* to,
                                  int64_t to_stride) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      to[j * to_stride + i] = from[i * stride + j];
    }
  }
}

MDRL_KERNEL_INLINE void LoadKeysAndValues(const AttentionTask& task,
                                          const Scratch& s) {
  std::fill_n(s.k_TF, s.p * s.f, 0.0f);
  std::fill_n(s.v_TF, s.p * s.f, 0.0f);
  std::fill_n(s.k_EP, s.f * s.p, 0.0f);
  for (int64_t t = 0; t < task.positions; ++t) {
    Rotate(task, t, 1.0f, 1.0f, task.k + t * task.kv_stride, s.k_TF + t * s.f);
    std::copy_n(task.v + t * task.kv_stride, task.head_dim, s.v_TF + t * s.f);
  }
  Transpose(s.k_TF, task.positions, task.head_dim, s.f, s.k_EP, s.p);
}

// Queries at .. at + kQueries - 1 after rope, scaled by 1/sqrt(E); 0 past the
// end.
MDRL_KERNEL_INLINE void LoadQueries(const AttentionTask& task, const Scratch& s,
                                    const float* q, int64_t at) {
  const float scale = 1.0f / std::sqrt(static_cast<float>(task.head_dim));
  std::fill_n(s.q_F, kQueries * s.f, 0.0f);
  for (int64_t i = 0; i < std::min(kQueries, task.queries - at); ++i) {
    Rotate(task, task.first + at + i, 1.0f, scale, q + (at + i) * task.q_stride,
           s.q_F + i * s.f);
  }
}

// out_i[j] = sum_e a_i[e] b[e][j] for kQueries i and all padded positions j.
MDRL_KERNEL_INLINE void Products(const float* a_F, const float* b_EP,
                                 int64_t e_count, int64_t f, int64_t p,
                                 float* out_P) {
  for (int64_t j = 0; j < p; j += kLanes) {
    Vec sum0 = {}, sum1 = {}, sum2 = {}, sum3 = {};
    for (int64_t e = 0; e < e_count; ++e) {
      const Vec b = Load(b_EP + e * p + j);
      sum0 += a_F[e] * b;
      sum1 += a_F[f + e] * b;
      sum2 += a_F[2 * f + e] * b;
      sum3 += a_F[3 * f + e] * b;
    }
    Store(out_P + j, sum0);
    Store(out_P + p + j, sum1);
    Store(out_P + 2 * p + j, sum2);
    Store(out_P + 3 * p + j, sum3);
  }
}

// out_i[e] = sum_j w_i[j] x[j][e] for kQueries i.
MDRL_KERNEL_INLINE void Mixes(const float* w_P, const float* x_TF,
                              int64_t positions, int64_t f, int64_t p,
                              float* out_F) {
  for (int64_t e = 0; e < f; e += kLanes) {
    Vec sum0 = {}, sum1 = {}, sum2 = {}, sum3 = {};
    for (int64_t j = 0; j < positions; ++j) {
      const Vec x = Load(x_TF + j * f + e);
      sum0 += w_P[j] * x;
      sum1 += w_P[p + j] * x;
      sum2 += w_P[2 * p + j] * x;
      sum3 += w_P[3 * p + j] * x;
    }
    Store(out_F + e, sum0);
    Store(out_F + f + e, sum1);
    Store(out_F + 2 * f + e, sum2);
    Store(out_F + 3 * f + e, sum3);
  }
}

// Scores to probabilities, in place. The padding becomes e^-87 / sum: it does
// not move the sum, which is at least 1, and nobody reads it.
MDRL_KERNEL_INLINE void Softmax(float* score_P, int64_t positions, int64_t p) {
  std::fill(score_P + positions, score_P + p,
            -std::numeric_limits<float>::infinity());
  Vec top = Load(score_P);
  for (int64_t j = kLanes; j < p; j += kLanes) {
    const Vec x = Load(score_P + j);
    top = x > top ? x : top;
  }
  const float largest = Largest(top);
  Vec sum = {};
  for (int64_t j = 0; j < p; j += kLanes) {
    const Vec x = Exp(Load(score_P + j) - largest);
    sum += x;
    Store(score_P + j, x);
  }
  const float inverse = 1.0f / Sum(sum);
  for (int64_t j = 0; j < p; j += kLanes) {
    Store(score_P + j, Load(score_P + j) * inverse);
  }
}

MDRL_KERNEL_INLINE void Probabilities(const AttentionTask& task,
                                      const Scratch& s, const float* q,
                                      int64_t at) {
  LoadQueries(task, s, q, at);
  Products(s.q_F, s.k_EP, task.head_dim, s.f, s.p, s.score_P);
  for (int64_t i = 0; i < kQueries; ++i) {
    Softmax(s.score_P + i * s.p, task.positions, s.p);
  }
}

// grad[j] += sum_i w_i[j] x_i: the transposed product of Mixes.
MDRL_KERNEL_INLINE void Spread(const float* w_P, const float* x_F,
                               int64_t positions, int64_t f, int64_t p,
                               float* grad_TF) {
  for (int64_t e = 0; e < f; e += kLanes) {
    const Vec x0 = Load(x_F + e), x1 = Load(x_F + f + e);
    const Vec x2 = Load(x_F + 2 * f + e), x3 = Load(x_F + 3 * f + e);
    for (int64_t j = 0; j < positions; ++j) {
      float* const at = grad_TF + j * f + e;
      Store(at, Load(at) + w_P[j] * x0 + w_P[p + j] * x1 + w_P[2 * p + j] * x2 +
                    w_P[3 * p + j] * x3);
    }
  }
}

}  // namespace

int64_t AttentionScratch(const AttentionTask& task) {
  const int64_t p = RoundUp(task.positions), f = RoundUp(task.head_dim);
  return 6 * p * f + 2 * kQueries * (f + p);
}

MDRL_KERNEL_CLONES
void AttentionForward(const AttentionTask& task, float* out, float* scratch) {
  const Scratch s = Cut(task, scratch);
  LoadKeysAndValues(task, s);
  for (int64_t head = 0; head < task.shared; ++head) {
    const float* const q = task.q + head * task.head_dim;
    float* const o = out + head * task.head_dim;
    for (int64_t at = 0; at < task.queries; at += kQueries) {
      Probabilities(task, s, q, at);
      Mixes(s.score_P, s.v_TF, task.positions, s.f, s.p, s.q_F);
      for (int64_t i = 0; i < std::min(kQueries, task.queries - at); ++i) {
        std::copy_n(s.q_F + i * s.f, task.head_dim,
                    o + (at + i) * task.out_stride);
      }
    }
  }
}

// With P the probabilities and dP = dO V^T: dS = P (dP - sum_j P dP),
// dV = P^T dO, dQ = dS K / sqrt(E), dK = dS^T Q / sqrt(E).
MDRL_KERNEL_CLONES
void AttentionBackward(const AttentionTask& task, const float* dout, float* dq,
                       float* dk, float* dv, float* scratch) {
  const Scratch s = Cut(task, scratch);
  LoadKeysAndValues(task, s);
  std::fill_n(s.v_EP, s.f * s.p, 0.0f);
  Transpose(s.v_TF, task.positions, task.head_dim, s.f, s.v_EP, s.p);
  std::fill_n(s.dk_TF, s.p * s.f, 0.0f);
  std::fill_n(s.dv_TF, s.p * s.f, 0.0f);
  const float scale = 1.0f / std::sqrt(static_cast<float>(task.head_dim));
  for (int64_t head = 0; head < task.shared; ++head) {
    const float* const q = task.q + head * task.head_dim;
    for (int64_t at = 0; at < task.queries; at += kQueries) {
      const int64_t count = std::min(kQueries, task.queries - at);
      Probabilities(task, s, q, at);
      std::fill_n(s.dout_F, kQueries * s.f, 0.0f);
      for (int64_t i = 0; i < count; ++i) {
        std::copy_n(dout + (at + i) * task.out_stride + head * task.head_dim,
                    task.head_dim, s.dout_F + i * s.f);
      }
      Products(s.dout_F, s.v_EP, task.head_dim, s.f, s.p, s.ds_P);
      for (int64_t i = 0; i < kQueries; ++i) {
        float* const ds = s.ds_P + i * s.p;
        const float* const probability = s.score_P + i * s.p;
        Vec dot = {};
        for (int64_t j = 0; j < s.p; j += kLanes) {
          dot += Load(probability + j) * Load(ds + j);
        }
        const float mean = Sum(dot);
        for (int64_t j = 0; j < s.p; j += kLanes) {
          Store(ds + j, Load(probability + j) * (Load(ds + j) - mean));
        }
      }
      Spread(s.score_P, s.dout_F, task.positions, s.f, s.p, s.dv_TF);
      Spread(s.ds_P, s.q_F, task.positions, s.f, s.p, s.dk_TF);
      Mixes(s.ds_P, s.k_TF, task.positions, s.f, s.p, s.q_F);
      for (int64_t i = 0; i < count; ++i) {
        Rotate(task, task.first + at + i, -1.0f, scale, s.q_F + i * s.f,
               dq + (at + i) * task.q_stride + head * task.head_dim);
      }
    }
  }
  for (int64_t t = 0; t < task.positions; ++t) {
    Rotate(task, t, -1.0f, 1.0f, s.dk_TF + t * s.f, dk + t * task.kv_stride);
    std::copy_n(s.dv_TF + t * s.f, task.head_dim, dv + t * task.kv_stride);
  }
}

}  // namespace kernel
}  // namespace mdrl
