// The command line of `mdrl-rollout generate`. Plain values: no Torch, no
// protobuf.
#ifndef MDRL_SERVICES_ROLLOUT_COMMAND_GENERATE_FLAGS_H_
#define MDRL_SERVICES_ROLLOUT_COMMAND_GENERATE_FLAGS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/lease.h"

namespace mdrl {

// What `mdrl-rollout generate --help` prints.
extern const char kGenerateUsage[];

struct GenerateFlags {
  bool help = false;
  std::string model;
  std::string adapter;       // a PEFT folder; empty: the model alone
  std::string prompt;        // one of these two
  std::string prompts_file;  // JSONL
  std::string prefill;       // what every answer begins with
  std::string out;           // empty: standard output
  DecodeSettings decode;     // canvas_tokens 0: 256; decode_steps 0: canvas / 2
  uint32_t group_size = 1;   // completions per prompt
  uint64_t seed = 42;
  uint32_t threads = 0;  // 0: all cores
  uint32_t rows = 8;     // completions that share a forward
  bool show_steps = false;
  bool reveals = false;  // steps and confidences in the output
  bool attend_padding = false;
  bool ignore_unmatched_targets = false;
};

// `arguments`: behind the word "generate". InvalidArgument USAGE names the
// argument and what it takes.
absl::StatusOr<GenerateFlags> ParseGenerateFlags(
    std::span<const std::string_view> arguments);

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_COMMAND_GENERATE_FLAGS_H_
