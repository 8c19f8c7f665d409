#include "client/model/describe.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/format/model_folder.h"
#include "common/text/chat_template.h"
#include "common/text/tokenizer.h"

namespace mdrl {
namespace {

using Json = nlohmann::ordered_json;

std::string ArchitectureOf(const LladaConfig& config) {
  const auto json = Json::parse(config.source_text, nullptr, false);
  const auto found = json.find("architectures");
  if (found == json.end() || !found->is_array() || found->empty() ||
      !found->front().is_string()) {
    return "llada";
  }
  return found->front().get<std::string>();
}

std::string Commas(uint64_t number) {
  const std::string digits = absl::StrCat(number);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string Gigabytes(uint64_t bytes) {
  const double number = static_cast<double>(bytes);
  return bytes < 1'000'000'000 ? absl::StrFormat("%.1f MB", number / 1e6)
                               : absl::StrFormat("%.1f GB", number / 1e9);
}

struct Use {
  std::string name;
  MemoryEstimate estimate;
};

std::vector<Use> Uses(const ModelDescription& model, const WorkShape& shape,
                      int64_t lora_rank) {
  const uint64_t stored =
      model.weight_bytes > 0 ? model.weight_bytes : 4 * model.parameters;
  std::vector<Use> out;
  for (const Device device : {Device::kCpu, Device::kGpu}) {
    const std::string where = device == Device::kCpu ? "CPU" : "GPU";
    out.push_back({"decode, " + where,
                   DecodeMemory(model.config, device, stored, shape)});
    out.push_back({"train adapter, " + where,
                   TrainMemory(model.config, device, stored, shape,
                               LoraParameterCount(model.config, lora_rank))});
    out.push_back({"train all, " + where,
                   TrainMemory(model.config, device, stored, shape, 0)});
  }
  return out;
}

}  // namespace

absl::StatusOr<ModelDescription> DescribeModel(
    const std::filesystem::path& folder) {
  ModelDescription out;
  if (ModelFolder::HasWeights(folder)) {
    MDRL_ASSIGN_OR_RETURN(const std::unique_ptr<ModelFolder> model,
                          ModelFolder::Open(folder));
    out.config = model->config();
    out.files = model->files().size();
    for (const std::string& name : model->names()) {
      MDRL_ASSIGN_OR_RETURN(const TensorView view, model->Find(name));
      ++out.tensors;
      ++out.tensors_by_dtype[view.dtype];
      out.weight_bytes += view.bytes.size();
    }
  } else {
    MDRL_ASSIGN_OR_RETURN(out.config, ReadLladaConfig(folder / "config.json"));
  }
  out.architecture = ArchitectureOf(out.config);
  out.parameters = ParameterCount(out.config);
  const std::filesystem::path file = folder / "tokenizer.json";
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    MDRL_ASSIGN_OR_RETURN(const auto tokenizer, Tokenizer::Read(file));
    out.tokens = tokenizer->size();
    if (out.tokens > out.config.vocab) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.string(), ": has ids up to ", out.tokens - 1,
          ", the model's embedding only ", out.config.vocab, " rows"));
    }
  }
  MDRL_ASSIGN_OR_RETURN(const ChatTemplate chat, ChatTemplate::Read(folder));
  out.has_template = !chat.text().empty();
  return out;
}

std::string DescriptionText(const ModelDescription& model,
                            const WorkShape& shape, int64_t lora_rank) {
  const LladaConfig& c = model.config;
  std::string out = absl::StrCat(
      "architecture  ", model.architecture, ": ", c.n_layers,
      " blocks, d_model ", c.d_model, ", ", c.n_heads, " heads of ",
      c.head_dim(), " (", c.n_kv_heads, " for keys and values), SwiGLU ",
      c.mlp_hidden, ", ", c.vocab, " rows, ", c.max_sequence, " positions\n");
  absl::StrAppend(&out, "parameters    ", Commas(model.parameters), "\n");
  if (model.files == 0) {
    absl::StrAppend(&out, "weights       none: to be initialised\n");
  } else {
    const std::string dtypes = absl::StrJoin(
        model.tensors_by_dtype, ", ", [](std::string* text, const auto& entry) {
          absl::StrAppend(text, entry.second, " ", entry.first);
        });
    absl::StrAppend(&out, "weights       ", model.tensors, " tensors (", dtypes,
                    "), ", Commas(model.weight_bytes), " bytes in ",
                    model.files, model.files == 1 ? " file\n" : " files\n");
  }
  absl::StrAppend(&out, "ids           mask ", c.mask_id, ", end ", c.eos_id,
                  ", padding ", c.pad_id, "\n");
  absl::StrAppend(
      &out, "tokenizer     ",
      model.tokens == 0 ? std::string("none")
                        : absl::StrCat(Commas(model.tokens), " ids"),
      model.has_template ? ", with a chat template\n" : ", no chat template\n");
  absl::StrAppend(&out, "\nmemory for ", shape.rows, " x ", shape.tokens,
                  " tokens at once, adapters of rank ", lora_rank,
                  " (estimates)\n");
  for (const Use& use : Uses(model, shape, lora_rank)) {
    const std::string parts = absl::StrJoin(
        use.estimate.parts, ", ", [](std::string* text, const auto& part) {
          absl::StrAppend(text, part.what, " ", Gigabytes(part.bytes));
        });
    absl::StrAppend(&out,
                    absl::StrFormat("  %-19s %9s: %s\n", use.name,
                                    Gigabytes(use.estimate.Total()), parts));
  }
  return out;
}

std::string DescriptionJson(const ModelDescription& model,
                            const WorkShape& shape, int64_t lora_rank) {
  const LladaConfig& c = model.config;
  Json memory = Json::object();
  for (const Use& use : Uses(model, shape, lora_rank)) {
    Json parts = Json::object();
    for (const MemoryPart& part : use.estimate.parts) {
      parts[part.what] = part.bytes;
    }
    memory[use.name] = {{"bytes", use.estimate.Total()}, {"parts", parts}};
  }
  const Json out = {{"architecture", model.architecture},
                    {"n_layers", c.n_layers},
                    {"d_model", c.d_model},
                    {"n_heads", c.n_heads},
                    {"n_kv_heads", c.n_kv_heads},
                    {"mlp_hidden", c.mlp_hidden},
                    {"vocabulary", c.vocab},
                    {"max_sequence", c.max_sequence},
                    {"parameters", model.parameters},
                    {"tensors", model.tensors},
                    {"tensors_by_dtype", model.tensors_by_dtype},
                    {"weight_bytes", model.weight_bytes},
                    {"weight_files", model.files},
                    {"mask_id", c.mask_id},
                    {"eos_id", c.eos_id},
                    {"pad_id", c.pad_id},
                    {"tokenizer_ids", model.tokens},
                    {"chat_template", model.has_template},
                    {"rows", shape.rows},
                    {"tokens", shape.tokens},
                    {"lora_rank", lora_rank},
                    {"memory", memory}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mdrl
