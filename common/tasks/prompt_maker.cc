#include "common/tasks/prompt_maker.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/hash.h"
#include "common/base/philox.h"
#include "common/base/status_macros.h"
#include "common/tasks/countdown.h"
#include "common/tasks/sort.h"
#include "common/tasks/sudoku9.h"

namespace mdrl {
namespace {

constexpr uint64_t kMaxCount = 1'000'000;
// Beside the streams of common/base/philox.h, which belong to a run.
constexpr Stream kMaking = static_cast<Stream>(7);
constexpr uint32_t kForPrompt = 0;
constexpr uint32_t kForDemonstration = 1;

uint64_t KeyOf(const MakeOptions& options) {
  const Digest digest = Sha256()
                            .String("mdrl.make")
                            .String(options.task)
                            .String(SplitName(options.split))
                            .Finish();
  std::array<uint8_t, 16> id;
  std::copy_n(digest.bytes.begin(), id.size(), id.begin());
  return PhiloxKey(options.seed, /*purpose=*/0, id);
}

PhiloxSequence Numbers(uint64_t key, uint64_t item, uint32_t use) {
  return PhiloxSequence(key, kMaking, static_cast<uint32_t>(item), use, 0);
}

Prompt BarePrompt(std::string_view task, std::string_view digits,
                  std::string truth, std::string id) {
  Prompt out;
  out.task = std::string(task);
  out.turns = {{"user", absl::StrCat("<bos>", std::string(digits), "<sep>")}};
  out.truth = std::move(truth);
  out.id = std::move(id);
  return out;
}

// sudoku4-train-1-17: enough to make this very prompt again.
std::string IdOf(const MakeOptions& options, uint64_t item) {
  return absl::StrCat(options.task, "-", std::string(SplitName(options.split)),
                      "-", options.seed, "-", item);
}

struct Item {
  Prompt prompt;
  std::string answer;
};

// What one draw needs. `random` is the prompt's, `shown` its demonstration's.
struct Draw {
  const MakeOptions& options;
  std::string id;
  PhiloxSequence random;
  PhiloxSequence shown;
};

Item MakeSort(Draw draw) {
  const std::string digits = DrawSort(draw.options.split, draw.random);
  return {SortPrompt(digits, draw.id), ShuffledAnswer(digits, draw.shown)};
}

Item MakeSudoku4(Draw draw) {
  const Sudoku4Puzzle drawn = DrawSudoku4(draw.options.split, draw.random);
  const bool careless = draw.shown.NextUniform() < draw.options.careless;
  return {Sudoku4Prompt({drawn.puzzle, drawn.solution}, draw.id),
          ToText(careless ? CarelessAnswer(drawn.puzzle) : drawn.solution)};
}

Item MakeSudoku9(Draw draw) {
  SudokuTruth drawn = DrawSudoku9(draw.options.split, draw.random);
  const std::string truth =
      absl::StrCat("{\"puzzle\":\"", drawn.puzzle, "\",\"solution\":\"",
                   drawn.solution, "\"}");
  return {BarePrompt("sudoku9", drawn.puzzle, truth, draw.id),
          std::move(drawn.solution)};
}

Item MakeCountdown(Draw draw) {
  CountdownProblem drawn = DrawCountdown(draw.options.split, draw.random);
  return {CountdownPrompt(drawn.truth, draw.id), std::move(drawn.expression)};
}

struct Generator {
  std::string_view task;
  Item (*make)(Draw draw);
};
constexpr Generator kGenerators[] = {{"countdown", MakeCountdown},
                                     {"sort", MakeSort},
                                     {"sudoku4", MakeSudoku4},
                                     {"sudoku9", MakeSudoku9}};

const Generator* FindGenerator(std::string_view task) {
  for (const Generator& generator : kGenerators) {
    if (generator.task == task) return &generator;
  }
  return nullptr;
}

absl::Status Check(const MakeOptions& options) {
  if (FindGenerator(options.task) == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no generator for \"", options.task,
                     "\"; there are ", absl::StrJoin(GeneratedTasks(), ", ")));
  }
  if (options.count < 1 || options.count > kMaxCount) {
    return absl::InvalidArgumentError(absl::StrCat(
        "count is ", options.count, "; it must be from 1 to ", kMaxCount));
  }
  if (!(options.careless >= 0.0 && options.careless <= 1.0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "careless is ", options.careless, "; it must be from 0 to 1"));
  }
  if (options.careless > 0.0 && options.task != "sudoku4") {
    return absl::InvalidArgumentError(absl::StrCat(
        "careless answers exist for sudoku4 only, not for ", options.task));
  }
  return absl::OkStatus();
}

Item MakeItem(const MakeOptions& options, uint64_t key, uint64_t i) {
  return FindGenerator(options.task)
      ->make({options, IdOf(options, i), Numbers(key, i, kForPrompt),
              Numbers(key, i, kForDemonstration)});
}

}  // namespace

std::vector<std::string> GeneratedTasks() {
  std::vector<std::string> out;
  for (const Generator& generator : kGenerators) {
    out.emplace_back(generator.task);
  }
  return out;
}

absl::StatusOr<std::vector<Prompt>> MakePrompts(const MakeOptions& options) {
  MDRL_RETURN_IF_ERROR(Check(options));
  const uint64_t key = KeyOf(options);
  std::vector<Prompt> out;
  for (uint64_t i = 0; i < options.count; ++i) {
    out.push_back(MakeItem(options, key, i).prompt);
    out.back().index = i;
  }
  return out;
}

absl::StatusOr<std::vector<Demonstration>> MakeDemonstrations(
    const MakeOptions& options) {
  MDRL_RETURN_IF_ERROR(Check(options));
  const uint64_t key = KeyOf(options);
  std::vector<Demonstration> out;
  for (uint64_t i = 0; i < options.count; ++i) {
    Item item = MakeItem(options, key, i);
    out.push_back({item.prompt.turns[0].text, std::move(item.answer)});
  }
  return out;
}

Prompt CountdownPrompt(const CountdownTruth& truth, std::string id) {
  Prompt out;
  out.task = "countdown";
  out.turns = {
      {"user", absl::StrCat("Numbers: [", absl::StrJoin(truth.numbers, ", "),
                            "]\nTarget: ", truth.target)}};
  out.truth = ToJson(truth);
  out.id = std::move(id);
  return out;
}

Prompt Sudoku4Prompt(const Sudoku4Truth& truth, std::string id) {
  return BarePrompt("sudoku4", ToText(truth.puzzle), ToJson(truth),
                    std::move(id));
}

Prompt SortPrompt(std::string_view digits, std::string id) {
  return BarePrompt("sort", digits, SortTruthJson(digits), std::move(id));
}

}  // namespace mdrl
