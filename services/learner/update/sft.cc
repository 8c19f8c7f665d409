#include "services/learner/update/sft.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ATen/Parallel.h"
#include "ATen/TensorOperators.h"
#include "ATen/ops/empty.h"
#include "ATen/ops/full.h"
#include "ATen/ops/zeros.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/philox.h"
#include "common/base/status_macros.h"
#include "common/base/status_reason.h"
#include "common/model/head.h"
#include "common/tensor/torch_status.h"
#include "services/learner/algorithm/llada_sft.h"
#include "services/learner/corruption/bernoulli.h"
#include "services/learner/corruption/draw_source.h"

namespace mdrl {
namespace {

// No batch has this row: permutations of epochs draw from it.
constexpr uint32_t kOrderRow = 0xFFFFFFFF;

absl::Status Check(std::span<const SftRow> rows, const ModelConfig& config) {
  if (rows.empty()) {
    return absl::InvalidArgumentError("sft: there is no row to train on");
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto bad = [i](const char* what) {
      return absl::InvalidArgumentError(
          absl::StrCat("sft: row ", i, ": ", what));
    };
    const auto unknown = [&config](int32_t token) {
      return token < 0 || token >= config.vocab;
    };
    const SftRow& row = rows[i];
    if (row.answer.empty()) return bad("the answer is empty");
    if (static_cast<int64_t>(row.prompt.size() + row.answer.size()) >
        config.max_sequence) {
      return bad("longer than the model's positions");
    }
    if (std::any_of(row.prompt.begin(), row.prompt.end(), unknown) ||
        std::any_of(row.answer.begin(), row.answer.end(), unknown)) {
      return bad("a token lies outside the vocabulary");
    }
  }
  return absl::OkStatus();
}

// Rows of one forward, all of the same width. L: positions from the shortest
// prompt's end on; a row's own prompt within them is not scored.
struct Packed {
  at::Tensor ids_BT, target_BL;
  LossInputs in;
  int64_t first = 0;
};

Packed Pack(std::span<const SftRow> rows, std::span<const int32_t> chosen,
            int64_t first_row, int64_t step, int64_t width,
            const ModelConfig& config, uint64_t key, at::ScalarType type) {
  const int64_t count = static_cast<int64_t>(chosen.size());
  Packed out;
  out.first = width;
  for (const int32_t index : chosen) {
    out.first =
        std::min(out.first, static_cast<int64_t>(rows[index].prompt.size()));
  }
  const int64_t canvas = width - out.first;
  out.ids_BT = at::empty({count, width}, at::kLong);
  out.target_BL = at::full({count, canvas}, config.eos_id, at::kLong);
  out.in.scored_BSL = at::zeros({count, 1, canvas}, at::kBool);
  at::Tensor weight_BS = at::empty({count, 1}, at::kDouble);
  at::Tensor length_B = at::empty({count}, at::kDouble);
  const BernoulliLaw law({.mask_id = config.mask_id});
  for (int64_t b = 0; b < count; ++b) {
    const SftRow& row = rows[chosen[b]];
    Completion answer;
    answer.tokens = row.answer;
    answer.tokens.resize(width - row.prompt.size(), config.eos_id);
    answer.effective_tokens = static_cast<uint32_t>(answer.tokens.size());
    PhiloxSftDraws draws(key, static_cast<uint32_t>(first_row + b),
                         static_cast<uint32_t>(step));
    const Sample sample = law.Draw(row.prompt, answer, Place{}, draws)[0];
    std::copy(sample.input.begin(), sample.input.end(),
              out.ids_BT.data_ptr<int64_t>() + b * width);
    const int64_t skipped =
        b * canvas + static_cast<int64_t>(row.prompt.size()) - out.first;
    std::copy(sample.target.begin(), sample.target.end(),
              out.target_BL.data_ptr<int64_t>() + skipped);
    std::copy(sample.scored.begin(), sample.scored.end(),
              out.in.scored_BSL.data_ptr<bool>() + skipped);
    weight_BS.data_ptr<double>()[b] = sample.weight;
    length_B.data_ptr<double>()[b] = answer.effective_tokens;
  }
  out.in.weight_BS = weight_BS.to(type);
  out.in.length_B = length_B.to(type);
  return out;
}

// Torch's threads sleep while they wait (OMP_WAIT_POLICY=passive), and waking
// them costs more than a small step has to share: 64 rows of 10 tokens take 12
// ms a step on one thread and 19 ms on two. Puts the old number back at the
// end.
class ThreadsFor {
 public:
  explicit ThreadsFor(int64_t tokens) : before_(at::get_num_threads()) {
    constexpr int64_t kTokensWorthSharing = 2048;
    if (tokens < kTokensWorthSharing) at::set_num_threads(1);
  }
  ~ThreadsFor() {
    if (at::get_num_threads() != before_) at::set_num_threads(before_);
  }
  ThreadsFor(const ThreadsFor&) = delete;
  ThreadsFor& operator=(const ThreadsFor&) = delete;

