#include "client/report/derived_numbers.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/report/elapsed_text.h"
#include "common/config/check_algorithm.h"
#include "common/config/derived.h"
#include "common/format/lora_targets.h"
#include "common/format/memory_estimate.h"

namespace mdrl {
namespace {

constexpr uint64_t kFloat = 4;  // bytes: this build computes in float32
// optimizer.micro_batch_tokens, if the run does not say.
constexpr uint64_t kMicroBatchTokens = 32768;
// From here on a model is one for GPUs: what it needs there is told too.
constexpr uint64_t kLargeModel = 100'000'000;

// Of the maps that `lora.targets` reaches; where it reaches none, which is an
// error of its own, of all.
uint64_t AdapterParameters(const config::v1::Run& run,
                           const LladaConfig& config) {
  const std::vector<std::string> targets(run.lora().targets().begin(),
                                         run.lora().targets().end());
  const auto maps = ResolveTargets(config, targets, {.ignore_unmatched = true});
  if (!maps.ok()) return LoraParameterCount(config, run.lora().rank());
  uint64_t sum = 0;
  for (const LinearMap& map : *maps) {
    sum +=
        uint64_t{run.lora().rank()} * static_cast<uint64_t>(map.in + map.out);
  }
  return sum;
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

// Sequences of a micro-batch: what optimizer.micro_batch_tokens holds, at most
// a step's all.
int64_t RowsPerStep(const config::v1::Run& run, const DerivedNumbers& round,
                    int64_t tokens) {
  const uint64_t limit = run.optimizer().has_micro_batch_tokens()
                             ? run.optimizer().micro_batch_tokens()
                             : kMicroBatchTokens;
  const uint64_t all = round.step_completions * round.samples;
  return static_cast<int64_t>(std::max<uint64_t>(
      1, std::min(all, limit / static_cast<uint64_t>(
                                   std::max<int64_t>(1, tokens)))));
}

DerivedNumbers::Model DeriveModel(const config::v1::Run& run,
                                  const DerivedNumbers& round,
                                  const LladaConfig& config,
                                  uint64_t stored_bytes) {
  DerivedNumbers::Model model;
  const config::v1::Decode& decode = run.rollout().decode();
  model.parameters = ParameterCount(config);
  const uint64_t adapter =
      run.lora().enabled() ? AdapterParameters(run, config) : 0;
  model.trained = adapter > 0 ? adapter : model.parameters;
  model.publication_bytes = model.trained * kFloat;
  const uint64_t longest = static_cast<uint64_t>(config.max_sequence);
  const uint64_t canvas = decode.canvas_tokens();
  const uint64_t prompt = std::min<uint64_t>(
      run.prompts().max_tokens(), longest > canvas ? longest - canvas : 0);
  model.sequence_tokens = prompt + canvas;
  const int64_t tokens_each = static_cast<int64_t>(model.sequence_tokens);
  const uint64_t lanes =
      run.rollout().has_lanes() ? run.rollout().lanes() : RolloutThreads(run);

  const WorkShape step{.rows = RowsPerStep(run, round, tokens_each),
                       .tokens = tokens_each};
  const uint64_t width =
      adapter > 0 && config.torch_dtype == "bfloat16" ? 2 : kFloat;
  const uint64_t stored =
      adapter > 0 && stored_bytes > 0 ? stored_bytes : width * model.parameters;
  const auto train = [&](Device device) {
    return TrainMemory(config, device, stored, step, adapter).Total();
  };
  const auto decoding = [&](Device device, uint64_t groups) {
    const WorkShape forward{
        .rows = static_cast<int64_t>(groups * round.group_size),
        .tokens = tokens_each};
    return DecodeMemory(config, device, stored, forward).Total();
  };
  // The policies that are kept for workers, and by a worker, stay in the
  // machine's memory.
  const uint64_t policies = 2 * model.publication_bytes;
  model.learner_bytes = train(Device::kCpu) + policies;
  model.worker_bytes = decoding(Device::kCpu, lanes) + policies;
  model.learner_gpu_bytes = train(Device::kGpu);
  model.worker_gpu_bytes = decoding(Device::kGpu, 1);

  // 2 flop per parameter and token; backward twice the forward. A round's
  // steps see each completion `iterations` times, each time with `samples`
  // masks: one forward for the readouts, then forward and backward.
  const double per_token = 2.0 * static_cast<double>(model.parameters);
  const double tokens = static_cast<double>(round.completions) *
                        static_cast<double>(model.sequence_tokens);
  model.decode_flop = per_token * tokens * decode.decode_steps();
  model.train_flop = per_token * tokens * 4.0 *
                     static_cast<double>(round.samples) *
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
                      const std::optional<LladaConfig>& model,
                      uint64_t stored_bytes) {
  const config::v1::Schedule& schedule = run.schedule();
  DerivedNumbers numbers;
  numbers.groups = schedule.groups_per_round();
  numbers.group_size = schedule.group_size();
  numbers.completions = numbers.groups * numbers.group_size;
  numbers.canvas_tokens =
      numbers.completions * run.rollout().decode().canvas_tokens();
  numbers.steps = uint64_t{schedule.iterations()} * schedule.minibatches();
  numbers.step_completions =
      numbers.completions / std::max(1u, schedule.minibatches());
  numbers.samples = SamplesPerCompletion(run);
  numbers.step_tokens = numbers.step_completions * numbers.samples *
                        run.rollout().decode().canvas_tokens();
  if (run.run().stop().rounds() > 0) {
    numbers.all_steps = run.run().stop().rounds() * numbers.steps;
  }
  numbers.lag_rounds = schedule.max_staleness();
  numbers.open_tickets = numbers.groups * (numbers.lag_rounds + 1);
  numbers.lag_steps = numbers.lag_rounds * numbers.steps + numbers.steps - 1;
  if (run.checkpoint().every_rounds() > 0) {
    numbers.replay_rounds = run.checkpoint().every_rounds();
  }
  if (model) numbers.model = DeriveModel(run, numbers, *model, stored_bytes);
  return numbers;
}

std::string DerivedText(const DerivedNumbers& numbers) {
  std::string out = absl::StrCat(
      numbers.groups, " groups x ", numbers.group_size, " = ",
      numbers.completions, " completions and at most ", numbers.canvas_tokens,
      " tokens per round, ", numbers.steps, " steps; tickets ",
      numbers.open_tickets, "; lag <= ", numbers.lag_rounds,
      " rounds, <= ", numbers.lag_steps, " steps\n");
  absl::StrAppend(&out, "step     ", numbers.step_completions,
                  " completions x ", numbers.samples,
                  " samples, canvases of at most ", numbers.step_tokens,
                  " tokens");
  if (numbers.all_steps) {
    absl::StrAppend(&out, "; ", *numbers.all_steps, " steps in all");
  }
  out += "\n";
  if (!numbers.model) return out;
  const DerivedNumbers::Model& model = *numbers.model;
  absl::StrAppend(&out, "model    ", CountText(model.parameters),
                  " parameters, ", CountText(model.trained), " trained; ",
                  SizeText(model.publication_bytes), " per publication\n");
  absl::StrAppend(&out, "memory   learner about ",
                  SizeText(model.learner_bytes), ", each worker about ",
                  SizeText(model.worker_bytes),
                  ", and some 300 MB of libraries each\n");
  if (model.parameters >= kLargeModel) {
    absl::StrAppend(&out, "gpu      in bfloat16 learner about ",
                    SizeText(model.learner_gpu_bytes), ", each worker about ",
                    SizeText(model.worker_gpu_bytes), "; on one GPU together ",
                    SizeText(model.learner_gpu_bytes + model.worker_gpu_bytes),
                    ", and 2 to 3 GB of libraries each\n");
  }
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
                                 {"step_completions", numbers.step_completions},
                                 {"samples", numbers.samples},
                                 {"step_tokens", numbers.step_tokens},
                                 {"open_tickets", numbers.open_tickets},
                                 {"lag_rounds", numbers.lag_rounds},
                                 {"lag_steps", numbers.lag_steps}};
  if (numbers.all_steps) json["all_steps"] = *numbers.all_steps;
  if (numbers.replay_rounds) json["replay_rounds"] = *numbers.replay_rounds;
  if (numbers.model) {
    const DerivedNumbers::Model& model = *numbers.model;
    json["parameters"] = model.parameters;
    json["trained_parameters"] = model.trained;
    json["publication_bytes"] = model.publication_bytes;
    json["sequence_tokens"] = model.sequence_tokens;
    json["learner_bytes"] = model.learner_bytes;
    json["worker_bytes"] = model.worker_bytes;
    json["learner_gpu_bytes"] = model.learner_gpu_bytes;
    json["worker_gpu_bytes"] = model.worker_gpu_bytes;
    json["decode_flop_per_round"] = model.decode_flop;
    json["train_flop_per_round"] = model.train_flop;
    json["decode_seconds_per_round"] = model.decode_seconds;
    json["train_seconds_per_round"] = model.train_seconds;
  }
  return json.dump();
}

}  // namespace mdrl
