#include "client/report/derived_numbers.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/report/elapsed_text.h"
#include "common/config/check_algorithm.h"
#include "common/config/derived.h"

namespace mdrl {
namespace {

constexpr uint64_t kFloat = 4;         // bytes: this build computes in float32
constexpr uint64_t kHeadChunk = 1024;  // rows whose logits are held at once

uint64_t Elements(const TensorSpec& tensor) {
  uint64_t count = 1;
  for (const uint64_t length : tensor.shape) count *= length;
  return count;
}

uint64_t Parameters(const LladaConfig& config) {
  uint64_t sum = 0;
  for (const TensorSpec& tensor : LladaTensors(config)) {
    sum += Elements(tensor);
  }
  return sum;
}

// Two low-rank factors beside every matrix of the blocks.
uint64_t AdapterParameters(const LladaConfig& config, uint64_t rank) {
  uint64_t sum = 0;
  for (const TensorSpec& tensor : LladaTensors(config)) {
    if (tensor.shape.size() != 2 ||
        tensor.name.find("blocks.") == std::string::npos) {
      continue;
    }
    sum += rank * (tensor.shape[0] + tensor.shape[1]);
  }
  return sum;
}

// Floats that one token's forward leaves for its backward: per layer what goes
// into each matrix and each norm, and the attention's row.
uint64_t ActivationsPerToken(const LladaConfig& config, uint64_t sequence) {
  const uint64_t d = static_cast<uint64_t>(config.d_model);
  const uint64_t mlp = static_cast<uint64_t>(config.mlp_hidden);
  const uint64_t heads = static_cast<uint64_t>(config.n_heads);
  const uint64_t layers = static_cast<uint64_t>(config.n_layers);
  return layers * (10 * d + 3 * mlp + 2 * heads * sequence) + 2 * d;
}

uint64_t Cores() {
  return static_cast<uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
}

uint64_t LearnerThreads(const config::v1::Run& run) {
  if (run.learner().has_threads()) return run.learner().threads();
  // As the schema says of `auto`.
  return run.schedule().max_staleness() == 0
             ? Cores()
             : std::max<uint64_t>(1, Cores() / 2);
}

uint64_t RolloutThreads(const config::v1::Run& run) {
  const uint64_t each = run.rollout().has_threads() ? run.rollout().threads()
                                                    : LearnerThreads(run);
  return std::min(Cores(), each * std::max(1u, run.up().rollouts()));
}

DerivedNumbers::Model DeriveModel(const config::v1::Run& run,
                                  const DerivedNumbers& round,
                                  const LladaConfig& config) {
  DerivedNumbers::Model model;
  const config::v1::Decode& decode = run.rollout().decode();
  model.parameters = Parameters(config);
  model.trained = run.lora().enabled()
                      ? AdapterParameters(config, run.lora().rank())
                      : model.parameters;
  model.publication_bytes = model.trained * kFloat;
  const uint64_t longest = static_cast<uint64_t>(config.max_sequence);
  const uint64_t canvas = decode.canvas_tokens();
  const uint64_t prompt = std::min<uint64_t>(
      run.prompts().max_tokens(), longest > canvas ? longest - canvas : 0);
  model.sequence_tokens = prompt + canvas;

  const uint64_t vocab = static_cast<uint64_t>(config.vocab);
  const uint64_t row_floats =
      ActivationsPerToken(config, model.sequence_tokens) *
      model.sequence_tokens;
  const uint64_t head_floats =
      std::min<uint64_t>(kHeadChunk, model.sequence_tokens) * vocab;
  // Weights, gradient, two moments; the policies that are kept for workers.
  model.learner_bytes = kFloat * (model.parameters + 3 * model.trained +
                                  row_floats + 2 * head_floats) +
                        2 * model.publication_bytes;
  const uint64_t lanes =
      run.rollout().has_lanes() ? run.rollout().lanes() : RolloutThreads(run);
  // Decoding keeps one layer's activations only.
  const uint64_t layers =
      static_cast<uint64_t>(std::max<int64_t>(1, config.n_layers));
  model.worker_bytes =
      kFloat *
          (model.parameters +
           lanes * (round.group_size * row_floats / layers + head_floats)) +
      2 * model.publication_bytes;

  // 2 flop per parameter and token; backward twice the forward. A round's
  // steps see each completion `iterations` times, each time with `samples`
  // masks: one forward for the readouts, then forward and backward.
  const double per_token = 2.0 * static_cast<double>(model.parameters);
  const double tokens = static_cast<double>(round.completions) *
                        static_cast<double>(model.sequence_tokens);
  model.decode_flop = per_token * tokens * decode.decode_steps();
  model.train_flop = per_token * tokens * 4.0 *
                     static_cast<double>(SamplesPerCompletion(run)) *
                     static_cast<double>(run.schedule().iterations());
  model.decode_seconds = model.decode_flop / kFlopPerThread /
                         static_cast<double>(RolloutThreads(run));
  model.train_seconds = model.train_flop / kFlopPerThread /
                        static_cast<double>(LearnerThreads(run));
  return model;
}

std::string SizeText(uint64_t bytes) {
  const double number = static_cast<double>(bytes);
  if (number < 1e6) return absl::StrFormat("%.0f kB", number / 1e3);
  if (number < 1e9) return absl::StrFormat("%.1f MB", number / 1e6);
  return absl::StrFormat("%.2f GB", number / 1e9);
}

std::string CountText(uint64_t count) {
  const double number = static_cast<double>(count);
  if (number < 1e6) return absl::StrCat(count);
  if (number < 1e9) return absl::StrFormat("%.1f million", number / 1e6);
  return absl::StrFormat("%.2f billion", number / 1e9);
}

}  // namespace

DerivedNumbers Derive(const config::v1::Run& run,
                      const std::optional<LladaConfig>& model) {
  const config::v1::Schedule& schedule = run.schedule();
  DerivedNumbers numbers;
  numbers.groups = schedule.groups_per_round();
  numbers.group_size = schedule.group_size();
  numbers.completions = numbers.groups * numbers.group_size;
  numbers.canvas_tokens =
      numbers.completions * run.rollout().decode().canvas_tokens();
  numbers.steps = uint64_t{schedule.iterations()} * schedule.minibatches();
  numbers.lag_rounds = schedule.max_staleness();
  numbers.open_tickets = numbers.groups * (numbers.lag_rounds + 1);
  numbers.lag_steps = numbers.lag_rounds * numbers.steps + numbers.steps - 1;
  if (run.checkpoint().every_rounds() > 0) {
    numbers.replay_rounds = run.checkpoint().every_rounds();
  }
  if (model) numbers.model = DeriveModel(run, numbers, *model);
  return numbers;
}

std::string DerivedText(const DerivedNumbers& numbers) {
  std::string out = absl::StrCat(
      numbers.groups, " groups x ", numbers.group_size, " = ",
      numbers.completions, " completions and at most ", numbers.canvas_tokens,
      " tokens per round, ", numbers.steps, " steps; tickets ",
      numbers.open_tickets, "; lag <= ", numbers.lag_rounds,
      " rounds, <= ", numbers.lag_steps, " steps\n");
  if (!numbers.model) return out;
  const DerivedNumbers::Model& model = *numbers.model;
  absl::StrAppend(&out, "model    ", CountText(model.parameters),
                  " parameters, ", CountText(model.trained), " trained; ",
                  SizeText(model.publication_bytes), " per publication\n");
  absl::StrAppend(&out, "memory   learner about ",
                  SizeText(model.learner_bytes), ", each worker about ",
                  SizeText(model.worker_bytes),
                  ", and some 300 MB of libraries each\n");
  const double seconds = model.decode_seconds + model.train_seconds;
  absl::StrAppend(
      &out, "time     decoding at most ",
      ElapsedText(absl::Seconds(model.decode_seconds)), " and training ",
      ElapsedText(absl::Seconds(model.train_seconds)),
      absl::StrFormat(" per round, at %.0f GFLOP/s a thread, sequences of %d "
                      "tokens\n",
                      kFlopPerThread / 1e9, model.sequence_tokens));
  if (numbers.replay_rounds) {
    absl::StrAppend(
        &out, "replay   <= ", *numbers.replay_rounds, " rounds after a crash, ",
        ElapsedText(absl::Seconds(model.train_seconds *
                                  static_cast<double>(*numbers.replay_rounds))),
        "; without it ",
        ElapsedText(absl::Seconds(seconds *
                                  static_cast<double>(*numbers.replay_rounds))),
        " of work would be lost\n");
  } else {
    out += "replay   all rounds after a crash: checkpoint.every_rounds is 0\n";
  }
  return out;
}

std::string DerivedJson(const DerivedNumbers& numbers) {
  nlohmann::ordered_json json = {{"groups", numbers.groups},
                                 {"group_size", numbers.group_size},
                                 {"completions", numbers.completions},
                                 {"canvas_tokens", numbers.canvas_tokens},
                                 {"steps", numbers.steps},
                                 {"open_tickets", numbers.open_tickets},
                                 {"lag_rounds", numbers.lag_rounds},
                                 {"lag_steps", numbers.lag_steps}};
  if (numbers.replay_rounds) json["replay_rounds"] = *numbers.replay_rounds;
  if (numbers.model) {
    const DerivedNumbers::Model& model = *numbers.model;
    json["parameters"] = model.parameters;
    json["trained_parameters"] = model.trained;
    json["publication_bytes"] = model.publication_bytes;
    json["sequence_tokens"] = model.sequence_tokens;
    json["learner_bytes"] = model.learner_bytes;
    json["worker_bytes"] = model.worker_bytes;
    json["decode_flop_per_round"] = model.decode_flop;
    json["train_flop_per_round"] = model.train_flop;
    json["decode_seconds_per_round"] = model.decode_seconds;
    json["train_seconds_per_round"] = model.train_seconds;
  }
  return json.dump();
}

}  // namespace mdrl
