// The command line of `mdrl-rollout generate` and `mdrlctl generate`. Plain
// values: no Torch, no protobuf.
#ifndef MDRL_COMMON_GENERATE_GENERATE_FLAGS_H_
#define MDRL_COMMON_GENERATE_GENERATE_FLAGS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/lease.h"

namespace mdrl {

// One option as its help shows it.
struct GenerateOption {
  const char* name;
  const char* value;  // "N"; empty: a switch, which takes none
  const char* what;
};

// All of them but --help, in the order of the help.
std::span<const GenerateOption> GenerateOptions();

// What `mdrl-rollout generate --help` prints.
std::string GenerateUsage();

struct GenerateFlags {
  bool help = false;
  // Address of a learner, whose workers decode; empty: this process does.
  std::string learner;
  std::optional<uint64_t> version;  // with a learner; absent: the newest policy
  std::string model;         // with a learner: whose tokenizer spells the steps
  std::string adapter;       // a PEFT folder; empty: the model alone
  std::string prompt;        // one of these two
  std::string prompts_file;  // JSONL
  std::string prefill;       // what every answer begins with
  std::string out;           // empty: standard output
  DecodeSettings decode;     // canvas_tokens 0: 256; decode_steps 0: canvas / 2
  bool decode_given = false;     // any of `decode` was said
  uint32_t group_size = 1;       // completions per prompt
  std::optional<uint64_t> seed;  // absent: 42, or a learner's own
  uint32_t threads = 0;          // 0: all cores
  uint32_t rows = 8;             // completions that share a forward
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

#endif  // MDRL_COMMON_GENERATE_GENERATE_FLAGS_H_
