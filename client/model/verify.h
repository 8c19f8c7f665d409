// `mdrlctl checkpoint verify` of a model folder: everything that `model
// inspect` reads, and every weight a finite number. A model folder has no
// hashes to compare with; a run's checkpoint has.
#ifndef MDRL_CLIENT_MODEL_VERIFY_H_
#define MDRL_CLIENT_MODEL_VERIFY_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "client/model/describe.h"

namespace mdrl {

// Whether `folder` holds a model that no run has written: weights and a
// configuration, and no manifest of hashes.
bool IsModelFolder(const std::filesystem::path& folder);

// Reads all bytes once and keeps few of them. Errors of DescribeModel();
// NotFound: no weights; DataLoss lists the tensors with values that are
// infinite or no numbers, and how many.
absl::StatusOr<ModelDescription> VerifyModel(
    const std::filesystem::path& folder);

}  // namespace mdrl

#endif  // MDRL_CLIENT_MODEL_VERIFY_H_
