#include "common/kernel/attention.h"

#include <vector>

#include "ATen/ops/empty.h"
#include "ATen/ops/empty_like.h"
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

  int64_t q_width() const { return heads.heads * heads.head_dim; }
  int64_t kv_width() const { return heads.kv_heads * heads.head_dim; }
  int64_t q_stride() const { return q_width() + (joint ? 2 * kv_width() : 0); }
  int64_t kv_stride() const { return 2 * kv_width() + (joint ? q_width() : 0); }
  int64_t tasks() const { return rows * heads.kv_heads; }
  int64_t shared() const { return heads.heads / heads.kv_heads; }

  // Offsets of task `i` (row, then key head) in each tensor.
  int64_t Q(int64_t i) const {
    return i / heads.kv_heads * queries * q_stride() +
           i % heads.kv_heads * shared() * heads.head_dim;
  }
  int64_t K(int64_t i) const {
    return i / heads.kv_heads * positions * kv_stride() +
           (joint ? q_width() : 0) + i % heads.kv_heads * heads.head_dim;
  }
  int64_t V(int64_t i) const { return K(i) + kv_width(); }
  int64_t Out(int64_t i) const {
    return i / heads.kv_heads * queries * q_width() +
           i % heads.kv_heads * shared() * heads.head_dim;
  }
};

// `q` and `kv` are the same tensor in a joint layout.
AttentionTask TaskOf(const Layout& layout, int64_t i, const at::Tensor& q,
                     const at::Tensor& kv, const at::Tensor& cos_TE,
                     const at::Tensor& sin_TE) {
  AttentionTask task;
  task.positions = layout.positions;
  task.first = layout.first;
  task.queries = layout.queries;
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

at::Tensor Forward(const Layout& layout, const at::Tensor& q,
                   const at::Tensor& kv, const at::Tensor& cos_TE,
                   const at::Tensor& sin_TE) {
  at::Tensor out =
      at::empty({layout.rows, layout.queries, layout.q_width()}, q.options());
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
  context->saved_data["layout"] = std::vector<int64_t>{
      layout.heads.heads, layout.heads.kv_heads, layout.heads.head_dim,
      layout.rows,        layout.positions,      layout.queries,
      layout.first};
}

Layout SavedLayout(torch::autograd::AutogradContext* context, bool joint) {
  const auto v = context->saved_data["layout"].toIntVector();
  return {{v[0], v[1], v[2]}, v[3], v[4], v[5], v[6], joint};
}

class JointFunction : public torch::autograd::Function<JointFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& qkv, const at::Tensor& cos_TE,
                            const at::Tensor& sin_TE, int64_t heads,
                            int64_t kv_heads, int64_t head_dim) {
    const int64_t positions = qkv.size(1);
    const Layout layout = {{heads, kv_heads, head_dim},
                           qkv.size(0),
                           positions,
                           positions,
                           0,
                           true};
    context->save_for_backward({qkv, cos_TE, sin_TE});
    SaveLayout(context, layout);
    return Forward(layout, qkv, qkv, cos_TE, sin_TE);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    at::Tensor d_qkv = at::empty_like(saved[0]);
    float* const to = d_qkv.mutable_data_ptr<float>();
    Backward(SavedLayout(context, true), saved[0], saved[0], saved[1], saved[2],
             gradients[0].contiguous(), to, to);
    return {d_qkv, {}, {}, {}, {}, {}};
  }
};

class ApartFunction : public torch::autograd::Function<ApartFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& q, const at::Tensor& kv,
                            const at::Tensor& cos_TE, const at::Tensor& sin_TE,
                            int64_t first, int64_t heads, int64_t kv_heads,
                            int64_t head_dim) {
    const Layout layout = {{heads, kv_heads, head_dim},
                           kv.size(0),
                           kv.size(1),
                           q.size(1),
                           first,
                           false};
    context->save_for_backward({q, kv, cos_TE, sin_TE});
    SaveLayout(context, layout);
    return Forward(layout, q, kv, cos_TE, sin_TE);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    at::Tensor d_q = at::empty_like(saved[0]);
    at::Tensor d_kv = at::empty_like(saved[1]);
    Backward(SavedLayout(context, false), saved[0], saved[1], saved[2],
             saved[3], gradients[0].contiguous(), d_q.mutable_data_ptr<float>(),
             d_kv.mutable_data_ptr<float>());
    return {d_q, d_kv, {}, {}, {}, {}, {}, {}};
  }
};

}  // namespace

at::Tensor FusedAttention(const at::Tensor& q_BLX, const at::Tensor& kv_BTY,
                          const at::Tensor& cos_TE, const at::Tensor& sin_TE,
                          int64_t first, const AttentionHeads& heads) {
  MDRL_CHECK(first + q_BLX.size(1) <= kv_BTY.size(1) &&
             kv_BTY.size(1) <= cos_TE.size(0));
  return ApartFunction::apply(q_BLX.contiguous(), kv_BTY.contiguous(), cos_TE,
                              sin_TE, first, heads.heads, heads.kv_heads,
                              heads.head_dim);
}

at::Tensor FusedSelfAttention(const at::Tensor& qkv_BTZ,
                              const at::Tensor& cos_TE,
                              const at::Tensor& sin_TE,
                              const AttentionHeads& heads) {
  MDRL_CHECK(qkv_BTZ.size(1) <= cos_TE.size(0));
  return JointFunction::apply(qkv_BTZ.contiguous(), cos_TE, sin_TE, heads.heads,
                              heads.kv_heads, heads.head_dim);
}

}  // namespace mdrl
