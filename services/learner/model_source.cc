#include "services/learner/model_source.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
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

}  // namespace

absl::StatusOr<ModelSource> ReadModelSource(const std::string& folder,
                                            bool random_init, uint64_t seed) {
  const std::filesystem::path path(folder);
  ModelSource source;
  if (random_init) {
    MDRL_ASSIGN_OR_RETURN(source.config, ReadLladaConfig(path / "config.json"));
    source.weights = InitWeights(source.config, seed);
  } else {
    MDRL_ASSIGN_OR_RETURN(const std::unique_ptr<ModelFolder> model,
                          ModelFolder::Open(path));
    source.config = model->config();
    MDRL_ASSIGN_OR_RETURN(source.weights, LoadWeights(*model));
  }
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
  source.base_model_hash =
      FullBaseModelHash(source.config, source.tokenizer_hash);
  source.tokenizer = std::move(tokenizer);
  MDRL_ASSIGN_OR_RETURN(source.files, ReadCopied(path));
  return source;
}

}  // namespace mdrl
