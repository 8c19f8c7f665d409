#include "client/command/checkpoint.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/report/csv.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/format/safetensors.h"
#include "common/format/verify_checkpoint.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Where checkpoints are looked for, and which of them.
struct Place {
  std::string root;
  std::vector<std::string> names;
};

absl::StatusOr<Place> Find(const std::string& folder) {
  const fs::path path(folder);
  if (fs::exists(path / kManifestFile)) {
    const fs::path whole = fs::absolute(path).lexically_normal();
    const fs::path plain = whole.has_filename() ? whole : whole.parent_path();
    return Place{plain.parent_path().string(), {plain.filename().string()}};
  }
  for (const fs::path& root : {path / "checkpoints", path}) {
    Place place{root.string(), CheckpointNames(root.string())};
    if (!place.names.empty()) return place;
  }
  return absl::NotFoundError(absl::StrCat(folder, ": no checkpoint in there"));
}

// Beyond the hashes: files that are what they were but never were weights.
absl::Status CheckWeights(const Checkpoint& checkpoint) {
  for (const std::string& file : checkpoint.files) {
    if (!absl::EndsWith(file, ".safetensors")) continue;
    const auto opened = SafetensorsFile::Open(fs::path(checkpoint.path) / file);
    if (!opened.ok()) return absl::DataLossError(opened.status().message());
  }
  return absl::OkStatus();
}

absl::StatusOr<Checkpoint> VerifyWhole(const std::string& path) {
  MDRL_ASSIGN_OR_RETURN(Checkpoint checkpoint, VerifyCheckpoint(path));
  MDRL_RETURN_IF_ERROR(CheckWeights(checkpoint));
  return checkpoint;
}

std::string SizeText(uint64_t bytes) {
  const double number = static_cast<double>(bytes);
  if (number < 1e6) return absl::StrFormat("%.1f kB", number / 1e3);
  if (number < 1e9) return absl::StrFormat("%.1f MB", number / 1e6);
  return absl::StrFormat("%.2f GB", number / 1e9);
}

struct Entry {
  std::string name;
  bool latest = false;
  absl::StatusOr<Checkpoint> checkpoint;
};

Json JsonOf(const Entry& entry) {
  Json json = {{"name", entry.name},
               {"latest", entry.latest},
               {"verified", entry.checkpoint.ok()}};
  if (!entry.checkpoint.ok()) {
    json["error"] = std::string(entry.checkpoint.status().message());
    return json;
  }
  const Checkpoint& checkpoint = *entry.checkpoint;
  json["step"] = checkpoint.state.step;
  json["round"] = checkpoint.state.round;
  json["version"] = checkpoint.state.version;
  json["bytes"] = checkpoint.bytes;
  json["manifest_sha256"] = checkpoint.manifest_sha256.ToHex();
  json["chain"] = checkpoint.state.chain.ToHex();
  json["run_id"] = checkpoint.run_id.ToHex();
  json["build"] = checkpoint.build;
  json["files"] = checkpoint.files;
  return json;
}

std::string TextOf(const Entry& entry) {
  if (!entry.checkpoint.ok()) {
    return absl::StrCat(entry.name, "  does not verify: ",
                        std::string(entry.checkpoint.status().message()),
                        entry.latest ? "  LATEST" : "", "\n");
  }
  const Checkpoint& checkpoint = *entry.checkpoint;
  return absl::StrCat(entry.name, "  round ", checkpoint.state.round,
                      "  policy ", checkpoint.state.version, "  ",
                      SizeText(checkpoint.bytes), "  chain ",
                      checkpoint.state.chain.ToHex(4), "  verified",
                      entry.latest ? "  LATEST" : "", "\n");
}

std::string CsvOf(const Entry& entry) {
  if (!entry.checkpoint.ok()) {
    return CsvRow(
        {entry.name, "", "", "", "", "false", entry.latest ? "true" : "false"});
  }
  const TrainingState& state = entry.checkpoint->state;
  return CsvRow({entry.name, absl::StrCat(state.step),
                 absl::StrCat(state.round), absl::StrCat(state.version),
                 absl::StrCat(entry.checkpoint->bytes), "true",
                 entry.latest ? "true" : "false"});
}

}  // namespace

absl::Status RunCheckpointList(const Session& session,
                               const CheckpointListOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const Place place, Find(options.folder));
  const std::string latest = LatestCheckpointName(place.root);
  Json all = Json::array();
  std::ostream& out = *session.out;
  if (options.csv && !session.json) {
    out << CsvRow(
        {"name", "step", "round", "version", "bytes", "verified", "latest"});
  }
  for (const std::string& name : place.names) {
    const Entry entry{name, name == latest,
                      VerifyWhole(absl::StrCat(place.root, "/", name))};
    if (session.json) {
      all.push_back(JsonOf(entry));
    } else {
      out << (options.csv ? CsvOf(entry) : TextOf(entry));
    }
  }
  if (session.json) out << Json{{"checkpoints", all}}.dump() << "\n";
  return absl::OkStatus();
}

absl::Status RunCheckpointVerify(const Session& session,
                                 const CheckpointVerifyOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const Place place, Find(options.folder));
  const std::string latest = LatestCheckpointName(place.root);
  const std::string name =
      place.names.size() == 1 || latest.empty() ? place.names.back() : latest;
  const Entry entry{name, name == latest,
                    VerifyWhole(absl::StrCat(place.root, "/", name))};
  if (!entry.checkpoint.ok()) {
    return OrReason(entry.checkpoint.status(), reason::kDoesNotVerify);
  }
  if (session.json) {
    *session.out << JsonOf(entry).dump() << "\n";
    return absl::OkStatus();
  }
  *session.out << TextOf(entry);
  for (const std::string& file : entry.checkpoint->files) {
    *session.out << "  " << file << "\n";
  }
  return absl::OkStatus();
}

}  // namespace mdrl
