// `mdrlctl checkpoint export`: a model or adapter folder that other tools open,
// out of a run's checkpoint or another model folder.
#ifndef MDRL_CLIENT_MODEL_EXPORT_H_
#define MDRL_CLIENT_MODEL_EXPORT_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace mdrl {

struct ExportedFolder {
  std::vector<std::string> files;  // sorted
  uint64_t bytes = 0;
};

// Copies weights (or the adapter) and every other file of the model byte for
// byte into the new folder `to`; what only a resume needs stays behind. The
// folder appears whole, by rename, or not at all. InvalidArgument: `from` is
// not a model or adapter folder that reads; AlreadyExists: there is a `to`.
absl::StatusOr<ExportedFolder> ExportModel(const std::filesystem::path& from,
                                           const std::filesystem::path& to);

}  // namespace mdrl

#endif  // MDRL_CLIENT_MODEL_EXPORT_H_
