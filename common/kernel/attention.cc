#include "common/kernel/attention.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ATen/ops/empty.h"
#include "ATen/ops/empty_like.h"
#include "ATen/ops/zeros.h"
#include "ATen/ops/zeros_like.h"
#include "common/base/log.h"
#include "common/kernel/attention_cpu.h"
#include "common/kernel/parallel_for.h"
#include "torch/csrc/autograd/custom_function.h"

namespace mdrl {
namespace {

using kernel::AttentionTask;

// Where queries, keys and values lie in the tensors of a call. `joint`: all
// three in one tensor; else queries apart from keys and values.
struct Layout {
  AttentionHeads heads;
  int64_t rows, positions, queries, first;
  bool joint;
  std::vector<RowSpan> real;  // per row; empty: all positions

  int64_t q_width() const { return heads.heads * heads.head_dim; }
  int64_t kv_width() const { return heads.kv_heads * heads.head_dim; }
  int64_t q_stride() const { return q_width() + (joint ? 2 * kv_width() : 0); }
  int64_t kv_stride() const { return 2 * kv_width() + (joint ? q_width() : 0); }
  int64_t tasks() const { return rows * heads.kv_heads; }
  int64_t shared() const { return heads.heads / heads.kv_heads; }
  int64_t row(int64_t i) const { return i / heads.kv_heads; }

  // Of task `i` (row, then key head): its keys' span, and its first and last
  // query among the queried positions.
  RowSpan Keys(int64_t i) const {
    return real.empty() ? RowSpan{0, positions} : real[row(i)];
  }
  RowSpan Queries(int64_t i) const {
    const RowSpan keys = Keys(i);
    const int64_t begin = std::max<int64_t>(0, keys.begin - first);
    return {begin, std::max(begin, std::min(queries, keys.end - first))};
  }

  // Offsets of task `i` in each tensor.
  int64_t Q(int64_t i) const {
    return (row(i) * queries + Queries(i).begin) * q_stride() +
           i % heads.kv_heads * shared() * heads.head_dim;
  }
  int64_t K(int64_t i) const {
    return (row(i) * positions + Keys(i).begin) * kv_stride() +
           (joint ? q_width() : 0) + i % heads.kv_heads * heads.head_dim;
  }
  int64_t V(int64_t i) const { return K(i) + kv_width(); }
  int64_t Out(int64_t i) const {
    return (row(i) * queries + Queries(i).begin) * q_width() +
           i % heads.kv_heads * shared() * heads.head_dim;
  }
};

// `q` and `kv` are the same tensor in a joint layout.
AttentionTask TaskOf(const Layout& layout, int64_t i, const at::Tensor& q,
                     const at::Tensor& kv, const at::Tensor& cos_TE,
                     const at::Tensor& sin_TE) {
  const RowSpan keys = layout.Keys(i), queries = layout.Queries(i);
  AttentionTask task;
  task.positions = keys.end - keys.begin;
  task.first = layout.first + queries.begin - keys.begin;
  task.queries = queries.end - queries.begin;
  task.head_dim = layout.heads.head_dim;
  task.shared = layout.shared();
  task.q_stride = layout.q_stride();
  task.kv_stride = layout.kv_stride();
  task.out_stride = layout.q_width();
  task.cos = cos_TE.const_data_ptr<float>();
  task.sin = sin_TE.const_data_ptr<float>();
  task.q = q.const_data_ptr<float>() + layout.Q(i);
  task.k = kv.const_data_ptr<float>() + layout.K(i);
  task.v = kv.const_data_ptr<float>() + layout.V(i);
  return task;
}

// Uninitialised where every element will be written, else 0.
at::Tensor ForResult(const Layout& layout, const at::Tensor& like) {
  return layout.real.empty() ? at::empty_like(like) : at::zeros_like(like);
}

at::Tensor Forward(const Layout& layout, const at::Tensor& q,
                   const at::Tensor& kv, const at::Tensor& cos_TE,
                   const at::Tensor& sin_TE) {
  const std::vector<int64_t> sizes = {layout.rows, layout.queries,
                                      layout.q_width()};
  at::Tensor out = layout.real.empty() ? at::empty(sizes, q.options())
                                       : at::zeros(sizes, q.options());
  float* const to = out.mutable_data_ptr<float>();
  ParallelFor(layout.tasks(), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch;
    for (int64_t i = begin; i < end; ++i) {
      const AttentionTask task = TaskOf(layout, i, q, kv, cos_TE, sin_TE);
      scratch.resize(kernel::AttentionScratch(task));
      kernel::AttentionForward(task, to + layout.Out(i), scratch.data());
    }
  });
  return out;
}

void Backward(const Layout& layout, const at::Tensor& q, const at::Tensor& kv,
              const at::Tensor& cos_TE, const at::Tensor& sin_TE,
              const at::Tensor& dout, float* dq, float* dkv) {
  const float* const from = dout.const_data_ptr<float>();
  ParallelFor(layout.tasks(), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch;
    for (int64_t i = begin; i < end; ++i) {
      const AttentionTask task = TaskOf(layout, i, q, kv, cos_TE, sin_TE);
      scratch.resize(kernel::AttentionScratch(task));
      kernel::AttentionBackward(task, from + layout.Out(i), dq + layout.Q(i),
                                dkv + layout.K(i), dkv + layout.V(i),
                                scratch.data());
    }
  });
}