 private:
  const int before_;
};

class Stage {
 public:
  Stage(const Transformer& model, NamedTensors trainable,
        std::span<const SftRow> rows, const SftStage& stage)
      : model_(model),
        rows_(rows),
        stage_(stage),
        rate_{stage.lr, stage.warmup_steps, stage.decay, stage.steps},
        order_(stage.philox_key, static_cast<int64_t>(rows.size())),
        optimizer_(std::move(trainable), stage.adamw),
        type_(model.compute_type() == at::kDouble ? at::kDouble : at::kFloat) {}

  absl::StatusOr<SftProgress> Step(int64_t step) {
    SftProgress out{.step = step, .steps = stage_.steps};
    const std::vector<int32_t> chosen = order_.Batch(step, stage_.batch);
    int64_t width = 0;
    for (const int32_t index : chosen) {
      width = std::max(width, static_cast<int64_t>(rows_[index].prompt.size() +
                                                   rows_[index].answer.size()));
    }
    const int64_t fit = std::max<int64_t>(1, stage_.micro_batch_tokens / width);
    const int64_t batch = static_cast<int64_t>(chosen.size());
    for (int64_t at = 0; at < batch; at += fit) {
      const int64_t size = std::min(fit, batch - at);
      out.loss += Backward(std::span(chosen).subspan(at, size), at, step, width,
                           static_cast<double>(size) / batch);
    }
    out.tokens = static_cast<uint64_t>(batch * width);
    out.lr = rate_.At(step);
    const AdamW::Applied applied = std::isfinite(out.loss)
                                       ? optimizer_.Step(out.lr)
                                       : AdamW::Applied{.finite = false};
    if (!applied.finite) {
      return WithReason(
          absl::InternalError(absl::StrCat(
              "sft: loss or gradient of step ", step,
              " are not finite; a lower rate or a longer warm-up may help")),
          "STEP_NONFINITE");
    }
    out.grad_norm = applied.grad_norm;
    return out;
  }

  void ClearGradients() { optimizer_.ClearGradients(); }

 private:
  // Adds the gradient of `share` times the loss of some rows; returns its
  // value.
  double Backward(std::span<const int32_t> chosen, int64_t first_row,
                  int64_t step, int64_t width, double share) {
    Packed packed = Pack(rows_, chosen, first_row, step, width, model_.config(),
                         stage_.philox_key, type_);
    const at::Tensor hidden_BLD =
        model_.Hidden(packed.ids_BT, packed.first, width);
    packed.in.logp_BSL = TargetLogp(model_, hidden_BLD, packed.target_BL,
                                    packed.in.scored_BSL.squeeze(1))
                             .unsqueeze(1);
    const at::Tensor loss = LladaSftLoss(packed.in) * share;
    // Masks may be empty: then there is nothing to differentiate.
    if (loss.requires_grad()) loss.backward();
    return loss.item<double>();
  }

  const Transformer& model_;
  const std::span<const SftRow> rows_;
  const SftStage& stage_;
  const LearningRate rate_;
  SftOrder order_;
  AdamW optimizer_;
  const at::ScalarType type_;
};

}  // namespace

SftOrder::SftOrder(uint64_t philox_key, int64_t rows)
    : philox_key_(philox_key), rows_(rows) {
  MDRL_CHECK(rows > 0) << "no rows to order";
}

std::vector<int32_t> SftOrder::Batch(int64_t step, int64_t batch) {
  std::vector<int32_t> out;
  for (int64_t at = step * batch; at < (step + 1) * batch; ++at) {
    if (at / rows_ != epoch_) {
      epoch_ = at / rows_;
      order_ = PhiloxSequence(philox_key_, Stream::kSft, kOrderRow,
                              static_cast<uint32_t>(epoch_), 0)
                   .NextPermutation(static_cast<int>(rows_));
    }
    out.push_back(order_[at % rows_]);
  }
  return out;
}

absl::Status RunSftStage(
    const Transformer& model, NamedTensors trainable,
    std::span<const SftRow> rows, const SftStage& stage,
    const std::function<void(const SftProgress&)>& progress) {
  MDRL_RETURN_IF_ERROR(Check(rows, model.config()));
  if (stage.batch < 1) {
    return absl::InvalidArgumentError("sft: batch must be at least 1");
  }
  size_t longest = 0;
  for (const SftRow& row : rows) {
    longest = std::max(longest, row.prompt.size() + row.answer.size());
  }
  const ThreadsFor threads(stage.batch * static_cast<int64_t>(longest));
  Stage run(model, std::move(trainable), rows, stage);
  for (int64_t step = 0; step < stage.steps; ++step) {
    const absl::StatusOr<SftProgress> done =
        RunTorch([&] { return run.Step(step); });
    if (!done.ok()) {
      run.ClearGradients();
      return done.status();
    }
    if (progress) progress(*done);
  }
  return absl::OkStatus();
}

}  // namespace mdrl
