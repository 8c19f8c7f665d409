#include "services/learner/command/merge.h"

#include <cmath>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/mm.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/format/model_folder.h"
#include "common/format/safetensors.h"
#include "common/model/adapter_source.h"
#include "common/tensor/tensor_bytes.h"
#include "common/tensor/torch_status.h"

namespace mdrl {

const char kMergeUsage[] =
    R"(mdrl-learner merge ADAPTER --base MODEL --to OUT [--compat ignore_unmatched_targets]
  writes OUT: the model MODEL with the adapter ADAPTER (a PEFT folder or a
  checkpoint of a LoRA run) added to its weights
)";

namespace {

namespace fs = std::filesystem;

absl::Status Usage(const std::string& message) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "",
                   message + "; see mdrl-learner merge --help");
}

// Sums over all adapted matrices.
struct Rounding {
  double lost = 0.0;    // squares of written - wanted
  double update = 0.0;  // squares of scale B A
};

// One tensor of the base with its update, as bytes in its stored type.
absl::StatusOr<std::string> Merged(const TensorView& view,
                                   const Adapter::Factors& factors,
                                   Rounding& rounding) {
  MDRL_ASSIGN_OR_RETURN(const at::Tensor stored,
                        TensorFromBytes(view.dtype, view.shape, view.bytes));
  return RunTorch([&] {
    const at::NoGradGuard no_grad;
    const at::Tensor update =
        factors.scale * at::mm(factors.b_OR, factors.a_RI);
    const at::Tensor wanted = stored.to(at::kFloat) + update;
    const at::Tensor written = wanted.to(stored.scalar_type());
    rounding.update += update.to(at::kDouble).square().sum().item<double>();
    rounding.lost +=
        (written.to(at::kDouble) - wanted).square().sum().item<double>();
    std::string bytes;
    AppendTensorBytes(written, bytes);
    return bytes;
  });
}

// One weight file of the base, merged, to `to`.
absl::Status MergeFile(const fs::path& from, const Adapter& adapter,
                       const fs::path& to, MergeReport& report,
                       Rounding& rounding) {
  MDRL_ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open(from));
  std::vector<TensorToWrite> tensors;
  std::map<std::string, std::string> merged;  // keeps the bytes
  for (const std::string& name : file->names()) {
    MDRL_ASSIGN_OR_RETURN(const TensorView view, file->Find(name));
    std::string_view bytes = view.bytes;
    const Adapter::Factors factors =
        adapter.Of(std::string_view(name).substr(0, name.rfind('.')));
    if (factors.a_RI.defined()) {
      MDRL_ASSIGN_OR_RETURN(merged[name], Merged(view, factors, rounding));
      bytes = merged[name];
      ++report.matrices;
      report.dtype = view.dtype;
    }
    tensors.push_back({name, view.dtype, view.shape, bytes});
  }
  return WriteSafetensors(to, tensors, file->metadata());
}

absl::Status MergeInto(const fs::path& base, const Adapter& adapter,
                       const fs::path& folder, MergeReport& report) {
  Rounding rounding;
  for (const fs::directory_entry& entry : fs::directory_iterator(base)) {
    const fs::path to = folder / entry.path().filename();
    if (entry.path().extension() == ".safetensors") {
      MDRL_RETURN_IF_ERROR(
          MergeFile(entry.path(), adapter, to, report, rounding));
      continue;
    }
    std::error_code error;
    fs::copy(entry.path(), to, fs::copy_options::recursive, error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat(to.string(), ": ", error.message()));
    }
  }
  if (rounding.update > 0) {
    report.lost = std::sqrt(rounding.lost / rounding.update);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MergeFlags> ParseMergeFlags(
    std::span<const std::string_view> arguments) {
  MergeFlags flags;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string argument(arguments[i]);
    if (argument == "--help" || argument == "-h") {
      flags.help = true;
      return flags;
    }
    if (!argument.starts_with("-")) {
      if (!flags.adapter.empty()) return Usage("one adapter at a time");
      flags.adapter = argument;
      continue;
    }
    if (argument != "--base" && argument != "--to" && argument != "--compat") {
      return Usage(absl::StrCat("unknown argument \"", argument, "\""));
    }
    if (i + 1 == arguments.size()) {
      return Usage(absl::StrCat(argument, " needs a value"));
    }
    const std::string value(arguments[++i]);
    if (argument == "--base") flags.base = value;
    if (argument == "--to") flags.to = value;
    if (argument != "--compat") continue;
    if (value != "ignore_unmatched_targets") {
      return Usage("--compat takes ignore_unmatched_targets");
    }
    flags.ignore_unmatched_targets = true;
  }
  if (flags.adapter.empty()) return Usage("the adapter's folder is missing");
  if (flags.base.empty()) return Usage("--base is missing");
  if (flags.to.empty()) return Usage("--to is missing");
  return flags;
}

absl::StatusOr<MergeReport> Merge(const MergeFlags& flags) {
  const fs::path to = flags.to;
  if (fs::exists(to)) {
    return absl::InvalidArgumentError(
        absl::StrCat(flags.to, " exists already; name a new folder"));
  }
  MDRL_ASSIGN_OR_RETURN(const auto base, ModelFolder::Open(flags.base));
  MDRL_ASSIGN_OR_RETURN(const LoadedAdapter loaded,
                        LoadAdapter(flags.adapter, base->config(),
                                    flags.ignore_unmatched_targets));
  const fs::path work = flags.to + ".tmp";
  std::error_code error;
  fs::remove_all(work, error);
  fs::create_directories(work, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat(work.string(), ": ", error.message()));
  }
  MergeReport report;
  absl::Status merged = MergeInto(flags.base, loaded.adapter, work, report);
  if (merged.ok()) {
    fs::rename(work, to, error);
    if (error) {
      merged =
          absl::UnavailableError(absl::StrCat(flags.to, ": ", error.message()));
    }
  }
  if (!merged.ok()) {
    fs::remove_all(work, error);
    return merged;
  }
  return report;
}

std::string MergeReportText(const MergeReport& report) {
  std::string text =
      absl::StrCat("merge: ", report.matrices,
                   " matrices in float32, written as ", report.dtype);
  if (report.dtype != "F32" && report.dtype != "F64") {
    absl::StrAppendFormat(&text, "; %.0f %% of the update lost to rounding",
                          100 * report.lost);
    if (report.lost > 0.1) {
      text += ": prefer the adapter for further training";
    }
  }
  return text;
}

}  // namespace mdrl
