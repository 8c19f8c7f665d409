#include "services/learner/model_source.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/memory.h"
#include "common/base/status_macros.h"
#include "common/format/adapter_base_hash.h"
#include "common/format/file.h"
#include "common/format/model_folder.h"
#include "common/format/weight_files.h"
#include "common/model/weights.h"

namespace mdrl {
namespace {

// What makes a checkpoint load like the folder that it came from.
absl::StatusOr<std::vector<TrainingFile>> ReadCopied(
    const std::filesystem::path& folder) {
  MDRL_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                        CarriedFiles(folder));
  std::vector<TrainingFile> files;
  for (const std::string& name : names) {
    MDRL_ASSIGN_OR_RETURN(std::string bytes, ReadFile(folder / name));
    files.push_back({name, std::move(bytes)});
  }
  return files;
}

std::string ReadmeOf(const std::string& folder, const LoraSettings& settings) {
  return absl::StrCat(
      "A low-rank adapter (LoRA) trained by mdrl.\n\n"
      "Base model: ",
      folder, "\nRank: ", settings.rank, "\nAlpha: ", settings.alpha,
      "\n\nadapter_config.json and adapter_model.safetensors open with "
      "PeftModel.from_pretrained(base, folder); `mdrlctl checkpoint merge` "
      "makes a whole model of both. training/ is for resuming the run.\n");
}

// The base's weights as they are stored, and a fresh adapter beside them.
absl::Status ReadLora(const std::string& folder, uint64_t seed,
                      const LoraRunSettings& lora, ModelSource& source) {
  MDRL_ASSIGN_OR_RETURN(std::shared_ptr<const ModelFolder> model,
                        ModelFolder::Open(folder));
  source.config = model->config();
  MDRL_ASSIGN_OR_RETURN(source.base_model_hash, AdapterBaseModelHash(*model));
  // Half: activations want room too.
  MDRL_ASSIGN_OR_RETURN(source.weights,
                        LoadFrozenWeights(model, AvailableMemory() / 2));
  absl::StatusOr<LoraSettings> settings =
      MakeLoraSettings(source.config, lora.rank, lora.alpha, lora.targets,
                       {.ignore_unmatched = lora.ignore_unmatched_targets});
  if (!settings.ok()) return WithContext(settings.status(), "lora.targets");
  settings->base_model = folder;
  MDRL_ASSIGN_OR_RETURN(std::vector<LoraTarget> targets,
                        LoraTargetsOf(source.config, *settings));
  source.files = {{"adapter_config.json", LoraConfigJson(*settings)},
                  {"README.md", ReadmeOf(folder, *settings)}};
  source.lora = {*std::move(settings), Adapter::Init(std::move(targets), seed)};
  return absl::OkStatus();
}

absl::Status ReadFull(const std::string& folder, bool random_init,
                      uint64_t seed, ModelSource& source) {
  const std::filesystem::path path(folder);
  if (random_init) {
    MDRL_ASSIGN_OR_RETURN(source.config, ReadLladaConfig(path / "config.json"));
    source.weights = InitWeights(source.config, seed);
  } else {
    MDRL_ASSIGN_OR_RETURN(const std::unique_ptr<ModelFolder> model,
                          ModelFolder::Open(path));
    source.config = model->config();
    MDRL_ASSIGN_OR_RETURN(source.weights, LoadWeights(*model));
  }
  MDRL_ASSIGN_OR_RETURN(source.files, ReadCopied(path));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ModelSource> ReadModelSource(
    const std::string& folder, bool random_init, uint64_t seed,
    const std::optional<LoraRunSettings>& lora) {
  const std::filesystem::path path(folder);
  ModelSource source;
  MDRL_RETURN_IF_ERROR(lora ? ReadLora(folder, seed, *lora, source)
                            : ReadFull(folder, random_init, seed, source));
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer,
                        Tokenizer::Read(path / "tokenizer.json"));
  if (tokenizer->size() > source.config.vocab) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, "/tokenizer.json: has ids up to ", tokenizer->size() - 1,
        ", the model only ", source.config.vocab, " rows of embedding"));
  }
  MDRL_ASSIGN_OR_RETURN(source.chat, ChatTemplate::Read(path));
  source.tokenizer_hash =
      TokenizerHash(tokenizer->source_text(), source.chat.text());
  if (!lora) {
    source.base_model_hash =
        FullBaseModelHash(source.config, source.tokenizer_hash);
  }
  source.tokenizer = std::move(tokenizer);
  return source;
}

}  // namespace mdrl
