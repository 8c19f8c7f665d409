#include "common/config/check_config.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/config/check_algorithm.h"
#include "common/config/check_timeouts.h"
#include "common/config/derived.h"
#include "common/config/value_text.h"

namespace mdrl {
namespace {

using config::v1::Decode;
using config::v1::Run;
using Findings = std::vector<ConfigFinding>;

constexpr std::array<std::string_view, 4> kCompat = {
    "published_block_law", "published_wd1_batch", "ignore_unmatched_targets",
    "published_math_format"};
constexpr size_t kCompatHere = 3;
// common/tasks/prompt_maker.h has them.
constexpr std::array<std::string_view, 4> kGenerators = {
    "sudoku4", "sort", "countdown", "sudoku9"};

template <size_t N>
bool Among(const std::array<std::string_view, N>& words,
           const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <size_t N>
std::string List(const std::array<std::string_view, N>& words) {
  return absl::StrJoin(words, ", ", [](std::string* out, std::string_view w) {
    out->append(w);
  });
}

template <size_t N>
void CheckWord(const std::array<std::string_view, N>& words, size_t here,
               const std::string& key, const std::string& word, Findings* out) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) {
    out->push_back({key, absl::StrCat("\"", word, "\" is unknown; known are ",
                                      List(words))});
  } else if (static_cast<size_t>(found - words.begin()) >= here) {
    out->push_back({key, absl::StrCat(word, " is not in this build")});
  }
}

void CheckRunSection(const Run& run, Findings* out) {
  const std::string& name = run.run().name();
  const bool well_formed =
      name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
      });
  if (!well_formed) {
    out->push_back({"run.name", absl::StrCat("\"", name,
                                             "\" must be 1 to 40 of a-z, 0-9 "
                                             "and -")});
  }
  for (int i = 0; i < run.run().devices_size(); ++i) {
    if (run.run().devices(i) == "cpu") continue;
    out->push_back({absl::StrCat("run.devices[", i, "]"),
                    absl::StrCat("\"", run.run().devices(i),
                                 "\" is not in this build; it computes on "
                                 "cpu")});
  }
}

void CheckModel(const Run& run, Findings* out) {
  using config::v1::Model;
  if (run.model().family() == Model::LLADA2) {
    out->push_back({"model.family", "llada2 is not in this build"});
  }
  if (run.model().dtype() == Model::BFLOAT16) {
    out->push_back({"model.dtype",
                    "bfloat16 is not in this build; auto keeps the stored "
                    "type and computes in float32"});
  }
  if (!run.lora().enabled()) return;
  if (run.model().init() == Model::RANDOM) {
    out->push_back({"lora.enabled",
                    "must be false with model.init random: an adapter belongs "
                    "to a base that every worker can read"});
  }
  if (run.lora().dropout() > 0) {
    out->push_back({"lora.dropout",
                    "must be 0: the passes of a step must see the same "
                    "adapter"});
  }
}

void CheckMake(const config::v1::Make& make, const std::string& key,
               const std::string& task, Findings* out) {
  if (!Among(kGenerators, task)) {
    out->push_back({key, absl::StrCat("there is no generator for \"", task,
                                      "\"; there are ", List(kGenerators))});
  }
  if (make.careless() > 0 && task != "sudoku4") {
    out->push_back({key + ".careless", "is for sudoku4 only"});
  }
}

bool MayTrainOn(const config::v1::Make& make) {
  return make.split() != config::v1::Make::TEST;
}

void CheckSft(const Run& run, Findings* out) {
  for (int i = 0; i < run.sft_size(); ++i) {
    const config::v1::SftStage& stage = run.sft(i);
    const std::string key = absl::StrCat("sft[", i, "]");
    if (stage.source_case() == config::v1::SftStage::SOURCE_NOT_SET) {
      out->push_back({key, "needs data: FILE or make: {task, count, ...}"});
    }
    if (stage.has_make()) {
      CheckMake(stage.make(), key + ".make", stage.make().task(), out);
      if (!MayTrainOn(stage.make())) {
        out->push_back({key + ".make.split",
                        "a stage must not learn from the test split"});
      }
    }
    if (stage.warmup_steps() >= stage.steps() && stage.warmup_steps() > 0) {
      out->push_back(
          {key + ".warmup_steps",
           absl::StrCat(stage.warmup_steps(), " must be less than the stage's ",
                        stage.steps(), " steps")});
    }
  }
}

