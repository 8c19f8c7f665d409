#include "common/config/load_config.h"

#include <google/protobuf/descriptor.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/config/config_walk.h"
#include "common/config/yaml_tree.h"

namespace mdrl {
namespace {

absl::StatusOr<std::string> ReadText(const LoadOptions& options) {
  if (options.text) return *options.text;
  std::ifstream file(options.path, std::ios::binary);
  std::ostringstream text;
  // A folder opens but does not read.
  if (!file || !(text << file.rdbuf())) {
    return absl::NotFoundError(absl::StrCat(
        "cannot be read: ", errno != 0 ? std::strerror(errno) : "it is empty"));
  }
  return std::move(text).str();
}

absl::Status ApplyText(ConfigWalk* walk, std::string_view key,
                       std::string_view text, const std::string& source) {
  const absl::StatusOr<YamlNode> value = ParseYaml(text);
  if (!value.ok()) {
    return WithContext(value.status(),
                       absl::StrCat(source, ": ", std::string(key)));
  }
  return walk->ApplyAt(key, *value, source);
}

absl::Status ApplyAll(const LoadOptions& options, ConfigWalk* walk) {
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadText(options));
  MDRL_ASSIGN_OR_RETURN(const YamlNode tree, ParseYaml(text));
  MDRL_RETURN_IF_ERROR(walk->ApplyFile(tree));
  for (const auto& [name, value] : options.environment) {
    const std::string key = ConfigKeyOfVariable(name);
    if (key.empty()) continue;
    MDRL_RETURN_IF_ERROR(
        ApplyText(walk, key, value, absl::StrCat("environment ", name)));
  }
  for (const std::string& set : options.sets) {
    const size_t equals = set.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("--set ", set, ": write it as section.key=value"));
    }
    MDRL_RETURN_IF_ERROR(ApplyText(walk, set.substr(0, equals),
                                   set.substr(equals + 1), "--set"));
  }
  return walk->CheckRequired();
}

}  // namespace

std::string ConfigKeyOfVariable(std::string_view name) {
  constexpr std::string_view kPrefix = "MDRL_";
  if (!name.starts_with(kPrefix)) return "";
  const std::string key =
      absl::AsciiStrToLower(std::string(name.substr(kPrefix.size())));
  if (key.find("__") != std::string::npos) {
    return absl::StrReplaceAll(key, {{"__", "."}});
  }
  return config::v1::Run::descriptor()->FindFieldByName(key) != nullptr ? key
                                                                        : "";
}

absl::StatusOr<LoadedConfig> LoadConfig(const LoadOptions& options) {
  return LoadConfigAnyway(options, nullptr);
}

absl::StatusOr<LoadedConfig> LoadConfigAnyway(
    const LoadOptions& options, std::vector<std::string>* errors) {
  LoadedConfig loaded;
  ConfigWalk walk(&loaded.run, options.environment);
  walk.GoOnAfterErrors(errors);
  const absl::Status status = ApplyAll(options, &walk);
  if (!status.ok()) {
    return OrReason(
        options.path.empty() ? status : WithContext(status, options.path),
        reason::kConfiguration);
  }
  loaded.sources = walk.Sources();
  return loaded;
}

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace mdrl
