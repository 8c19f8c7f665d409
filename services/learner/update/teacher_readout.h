// The two readouts of a method with a teacher: log p(target), and the cross
// entropy -sum_v teacher(v) log p(v) against the teacher's whole distribution.
//
// Both come from one chunk of logits at a time, forwards and backwards, so that
// rows x vocabulary never exists at once. Exact: nothing is cut off the
// teacher. Stateless. Shapes: R samples, L positions, D = d_model.
#ifndef MDRL_SERVICES_LEARNER_UPDATE_TEACHER_READOUT_H_
#define MDRL_SERVICES_LEARNER_UPDATE_TEACHER_READOUT_H_

#include <cstdint>

#include "ATen/core/Tensor.h"
#include "common/model/head.h"
#include "common/model/transformer.h"
#include "services/learner/batch/batch_builder.h"

namespace mdrl {

struct TeacherReadout {
  at::Tensor logp_RL;  // 0 where nothing is scored, both
  at::Tensor teacher_ce_RL;
};

// Hidden rows of the canvas, [R, L, D].
at::Tensor CanvasHidden(const Transformer& model, const MicroBatch& batch);

// With a graph through `hidden_RLD` and the model's head where gradients are
// on. The teacher's rows are constants.
TeacherReadout ReadWithTeacher(const Transformer& model,
                               const at::Tensor& hidden_RLD,
                               const Transformer& teacher,
                               const at::Tensor& teacher_hidden_RLD,
                               const MicroBatch& batch,
                               int64_t logits_per_chunk = kLogitsPerChunk);

// Backward from sum(weight * logp + teacher_weight * teacher_ce), a chunk's
// logits made again for each chunk.
void BackwardWithTeacher(const Transformer& model, const at::Tensor& hidden_RLD,
                         const Transformer& teacher,
                         const at::Tensor& teacher_hidden_RLD,
                         const MicroBatch& batch, const at::Tensor& weight_RL,
                         const at::Tensor& teacher_weight_RL,
                         int64_t logits_per_chunk = kLogitsPerChunk);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_UPDATE_TEACHER_READOUT_H_