void CheckSubmit(const Run& run, Findings* out) {
  std::set<std::string> names;
  for (int i = 0; i < run.submit_size(); ++i) {
    const config::v1::Submit& set = run.submit(i);
    const std::string key = absl::StrCat("submit[", i, "]");
    const std::string& name = set.name().empty() ? set.task() : set.name();
    if (!names.insert(name).second) {
      out->push_back(
          {key + ".name", absl::StrCat("\"", name, "\" stands here twice")});
    }
    if (!run.tasks().contains(set.task())) {
      out->push_back(
          {key + ".task", absl::StrCat("tasks has no \"", set.task(), "\"")});
    }
    if (set.source_case() == config::v1::Submit::SOURCE_NOT_SET) {
      out->push_back({key, "needs file: FILE or make: {count, ...}"});
    }
    if (!set.has_make()) continue;
    CheckMake(set.make(), key + ".make", set.task(), out);
    if (!set.make().task().empty() && set.make().task() != set.task()) {
      out->push_back(
          {key + ".make.task", absl::StrCat("differs from the set's task ",
                                            set.task(), "; leave it out")});
    }
    if (set.make().careless() > 0) {
      out->push_back({key + ".make.careless",
                      "is for sft: a prompt's truth is never careless"});
    }
    if (!set.held_out() && !MayTrainOn(set.make())) {
      out->push_back({key + ".held_out",
                      "must be true: the test split is not trained on"});
    }
  }
}

// What may be wrong with any way to decode. `key` is where its keys stand.
void CheckDecode(const Decode& decode, const std::string& key, Findings* out) {
  const uint32_t canvas = decode.canvas_tokens();
  const uint32_t block = decode.block_tokens();
  if (canvas % block != 0) {
    out->push_back(
        {key + ".canvas_tokens",
         absl::StrCat(canvas, " is not a multiple of block_tokens ", block)});
  } else if (decode.decode_steps() < canvas / block) {
    out->push_back({key + ".decode_steps",
                    absl::StrCat(decode.decode_steps(), " is fewer than the ",
                                 canvas / block,
                                 " blocks of the canvas; each "
                                 "needs a step")});
  }
}

void CheckRollout(const Run& run, Findings* out) {
  const Decode& decode = run.rollout().decode();
  const std::string key = "rollout.decode";
  CheckDecode(decode, key, out);
  if (decode.cache() == Decode::BLOCK_CAUSAL) {
    out->push_back({key + ".cache",
                    "block_causal is not in this build; none, prefix and dual "
                    "are"});
  } else if (decode.cfg_scale() > 0 && decode.cache() != Decode::NONE) {
    out->push_back(
        {key + ".cfg_scale", "must be 0.0 with a cache: guidance has none"});
  }
  for (int i = 0; i < decode.forbid_size(); ++i) {
    const std::string& word = decode.forbid(i);
    if (word == "mask" || word == "eos" || word == "pad" ||
        ParseUnsigned(word)) {
      continue;
    }
    out->push_back({absl::StrCat(key, ".forbid[", i, "]"),
                    absl::StrCat("\"", word,
                                 "\" is neither a token id nor one of mask, "
                                 "eos, pad")});
  }
  if (run.policy().swap_at() != config::v1::Policy::GROUP) {
    out->push_back({"policy.swap_at", "only group is in this build"});
  }
  if (run.reward().on_service_error() != config::v1::Reward::HOLD) {
    out->push_back({"reward.on_service_error", "only hold is in this build"});
  }
  for (const auto& [name, task] : run.tasks()) {
    const bool good = task.template_() == "tagged" ||
                      task.template_().find('{') != std::string::npos;
    if (!task.has_template_() || good) continue;
    out->push_back({absl::StrCat("tasks.", name, ".template"),
                    "is neither tagged nor words with a placeholder such as "
                    "{prompt}; auto takes the turns as they are"});
  }
}

void CheckCompat(const Run& run, Findings* out) {
  for (int i = 0; i < run.compat_size(); ++i) {
    if (run.compat(i) == "attend_padding") {
      out->push_back({absl::StrCat("compat[", i, "]"),
                      "attend_padding has no place in a run: no forward of it "
                      "mixes prompt lengths, so nothing is padded; mdrlctl "
                      "generate has it"});
      continue;
    }
    CheckWord(kCompat, kCompatHere, absl::StrCat("compat[", i, "]"),
              run.compat(i), out);
  }
}

