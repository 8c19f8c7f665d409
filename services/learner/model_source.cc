#include "services/learner/model_source.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/format/model_folder.h"
#include "common/model/weights.h"

namespace mdrl {
namespace {

// What makes a checkpoint load like the folder that it came from.
constexpr const char* kCopied[] = {"config.json", "generation_config.json",
                                   "tokenizer.json", "tokenizer_config.json",
                                   "special_tokens_map.json"};

std::vector<TrainingFile> ReadCopied(const std::filesystem::path& folder) {
  std::vector<TrainingFile> files;
  for (const char* name : kCopied) {
    std::ifstream in(folder / name, std::ios::binary);
    if (!in) continue;
    std::ostringstream text;
    text << in.rdbuf();
    files.push_back({name, std::move(text).str()});
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
  source.files = ReadCopied(path);
  return source;
}

}  // namespace mdrl
