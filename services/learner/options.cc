#include "services/learner/options.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/config/check_config.h"
#include "common/config/derived.h"
#include "common/config/enum_word.h"
#include "common/config/load_config.h"
#include "common/config/print_config.h"
#include "common/tasks/check_truth.h"
#include "mdrl/config/v1/run.pb.h"
#include "services/learner/algorithm_options.h"

namespace mdrl {
namespace {

OptimizerSettings::Decay ToDecay(config::v1::Decay decay) {
  switch (decay) {
    case config::v1::LINEAR:
      return OptimizerSettings::Decay::kLinear;
    case config::v1::COSINE:
      return OptimizerSettings::Decay::kCosine;
    default:
      return OptimizerSettings::Decay::kConstant;
  }
}

OptimizerSettings ToOptimizer(const config::v1::Optimizer& from) {
  OptimizerSettings to;
  to.lr = from.lr();
  to.beta1 = from.betas(0);
  to.beta2 = from.betas(1);
  to.eps = from.eps();
  to.weight_decay = from.weight_decay();
  to.grad_clip = from.grad_clip();
  to.warmup_ratio = from.warmup_ratio();
  to.warmup_steps = from.warmup_steps();
  to.decay = ToDecay(from.decay());
  to.micro_batch_tokens = from.micro_batch_tokens();
  to.nonfinite_limit = from.nonfinite_limit();
  return to;
}

SftSettings ToSft(const config::v1::SftStage& from) {
  SftSettings to;
  to.data = from.data();
  to.steps = from.steps();
  to.batch = from.batch();
  to.optimizer.lr = from.lr();
  to.optimizer.beta1 = from.betas(0);
  to.optimizer.beta2 = from.betas(1);
  to.optimizer.weight_decay = from.weight_decay();
  to.optimizer.grad_clip = from.grad_clip();
  to.optimizer.warmup_steps = from.warmup_steps();
  to.optimizer.decay = ToDecay(from.decay());
  return to;
}

DecodeSettings ToDecode(const config::v1::Run& run) {
  const config::v1::Decode& from = run.rollout().decode();
  DecodeSettings to;
  to.canvas_tokens = from.canvas_tokens();
  to.block_tokens = from.block_tokens();
  to.decode_steps = from.decode_steps();
  to.temperature = static_cast<float>(from.temperature());
  // The enums of records and of the configuration have the same numbers.
  to.reveal = static_cast<Reveal>(from.reveal());
  to.threshold = to.reveal == Reveal::kThreshold
                     ? static_cast<float>(from.threshold())
                     : 0;
  to.cache = static_cast<DecodeCache>(from.cache());
  to.stop_at_eos = from.stop_at_eos();
  to.swap_at = static_cast<SwapAt>(run.policy().swap_at());
  to.cfg_scale = static_cast<float>(from.cfg_scale());
  return to;
}

std::optional<LoraRunSettings> ToLora(const config::v1::Run& run) {
  if (!run.lora().enabled()) return std::nullopt;
  LoraRunSettings to;
  to.rank = run.lora().rank();
  to.alpha = run.lora().alpha();
  to.targets.assign(run.lora().targets().begin(), run.lora().targets().end());
  to.ignore_unmatched_targets = HasCompat(run, "ignore_unmatched_targets");
  return to;
}

std::vector<DecodeSettings> ToEvaluationDecodes(const config::v1::Run& run) {
  std::vector<DecodeSettings> all;
  for (const auto& override : run.evaluation().decode()) {
    DecodeSettings decode = ToDecode(run);
    decode.temperature = static_cast<float>(run.evaluation().temperature());
    if (override.has_canvas_tokens()) {
      decode.canvas_tokens = override.canvas_tokens();
    }
    if (override.has_block_tokens()) {
      decode.block_tokens = override.block_tokens();
    }
    if (override.has_decode_steps()) {
      decode.decode_steps = override.decode_steps();
    }
    all.push_back(decode);
  }
  return all;
}

absl::StatusOr<std::map<std::string, PromptTemplate>> ToTemplates(
    const config::v1::Run& run) {
  std::map<std::string, PromptTemplate> out;
  for (const auto& [name, task] : run.tasks()) {
    if (!task.has_template_()) continue;
    const absl::StatusOr<PromptTemplate> words =
        PromptTemplate::Create(name, task.template_());
    if (!words.ok()) {
      return OrReason(WithContext(words.status(),
                                  absl::StrCat("tasks.", name, ".template")),
                      reason::kConfiguration);
    }
    out.emplace(name, *words);
  }
  return out;
}

DeskOptions ToDesk(const config::v1::Run& run) {
  DeskOptions desk;
  desk.seed = run.run().seed();
  // A worker is told what affects results by the leases; the rest it reads
  // from its own file.
  desk.rollout_config = run.rollout().SerializeAsString();
  desk.groups_per_round = run.schedule().groups_per_round();
  desk.group_size = run.schedule().group_size();
  desk.max_staleness = run.schedule().max_staleness();
  desk.rounds_limit = run.run().stop().rounds();
  desk.decode = ToDecode(run);
  for (const auto& [name, task] : run.tasks()) {
    TaskOptions& to = desk.tasks[name];
    to.rubric = task.rubric();
    to.eval_rubric = task.has_eval_rubric() ? task.eval_rubric()
                                            : EvalRubricOf(name, task.rubric());
    to.weights.insert(task.weights().begin(), task.weights().end());
    to.keep_text_after_eos = task.text_after_eos() == config::v1::Task::KEEP;
    if (task.has_failure_reward()) to.failure_reward = task.failure_reward();
  }
  desk.max_prompt_tokens = run.prompts().max_tokens();
  desk.truncate_left =
      run.prompts().over_length() == config::v1::Prompts::TRUNCATE_LEFT;
  desk.quarantine_after = run.prompts().quarantine_after();
  desk.max_attempts = run.prompts().max_attempts();
  desk.eval_decode = ToEvaluationDecodes(run);
  desk.eval_group_size = run.evaluation().group_size();
  desk.eval_share = run.evaluation().share();
  const config::v1::Timeouts& timeouts = run.timeouts();
  desk.heartbeat = ToAbslDuration(timeouts.heartbeat());
  desk.lease_for = ToAbslDuration(timeouts.lease());
  desk.stall = ToAbslDuration(timeouts.stall());
  desk.group_deadline = ToAbslDuration(timeouts.group_deadline());
  desk.warmup = ToAbslDuration(timeouts.warmup());
  return desk;
}

// Of what can change a number of the run: where processes listen, how often
// they write or how long they wait cannot.
// A file counts by its content, wherever it lies.
Digest ResultSha256(config::v1::Run run) {
  const uint64_t seed = run.run().seed();
  run.clear_run();
  run.mutable_run()->set_seed(seed);
  run.mutable_model()->clear_path();
  for (config::v1::SftStage& stage : *run.mutable_sft()) {
    std::ifstream in(stage.data(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    stage.set_data(Sha256Of(std::move(text).str()).ToHex());
  }
  run.clear_submit();
  run.clear_up();
  run.mutable_learner()->clear_measure_kl_rollout();
  run.clear_policy();
  run.clear_reward();
  run.clear_evaluation();
  run.clear_checkpoint();
  run.clear_ledger();
  run.clear_security();
  run.clear_metrics();
  run.clear_log();
  run.clear_timeouts();
  run.clear_watchdog();
  *run.mutable_rollout() = [&run] {
    config::v1::Rollout kept;
    *kept.mutable_decode() = run.rollout().decode();
    return kept;
  }();
  return Sha256Of(PrintConfig(run));
}

uint32_t LearnerThreads(const config::v1::Run& run) {
  if (run.learner().has_threads()) return run.learner().threads();
  const uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
  // With no staleness learner and workers take turns, so each may have all.
  return run.schedule().max_staleness() == 0 ? cores : std::max(1u, cores / 2);
}

}  // namespace

absl::StatusOr<LearnerOptions> LoadLearnerOptions(
    const LearnerOptions::Flags& flags) {
  LoadOptions load;
  load.path = flags.config;
  load.environment = ProcessEnvironment();
  MDRL_ASSIGN_OR_RETURN(const LoadedConfig loaded, LoadConfig(load));
  MDRL_RETURN_IF_ERROR(RequireClean(loaded));
  const config::v1::Run& run = loaded.run;

  LearnerOptions options;
  options.run_name = run.run().name();
  options.order = Word(run.schedule().order());
  options.metrics_listen = run.metrics().listen();
  options.max_series = run.metrics().max_series();
  options.run_dir = !flags.run_dir.empty() ? flags.run_dir
                    : run.run().has_dir()
                        ? run.run().dir()
                        : absl::StrCat("runs/", run.run().name());
  options.listen = flags.listen.empty() ? run.run().listen() : flags.listen;
  options.insecure = run.security().insecure();
  options.resume = flags.resume || run.run().resume() != "never";
  options.started = flags.started;
  options.explain_after = ToAbslDuration(run.watchdog().explain_after());
  options.alarm_after = ToAbslDuration(run.watchdog().alarm_after());
  options.exit_on_alarm =
      run.watchdog().on_alarm() == config::v1::Watchdog::EXIT;
  options.seed = run.run().seed();
  options.threads = LearnerThreads(run);
  // The enums of the log and of the configuration are in the same order.
  options.log_level = static_cast<LogLevel>(
      std::max(0, static_cast<int>(run.log().level()) - 1));
  options.log_format = run.log().format() == config::v1::Log::FORMAT_TEXT
                           ? LogFormat::kText
                           : LogFormat::kJson;
  options.config_text = PrintConfig(run);
  options.result_sha256 = ResultSha256(run);
  options.model_path = run.model().path();
  options.random_init = run.model().init() == config::v1::Model::RANDOM;
  options.lora = ToLora(run);
  for (const auto& stage : run.sft()) options.sft.push_back(ToSft(stage));
  options.algorithm = ToAlgorithm(run);
  options.optimizer = ToOptimizer(run.optimizer());
  options.iterations = run.schedule().iterations();
  options.minibatches = run.schedule().minibatches();
  options.skip_zero_spread = run.schedule().skip_zero_spread();
  options.measure_kl_rollout = run.learner().measure_kl_rollout();
  options.forbid.assign(run.rollout().decode().forbid().begin(),
                        run.rollout().decode().forbid().end());
  const auto& stop = run.run().stop();
  options.stop = {stop.rounds(), stop.steps(), stop.hours(), stop.after_sft()};
  const config::v1::Evaluation& evaluation = run.evaluation();
  options.evaluation.sets.assign(evaluation.sets().begin(),
                                 evaluation.sets().end());
  options.evaluation.every_rounds = evaluation.every_rounds();
  options.evaluation.at_start = evaluation.at_start();
  options.evaluation.at_end = evaluation.at_end();
  options.evaluation.max_prompts = evaluation.max_prompts();
  const config::v1::Checkpoint& checkpoint = run.checkpoint();
  options.checkpoint = {checkpoint.every_rounds(), checkpoint.keep_last(),
                        checkpoint.keep_every_rounds(), checkpoint.on_drain(),
                        checkpoint.on_sigterm()};
  options.commit_delay = ToAbslDuration(run.ledger().commit_delay());
  options.commit_events = run.ledger().commit_events();
  options.ledger_queue = run.ledger().queue();
  options.keep_events = run.ledger().keep_events();
  options.grace = ToAbslDuration(run.timeouts().grace());
  MDRL_ASSIGN_OR_RETURN(options.templates, ToTemplates(run));
  options.desk = ToDesk(run);
  return options;
}

absl::Status FitToContext(int64_t positions, LearnerOptions& options) {
  DeskOptions& desk = options.desk;
  const EvaluationSettings& evaluation = options.evaluation;
  int64_t canvas = desk.decode.canvas_tokens;
  if (evaluation.at_start || evaluation.at_end || evaluation.every_rounds > 0) {
    for (const DecodeSettings& decode : desk.eval_decode) {
      canvas = std::max<int64_t>(canvas, decode.canvas_tokens);
    }
  }
  if (canvas >= positions) {
    return absl::InvalidArgumentError(absl::StrCat(
        "canvas_tokens: a canvas of ", canvas, " leaves no room for a prompt: ",
        "the model's context has ", positions, " positions"));
  }
  desk.max_prompt_tokens = static_cast<uint32_t>(
      std::min<int64_t>(desk.max_prompt_tokens, positions - canvas));
  desk.context = static_cast<uint32_t>(positions);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint32_t>> ForbiddenIds(
    const std::vector<std::string>& words, int32_t mask_id, int32_t eos_id,
    int32_t pad_id, int64_t vocabulary) {
  std::vector<uint32_t> ids;
  for (const std::string& word : words) {
    int64_t id = -1;
    if (word == "mask") {
      id = mask_id;
    } else if (word == "eos") {
      id = eos_id;
    } else if (word == "pad") {
      id = pad_id;
    } else {
      const char* const end = word.data() + word.size();
      const auto parsed = std::from_chars(word.data(), end, id);
      if (parsed.ec != std::errc() || parsed.ptr != end) id = -1;
    }
    if (id < 0 || id >= vocabulary) {
      return absl::InvalidArgumentError(
          absl::StrCat("rollout.decode.forbid: '", word,
                       "' is neither mask, eos, pad nor a "
                       "token id below ",
                       vocabulary));
    }
    ids.push_back(static_cast<uint32_t>(id));
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace mdrl
