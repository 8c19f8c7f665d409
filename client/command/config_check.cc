#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/command/config.h"
#include "client/report/derived_numbers.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/config/check_config.h"
#include "common/config/derived.h"
#include "common/config/load_config.h"
#include "common/format/hf_config.h"
#include "common/format/lora_targets.h"

namespace mdrl {
namespace {

struct Findings {
  std::vector<std::string> texts;  // "line 41: schedule.group_size: ..."
  bool only_security = true;
};

// What the walk found, then what contradicts what. A key whose value could not
// be read is at its default there, which nobody wrote: it is left out.
Findings FindAll(const LoadedConfig& config, std::vector<std::string> unread) {
  Findings all{.texts = std::move(unread), .only_security = true};
  all.only_security = all.texts.empty();
  const size_t read_errors = all.texts.size();
  for (const ConfigFinding& finding : CheckConfig(config.run)) {
    const bool told = std::any_of(
        all.texts.begin(),
        all.texts.begin() + static_cast<ptrdiff_t>(read_errors),
        [&](const std::string& text) {
          return absl::StrContains(text, absl::StrCat(finding.key, ":"));
        });
    if (told) continue;
    all.texts.push_back(FindingText(finding, config));
    all.only_security = all.only_security && finding.security;
  }
  return all;
}

// Bytes of the weight files in a model folder; 0: there are none.
uint64_t StoredBytes(const std::filesystem::path& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".safetensors") continue;
    const uint64_t size = entry.file_size(error);
    if (!error) bytes += size;
  }
  return bytes;
}

// What the run asks of this model that it does not have.
void CheckAgainstModel(const config::v1::Run& run, const LladaConfig& model,
                       const LoadedConfig& config, Findings* all) {
  const auto add = [&](const std::string& key, const std::string& message) {
    all->texts.push_back(FindingText({key, message}, config));
    all->only_security = false;
  };
  if (run.lora().enabled()) {
    const std::vector<std::string> targets(run.lora().targets().begin(),
                                           run.lora().targets().end());
    const bool ignore = HasCompat(run, "ignore_unmatched_targets");
    const auto maps =
        ResolveTargets(model, targets, {.ignore_unmatched = ignore});
    if (!maps.ok()) add("lora.targets", std::string(maps.status().message()));
  }
  const auto check = [&](const config::v1::Decode& decode,
                         const std::string& key) {
    if (decode.canvas_tokens() < model.max_sequence) return;
    add(key + ".canvas_tokens", absl::StrCat(decode.canvas_tokens(),
                                             " leaves no room for a prompt: "
                                             "the model's context has ",
                                             model.max_sequence, " positions"));
  };
  check(run.rollout().decode(), "rollout.decode");
  const config::v1::Evaluation& evaluation = run.evaluation();
  const bool evaluates = evaluation.at_start() || evaluation.at_end() ||
                         evaluation.every_rounds() > 0;
  if (!evaluates || evaluation.decode_size() == 0) return;
  const std::vector<config::v1::Decode> decodes = EvaluationDecodes(run);
  for (size_t i = 0; i < decodes.size(); ++i) {
    check(decodes[i], absl::StrCat("evaluation.decode[", i, "]"));
  }
}

absl::Status Refusal(const Findings& findings, const std::string& file) {
  const std::string text = absl::StrJoin(
      findings.texts, "\n", [&](std::string* out, const std::string& finding) {
        absl::StrAppend(out, file, ": ", finding);
      });
  return findings.only_security ? ErrorWith(absl::StatusCode::kPermissionDenied,
                                            reason::kInsecureAddress, "", text)
                                : ErrorWith(absl::StatusCode::kInvalidArgument,
                                            reason::kConfiguration, "", text);
}

}  // namespace

absl::Status RunConfigCheck(const Session& session,
                            const ConfigOptions& options) {
  std::vector<std::string> unread;
  MDRL_ASSIGN_OR_RETURN(const LoadedConfig config,
                        LoadConfigAnyway({.path = options.file,
                                          .environment = ProcessEnvironment(),
                                          .sets = options.sets},
                                         &unread));
  std::optional<LladaConfig> model;
  const std::filesystem::path folder = config.run.model().path();
  if (!folder.empty()) {
    absl::StatusOr<LladaConfig> shape = ReadLladaConfig(folder / "config.json");
    if (shape.ok()) {
      model = *std::move(shape);
    } else if (!session.json) {
      // Perhaps another machine's folder: nothing else depends on it here.
      *session.err << "no estimates: " << shape.status().message() << "\n";
    }
  }
  const DerivedNumbers numbers =
      Derive(config.run, model, model ? StoredBytes(folder) : 0);
  Findings findings = FindAll(config, std::move(unread));
  if (model) CheckAgainstModel(config.run, *model, config, &findings);
  if (session.json) {
    auto json = nlohmann::ordered_json::parse(DerivedJson(numbers));
    json["ok"] = findings.texts.empty();
    json["findings"] = findings.texts;
    *session.out << json.dump(-1, ' ', false,
                              nlohmann::json::error_handler_t::replace)
                 << "\n";
  } else {
    *session.out << DerivedText(numbers);
  }
  if (findings.texts.empty()) return absl::OkStatus();
  return Refusal(findings, options.file);
}

}  // namespace mdrl
