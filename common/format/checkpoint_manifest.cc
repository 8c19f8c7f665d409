#include "common/format/checkpoint_manifest.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "nlohmann/json.hpp"

namespace mdrl {
namespace {

using Json = nlohmann::ordered_json;

absl::Status Missing(const char* file, const char* key) {
  return absl::DataLossError(
      absl::StrCat(file, ": ", key, " is missing or not what it should be"));
}

// Readers of one key each, so that a damaged file never raises an exception.
absl::Status Read(const Json& json, const char* file, const char* key,
                  uint64_t& value) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_unsigned()) {
    return Missing(file, key);
  }
  value = found->get<uint64_t>();
  return absl::OkStatus();
}

absl::Status Read(const Json& json, const char* file, const char* key,
                  std::string& value) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return Missing(file, key);
  value = found->get<std::string>();
  return absl::OkStatus();
}

template <typename Tag, size_t N>
absl::Status Read(const Json& json, const char* file, const char* key,
                  ByteId<Tag, N>& value) {
  std::string hex;
  MDRL_RETURN_IF_ERROR(Read(json, file, key, hex));
  const auto id = ByteId<Tag, N>::FromBytes(absl::HexStringToBytes(hex));
  // HexStringToBytes does not say when it met something else than hex.
  if (!id.has_value() || id->ToHex() != hex) return Missing(file, key);
  value = *id;
  return absl::OkStatus();
}

absl::Status Read(const Json& json, const char* file, const char* key,
                  std::map<std::string, std::string>& value) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) return Missing(file, key);
  for (const auto& [name, text] : found->items()) {
    if (!text.is_string()) return Missing(file, key);
    value[name] = text.get<std::string>();
  }
  return absl::OkStatus();
}

std::string Dump(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Json> ParseObject(std::string_view text, const char* file) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_object()) return json;
  return absl::DataLossError(absl::StrCat(file, ": not a JSON object"));
}

}  // namespace

std::string ManifestJson(const CheckpointManifest& manifest) {
  Json files = Json::array();
  for (const CheckpointManifest::File& file : manifest.files) {
    files.push_back({{"name", file.name},
                     {"bytes", file.bytes},
                     {"sha256", file.sha256.ToHex()}});
  }
  Json json = {{"schema", kManifestSchema},
               {"run_id", manifest.run_id.ToHex()},
               {"epoch", manifest.epoch},
               {"ledger_seq", manifest.ledger_seq},
               {"build", manifest.build},
               {"config_sha256", manifest.config_sha256.ToHex()},
               {"step", manifest.step},
               {"files", files}};
  json["self_sha256"] = Sha256Of(Dump(json)).ToHex();
  return Dump(json);
}

absl::StatusOr<CheckpointManifest> ParseManifest(std::string_view text) {
  MDRL_ASSIGN_OR_RETURN(const Json json, ParseObject(text, kManifestFile));
  uint64_t schema = 0;
  MDRL_RETURN_IF_ERROR(Read(json, kManifestFile, "schema", schema));
  if (schema != kManifestSchema) {
    return absl::DataLossError(absl::StrCat(kManifestFile, ": schema ", schema,
                                            ", this build knows ",
                                            kManifestSchema));
  }
  CheckpointManifest m;
  MDRL_RETURN_IF_ERROR(Read(json, kManifestFile, "run_id", m.run_id));
  MDRL_RETURN_IF_ERROR(Read(json, kManifestFile, "epoch", m.epoch));
  MDRL_RETURN_IF_ERROR(Read(json, kManifestFile, "ledger_seq", m.ledger_seq));
  MDRL_RETURN_IF_ERROR(Read(json, kManifestFile, "build", m.build));
  MDRL_RETURN_IF_ERROR(
      Read(json, kManifestFile, "config_sha256", m.config_sha256));
  MDRL_RETURN_IF_ERROR(Read(json, kManifestFile, "step", m.step));
  const auto files = json.find("files");
  if (files == json.end() || !files->is_array()) {
    return Missing(kManifestFile, "files");
  }
  for (const Json& entry : *files) {
    if (!entry.is_object()) return Missing(kManifestFile, "files");
    CheckpointManifest::File file;
    MDRL_RETURN_IF_ERROR(Read(entry, kManifestFile, "name", file.name));
    MDRL_RETURN_IF_ERROR(Read(entry, kManifestFile, "bytes", file.bytes));
    MDRL_RETURN_IF_ERROR(Read(entry, kManifestFile, "sha256", file.sha256));
    if (!StaysInside(file.name)) return Missing(kManifestFile, "name");
    m.files.push_back(std::move(file));
  }
  // The files vouch for themselves by their hashes, the rest by self_sha256.
  if (ManifestJson(m) != text) return Missing(kManifestFile, "self_sha256");
  return m;
}

bool StaysInside(std::string_view name) {
  for (const absl::string_view part :
       absl::StrSplit(absl::string_view(name.data(), name.size()), '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

std::string TrainingStateJson(const TrainingState& state) {
  return Dump({{"step", state.step},
               {"round", state.round},
               {"version", state.version},
               {"schedule_step", state.schedule_step},
               {"seed", state.seed},
               {"chain", state.chain.ToHex()},
               {"prompt_cursors", Json(state.prompt_cursors)},
               {"algorithm", Json(state.algorithm)}});
}

absl::StatusOr<TrainingState> ParseTrainingState(std::string_view text) {
  MDRL_ASSIGN_OR_RETURN(const Json json, ParseObject(text, kStateFile));
  TrainingState state;
  MDRL_RETURN_IF_ERROR(Read(json, kStateFile, "step", state.step));
  MDRL_RETURN_IF_ERROR(Read(json, kStateFile, "round", state.round));
  MDRL_RETURN_IF_ERROR(Read(json, kStateFile, "version", state.version));
  MDRL_RETURN_IF_ERROR(
      Read(json, kStateFile, "schedule_step", state.schedule_step));
  MDRL_RETURN_IF_ERROR(Read(json, kStateFile, "seed", state.seed));
  MDRL_RETURN_IF_ERROR(Read(json, kStateFile, "chain", state.chain));
  MDRL_RETURN_IF_ERROR(
      Read(json, kStateFile, "prompt_cursors", state.prompt_cursors));
  MDRL_RETURN_IF_ERROR(Read(json, kStateFile, "algorithm", state.algorithm));
  return state;
}

}  // namespace mdrl
