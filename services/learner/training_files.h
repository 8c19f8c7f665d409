// What a checkpoint holds of the model and its optimizer, as files; and the way
// back.
#ifndef MDRL_SERVICES_LEARNER_TRAINING_FILES_H_
#define MDRL_SERVICES_LEARNER_TRAINING_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/model/transformer.h"
#include "services/learner/policy/checkpoint.h"
#include "services/learner/update/optimizer.h"

namespace mdrl {

// A file with the bytes it owns.
struct TrainingFile {
  std::string name;
  std::string bytes;
};

// model.safetensors (float32, loads like any published model of its family), or
// of a model with an adapter adapter_model.safetensors (float32, as PEFT names
// it); and training/optimizer.safetensors.
std::vector<TrainingFile> TrainingFiles(const Transformer& model,
                                        const AdamW& optimizer);

// Reads both into `model`'s trainable tensors, in place, and into `optimizer`.
// DataLoss names the file or tensor that does not fit.
absl::Status RestoreTrainingFiles(const std::string& checkpoint_folder,
                                  const Transformer& model, AdamW& optimizer);

// training/reference.safetensors: the start weights, where the reference policy
// is a copy of them.
TrainingFile ReferenceFile(const NamedTensors& weights);
// Errors as above.
absl::StatusOr<NamedTensors> ReadReferenceFile(
    const std::string& checkpoint_folder);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_TRAINING_FILES_H_
