// `mdrlctl evaluate --model`: a task's test set, decoded by a model from disk
// and scored here, without a run. mdrl-rollout and mdrl-reward do the work.
#ifndef MDRL_CLIENT_COMMAND_EVALUATE_MODEL_H_
#define MDRL_CLIENT_COMMAND_EVALUATE_MODEL_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/command/evaluate.h"
#include "client/command/session.h"

namespace mdrl {

struct EvaluateModelOptions {
  std::string model;
  std::string adapter;  // a PEFT folder; empty: the model alone
  std::string task;
  // A test set, as test_set.h reads it; empty: puzzles of the test split, where
  // the task has a generator.
  std::string prompts;
  uint64_t max_prompts = 0;  // 0: all of a file, 256 that are made
  std::string rubric;        // empty: eval where the task has it, else bare
  std::string words;         // around each question: prompt_template.h
  std::string prefill;  // what answers begin with where a prompt says nothing
  EvaluationDecoding decoding = {{128, 256, 512}};
  uint64_t seed = 42;
  uint32_t threads = 0;  // 0: all cores
  uint32_t rows = 8;     // completions that share a forward
  std::string keep;      // a folder for questions, answers and scores
  bool csv = false;
  std::filesystem::path binaries;  // empty: where this program lies
};

// The exit code: 0, or that of the program that failed, which has said why.
// InvalidArgument names the option; errors of files name file and line.
absl::StatusOr<int> RunEvaluateModel(const Session& session,
                                     const EvaluateModelOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_EVALUATE_MODEL_H_