void SaveLayout(torch::autograd::AutogradContext* context,
                const Layout& layout) {
  std::vector<int64_t> saved = {layout.heads.heads,    layout.heads.kv_heads,
                                layout.heads.head_dim, layout.rows,
                                layout.positions,      layout.queries,
                                layout.first};
  for (const RowSpan& span : layout.real) {
    saved.insert(saved.end(), {span.begin, span.end});
  }
  context->saved_data["layout"] = std::move(saved);
}

Layout SavedLayout(torch::autograd::AutogradContext* context, bool joint) {
  const auto v = context->saved_data["layout"].toIntVector();
  Layout layout = {{v[0], v[1], v[2]}, v[3], v[4], v[5], v[6], joint, {}};
  for (size_t i = 7; i < v.size(); i += 2) {
    layout.real.push_back({v[i], v[i + 1]});
  }
  return layout;
}

class JointFunction : public torch::autograd::Function<JointFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& qkv, const at::Tensor& cos_TE,
                            const at::Tensor& sin_TE, const Layout& layout) {
    context->save_for_backward({qkv, cos_TE, sin_TE});
    SaveLayout(context, layout);
    return Forward(layout, qkv, qkv, cos_TE, sin_TE);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Layout layout = SavedLayout(context, true);
    at::Tensor d_qkv = ForResult(layout, saved[0]);
    float* const to = d_qkv.mutable_data_ptr<float>();
    Backward(layout, saved[0], saved[0], saved[1], saved[2],
             gradients[0].contiguous(), to, to);
    return {d_qkv, {}, {}, {}};
  }
};

class ApartFunction : public torch::autograd::Function<ApartFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& q, const at::Tensor& kv,
                            const at::Tensor& cos_TE, const at::Tensor& sin_TE,
                            const Layout& layout) {
    context->save_for_backward({q, kv, cos_TE, sin_TE});
    SaveLayout(context, layout);
    return Forward(layout, q, kv, cos_TE, sin_TE);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Layout layout = SavedLayout(context, false);
    at::Tensor d_q = ForResult(layout, saved[0]);
    at::Tensor d_kv = ForResult(layout, saved[1]);
    Backward(layout, saved[0], saved[1], saved[2], saved[3],
             gradients[0].contiguous(), d_q.mutable_data_ptr<float>(),
             d_kv.mutable_data_ptr<float>());
    return {d_q, d_kv, {}, {}, {}};
  }
};

void CheckSpans(std::span<const RowSpan> real_B, int64_t rows,
                int64_t positions) {
  MDRL_CHECK(real_B.empty() || static_cast<int64_t>(real_B.size()) == rows)
      << real_B.size() << " spans for " << rows << " rows";
  for (const RowSpan& span : real_B) {
    MDRL_CHECK(0 <= span.begin && span.begin < span.end &&
               span.end <= positions)
        << "span " << span.begin << ".." << span.end << " of " << positions;
  }
}

}  // namespace

at::Tensor FusedAttention(const at::Tensor& q_BLX, const at::Tensor& kv_BTY,
                          const at::Tensor& cos_TE, const at::Tensor& sin_TE,
                          int64_t first, const AttentionHeads& heads,
                          std::span<const RowSpan> real_B) {
  MDRL_CHECK(first + q_BLX.size(1) <= kv_BTY.size(1) &&
             kv_BTY.size(1) <= cos_TE.size(0));
  CheckSpans(real_B, kv_BTY.size(0), kv_BTY.size(1));
  const Layout layout = {heads,           kv_BTY.size(0),
                         kv_BTY.size(1),  q_BLX.size(1),
                         first,
                         /*joint=*/false, {real_B.begin(), real_B.end()}};
  return ApartFunction::apply(q_BLX.contiguous(), kv_BTY.contiguous(), cos_TE,
                              sin_TE, layout);
}

at::Tensor FusedSelfAttention(const at::Tensor& qkv_BTZ,
                              const at::Tensor& cos_TE,
                              const at::Tensor& sin_TE,
                              const AttentionHeads& heads,
                              std::span<const RowSpan> real_B) {
  const int64_t positions = qkv_BTZ.size(1);
  MDRL_CHECK(positions <= cos_TE.size(0));
  CheckSpans(real_B, qkv_BTZ.size(0), positions);
  const Layout layout = {heads,          qkv_BTZ.size(0),
                         positions,      positions,
                         /*first=*/0,
                         /*joint=*/true, {real_B.begin(), real_B.end()}};
  return JointFunction::apply(qkv_BTZ.contiguous(), cos_TE, sin_TE, layout);
}

}  // namespace mdrl
