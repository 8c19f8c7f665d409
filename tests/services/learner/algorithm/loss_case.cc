#include "tests/services/learner/algorithm/loss_case.h"

#include <algorithm>
#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/ops/arange.h"
#include "ATen/ops/diag_embed.h"
#include "ATen/ops/diagonal.h"
#include "ATen/ops/eye.h"
#include "ATen/ops/from_blob.h"
#include "ATen/ops/full.h"
#include "ATen/ops/full_like.h"
#include "ATen/ops/ones.h"
#include "ATen/ops/stack.h"
#include "ATen/ops/where.h"
#include "ATen/ops/zeros.h"
#include "services/learner/algorithm/registry.h"
#include "tests/services/learner/algorithm/readouts.h"
#include "tests/services/learner/golden_arrays.h"

namespace mdrl {
namespace {

int64_t GroupSize(const LossCase& c) {
  return c.json["group_size"].get<int64_t>();
}

// [b, K, N] of what the file has as [b, N] or [b, K, N].
at::Tensor WithSamples(const at::Tensor& x) {
  return x.dim() == 2 ? x.unsqueeze(1) : x;
}

// Canvas part of a [..., P + N] tensor.
at::Tensor CanvasPart(const at::Tensor& x, int64_t canvas) {
  return x.narrow(-1, x.size(-1) - canvas, canvas);
}

// Which tensor says what is scored differs by method.
at::Tensor Scored(const LossCase& c, const LossFile& file, int64_t canvas) {
  if (file.Has("loss_mask")) {
    return WithSamples(file.Read("loss_mask", at::kBool));
  }
  const at::Tensor inside =
      file.Read("completion_mask", at::kBool).unsqueeze(1);
  const at::Tensor masked =
      WithSamples(CanvasPart(file.Read("is_masked", at::kBool), canvas));
  if (c.Is("spg_")) return masked.logical_and(inside);
  return inside.expand_as(masked);  // d1, wd1
}

// [b, 2M, N]: each pair as its two samples.
at::Tensor Pairs(const at::Tensor& first, const at::Tensor& second) {
  return at::stack({first, second}, 2).flatten(1, 2);
}

// States [n, N] to [b, S, N], rows padded with unscored samples.
at::Tensor ByRow(const at::Tensor& states, const at::Tensor& row,
                 int64_t rows) {
  int64_t most = 0;
  for (int64_t b = 0; b < rows; ++b) {
    most = std::max(most, row.eq(b).sum().item<int64_t>());
  }
  at::Tensor out = at::zeros({rows, most, states.size(1)}, states.options());
  for (int64_t b = 0; b < rows; ++b) {
    const at::Tensor of =
        states.index_select(0, row.eq(b).nonzero().squeeze(1));
    out.select(0, b).narrow(0, 0, of.size(0)).copy_(of);
  }
  return out;
}

}  // namespace

void PrintTo(const LossCase& c, std::ostream* out) { *out << c.name(); }

std::vector<LossCase> LossCasesNamed(const std::string& prefix) {
  std::vector<LossCase> cases;
  for (const auto& folder : GoldenFoldersOf("losses")) {
    const nlohmann::json listed = ReadJson(folder / "cases.json");
    for (const auto& json : listed["cases"]) {
      const LossCase c{folder, json};
      if (c.Is(prefix)) cases.push_back(c);
    }
  }
  return cases;
}

std::vector<LossCase> MethodCases() {
  std::vector<LossCase> cases;
  for (const char* prefix :
       {"spg_", "d1_", "wd1_", "espo_", "bgpo_", "unigrpo_", "dtm_", "rspo_",
        "tracerl_", "justgrpo_"}) {
    for (LossCase& c : LossCasesNamed(prefix)) cases.push_back(std::move(c));
  }
  return cases;
}

std::string LossCaseName(const testing::TestParamInfo<LossCase>& info) {
  return TestName(info.param.name()) + "_" + std::to_string(info.index);
}

LossFile::LossFile(const LossCase& c) {
  auto file = SafetensorsFile::Open(c.folder / (c.name() + ".safetensors"));
  MDRL_CHECK(file.ok()) << file.status().message();
  file_ = *std::move(file);
}

at::Tensor LossFile::Read(const std::string& name, at::ScalarType type) const {
  GoldenArray array = ReadGoldenArray(*file_, name);
  const std::vector<int64_t> shape(array.shape.begin(), array.shape.end());
  return at::from_blob(array.values.data(), shape, at::kDouble)
      .to(type, /*non_blocking=*/false, /*copy=*/true);
}

double MaxAbs(const at::Tensor& x) { return x.abs().max().item<double>(); }

AlgorithmSettings SettingsOf(const LossCase& c) {
  const auto& args = c.json["args"];
  AlgorithmSettings settings;
  if (c.Is("spg_") || c.Is("trajectory_")) {
    const std::string estimation = args["logp_estimation"];
    settings.spg.negative = estimation == "zero" ? "drop" : estimation;
    settings.spg.beta = args["eubo_beta"];
    settings.spg.omega = args["mix_weight"];
  } else if (c.Is("d1_")) {
    settings.name = "diffu_grpo";
    settings.diffu_grpo = {args["epsilon"], args["beta"]};
  } else if (c.Is("wd1_")) {
    settings.name = "wd1";
    settings.wd1.over_the_step = true;  // as published
  } else if (c.Is("espo_")) {
    settings.name = "espo";
    settings.espo = {args["epsilon_low"], args["epsilon_high"], args["beta"]};
  } else if (c.Is("bgpo_")) {
    settings.name = "bgpo";
    settings.bgpo.divisor = args["divisor"];
  } else if (c.Is("unigrpo_")) {
    settings.name = "unigrpo";
    settings.unigrpo.clip = args["eps"];
    settings.unigrpo.kl_beta = args["beta"];
  } else if (c.Is("dtm_")) {
    settings.name = "dtm";
    settings.dtm = {args["h"], args["control_variate"],
                    args["use_sar_active_block_norm"]};
  } else if (c.Is("rspo_")) {
    settings.name = "rspo";
    settings.rspo.lambda = args["lambda"];
  } else if (c.Is("tracerl_")) {
    settings.name = "tracerl";
    settings.tracerl.clip = args["eps"];
    settings.tracerl.kl_beta = args["beta"];
  } else if (c.Is("justgrpo_")) {
    settings.name = "justgrpo";
    settings.justgrpo.clip = args["eps"];
  }
  return settings;
}

std::unique_ptr<Algorithm> MethodOf(const LossCase& c) {
  auto algorithm = MakeAlgorithm(SettingsOf(c));
  MDRL_CHECK(algorithm.ok()) << algorithm.status();
  return *std::move(algorithm);
}

at::Tensor LoadedCase::InFileLayout(const at::Tensor& derivative_BSL) const {
  if (coupled) {
    // Each position is scored in one sample of its pair.
    const auto sizes = derivative_BSL.sizes();
    return derivative_BSL.view({sizes[0], sizes[1] / 2, 2, sizes[2]}).sum(2);
  }
  if (diagonal) return at::diagonal(derivative_BSL, 0, 1, 2);
  if (state_row.defined()) {
    std::vector<at::Tensor> states;
    int64_t sample = 0;
    for (int64_t i = 0; i < state_row.size(0); ++i) {
      const int64_t row = state_row[i].item<int64_t>();
      const bool same = i > 0 && state_row[i - 1].item<int64_t>() == row;
      sample = same ? sample + 1 : 0;
      states.push_back(derivative_BSL[row][sample]);
    }
    return at::stack(states);
  }
  return file_dims == 2 ? derivative_BSL.squeeze(1) : derivative_BSL;
}

LoadedCase LoadCase(const LossCase& c, const LossFile& file,
                    at::ScalarType type) {
  const std::string suffix = type == at::kDouble ? "_f64" : "";
  // Readouts of other policies are often there in fp32 only.
  const auto readouts = [&](const std::string& name) {
    const bool wide = file.Has(name + "_f64");
    return file.Read(wide ? name + "_f64" : name, type);
  };
  LoadedCase out;
  out.algorithm = MethodOf(c);
  at::Tensor logp = readouts("per_token_logps");
  out.file_dims = logp.dim();
  const int64_t canvas = logp.size(-1);
  const at::Tensor reward_B = file.Read("rewards", at::kDouble);
  const int64_t rows = reward_B.size(0);
  const at::Tensor group_B =
      at::arange(rows, at::kLong).floor_divide(GroupSize(c));
  const at::Tensor advantage_B = out.algorithm->Advantage(reward_B, group_B);
  const at::Tensor length_B =
      file.Has("completion_mask")
          ? file.Read("completion_mask", at::kLong).sum(1)
          : at::full({rows}, canvas, at::kLong);

  const at::Tensor perturbed = file.Read("perturbed", at::kLong);
  out.target_BL = file.Read("completion_ids", at::kLong);
  at::Tensor scored_BSL, logp_BSL;
  if (c.Is("espo_")) {
    out.coupled = true;
    const at::Tensor masked =
        CanvasPart(file.Read("is_masked", at::kBool), canvas);
    scored_BSL = Pairs(masked, masked.logical_not());
    logp_BSL = Pairs(logp, logp);
    out.ids_BST =
        Pairs(perturbed, file.Read("perturbed_complement", at::kLong));
  } else if (c.Is("justgrpo_")) {
    out.diagonal = true;
    scored_BSL = at::eye(canvas, at::kBool).expand({rows, canvas, canvas});
    logp_BSL = at::diag_embed(logp);
    out.ids_BST = perturbed;
  } else if (c.Is("tracerl_")) {
    out.state_row = file.Read("state_row", at::kLong);
    const auto by_row = [&](const at::Tensor& x) {
      return ByRow(x, out.state_row, rows);
    };
    scored_BSL = by_row(file.Read("loss_mask", at::kBool));
    logp_BSL = by_row(logp);
    out.ids_BST = by_row(perturbed);
  } else {
    scored_BSL = Scored(c, file, canvas);
    logp_BSL = WithSamples(logp);
    out.ids_BST = WithSamples(perturbed);
  }
  out.in = MakeInputs(logp_BSL, scored_BSL, length_B, advantage_B, group_B);

  if (c.Is("espo_")) {
    // The old and the reference ELBO are there as sums: readouts with the same
    // sum stand for them, spread over the canvas.
    const at::Tensor p = file.Read("p_mask", type).select(2, 0);
    const double share = static_cast<double>(canvas) / (canvas + 1);
    const auto weight = [](const at::Tensor& chance) {
      return at::where(chance > 1e-6, 1.0 / chance, at::zeros_like(chance));
    };
    out.in.weight_BS = at::stack({weight(p), weight(share - p)}, 2).flatten(1);
    const auto spread = [&](const std::string& name) {
      const at::Tensor elbo_B = readouts(name);
      const at::Tensor unit_B = (out.in.weight_BS * scored_BSL.sum(2)).mean(1);
      return (elbo_B / unit_B).reshape({-1, 1, 1}).expand_as(logp_BSL);
    };
    out.in.old_logp_BSL = spread("old_elbo");
    out.in.ref_logp_BSL = spread("ref_elbo");
  } else if (c.Is("tracerl_")) {
    out.in.old_logp_BSL =
        ByRow(readouts("old_per_token_logps"), out.state_row, rows);
  } else {
    const auto& args = c.json["args"];
    const bool uses_old = !args.contains("uses_old") || args["uses_old"];
    if (uses_old && file.Has("old_per_token_logps")) {
      out.in.old_logp_BSL = WithSamples(readouts("old_per_token_logps"));
    }
    if (file.Has("ref_per_token_logps")) {
      out.in.ref_logp_BSL = WithSamples(readouts("ref_per_token_logps"));
    }
    if (file.Has("teacher_ce")) {
      out.in.teacher_ce_BSL = WithSamples(readouts("teacher_ce"));
    }
  }
  return out;
}

}  // namespace mdrl