void CheckTraining(const Run& run, Findings* out) {
  const config::v1::Optimizer& optimizer = run.optimizer();
  if (optimizer.name() != "adamw") {
    out->push_back({"optimizer.name", absl::StrCat("\"", optimizer.name(),
                                                   "\" is unknown; there is "
                                                   "adamw")});
  }
  if (optimizer.warmup_ratio() > 0 && optimizer.warmup_steps() > 0) {
    out->push_back(
        {"optimizer.warmup_steps", "excludes warmup_ratio; give one of them"});
  }
  const config::v1::Schedule& schedule = run.schedule();
  if (schedule.order() == config::v1::Schedule::ARRIVAL) {
    out->push_back(
        {"schedule.order", "arrival is not in this build; fixed_lag is"});
  }
  // It has no advantage to compare: it weighs by the reward itself.
  const bool alone = run.algorithm().name() == "dtm";
  if (schedule.group_size() < 2 && !alone) {
    out->push_back({"schedule.group_size",
                    "must be at least 2: an advantage compares the "
                    "completions of one prompt"});
  }
  if (schedule.groups_per_round() % schedule.minibatches() != 0) {
    out->push_back({"schedule.minibatches",
                    absl::StrCat(schedule.minibatches(),
                                 " does not divide groups_per_round ",
                                 schedule.groups_per_round())});
  }
  const Decode& decode = run.rollout().decode();
  if (decode.temperature() == 0 && decode.reveal() != Decode::RANDOM &&
      schedule.group_size() > 1) {
    out->push_back({"rollout.decode.temperature",
                    "must be above 0.0: else all completions of a group are "
                    "equal and nothing is learnt"});
  }
}

void CheckEvaluation(const Run& run, Findings* out) {
  const std::vector<Decode> decodes = EvaluationDecodes(run);
  for (size_t i = 0; i < decodes.size(); ++i) {
    if (run.evaluation().decode_size() == 0) break;  // rollout.decode's own
    CheckDecode(decodes[i], absl::StrCat("evaluation.decode[", i, "]"), out);
  }
  const auto& sets = run.evaluation().sets();
  const std::string& best = run.evaluation().best_by();
  if (best != "mean" &&
      std::find(sets.begin(), sets.end(), best) == sets.end()) {
    out->push_back(
        {"evaluation.best_by", absl::StrCat("\"", best,
                                            "\" is neither mean nor one of "
                                            "evaluation.sets")});
  }
}

void CheckSecurity(const Run& run, Findings* out) {
  if (!run.security().insecure()) {
    out->push_back({"security.insecure",
                    "must be true: TLS is not in this build, and RPC without "
                    "it runs on loopback only",
                    true});
    return;
  }
  const auto check = [out](const std::string& key, const std::string& address) {
    if (IsLoopback(address)) return;
    out->push_back({key,
                    absl::StrCat("\"", address,
                                 "\" is not a loopback address; without TLS "
                                 "only 127.0.0.1, [::1], localhost and "
                                 "unix:PATH are allowed"),
                    true});
  };
  check("run.listen", run.run().listen());
  check("reward.listen", run.reward().listen());
  check("rollout.peers.learner", run.rollout().peers().learner());
  for (int i = 0; i < run.rollout().peers().reward_size(); ++i) {
    check(absl::StrCat("rollout.peers.reward[", i, "]"),
          run.rollout().peers().reward(i));
  }
}

}  // namespace

std::vector<ConfigFinding> CheckConfig(const Run& run) {
  Findings out;
  CheckRunSection(run, &out);
  CheckSubmit(run, &out);
  CheckModel(run, &out);
  CheckSft(run, &out);
  CheckRollout(run, &out);
  CheckAlgorithm(run, &out);
  CheckCompat(run, &out);
  CheckTraining(run, &out);
  CheckEvaluation(run, &out);
  CheckSecurity(run, &out);
  CheckTimeouts(run, &out);
  return out;
}

std::string FindingText(const ConfigFinding& finding,
                        const LoadedConfig& config) {
  const auto source = config.sources.find(finding.key);
  return absl::StrCat(
      source == config.sources.end() ? "" : source->second + ": ", finding.key,
      ": ", finding.message);
}

absl::Status RequireClean(const LoadedConfig& config) {
  const std::vector<ConfigFinding> findings = CheckConfig(config.run);
  if (findings.empty()) return absl::OkStatus();
  const std::string text =
      absl::StrJoin(findings, "\n",
                    [&config](std::string* out, const ConfigFinding& finding) {
                      out->append(FindingText(finding, config));
                    });
  const bool only_security = std::all_of(
      findings.begin(), findings.end(),
      [](const ConfigFinding& finding) { return finding.security; });
  return only_security
             ? ErrorWith(absl::StatusCode::kPermissionDenied,
                         reason::kInsecureAddress, findings[0].key, text)
             : ErrorWith(absl::StatusCode::kInvalidArgument,
                         reason::kConfiguration, findings[0].key, text);
}

}  // namespace mdrl
