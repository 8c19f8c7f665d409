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
#include "common/config/load_config.h"
#include "common/format/hf_config.h"

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
  const DerivedNumbers numbers = Derive(config.run, model);
  const Findings findings = FindAll(config, std::move(unread));
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
