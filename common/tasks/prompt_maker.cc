#include "common/tasks/prompt_maker.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/philox.h"
#include "common/base/status_macros.h"
#include "common/tasks/sort.h"

namespace mdrl {
namespace {

constexpr uint64_t kMaxCount = 1'000'000;
// Beside the streams of common/base/philox.h, which belong to a run.
constexpr Stream kMaking = static_cast<Stream>(7);
constexpr uint32_t kForPrompt = 0;
constexpr uint32_t kForDemonstration = 1;

absl::Status Check(const MakeOptions& options) {
  MDRL_RETURN_IF_ERROR(CheckTask(options.task));
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

Item MakeItem(const MakeOptions& options, uint64_t key, uint64_t i) {
  PhiloxSequence random = Numbers(key, i, kForPrompt);
  PhiloxSequence demonstration = Numbers(key, i, kForDemonstration);
  if (options.task == "sort") {
    const std::string digits = DrawSort(options.split, random);
    return {SortPrompt(digits, IdOf(options, i)),
            ShuffledAnswer(digits, demonstration)};
  }
  const Sudoku4Puzzle drawn = DrawSudoku4(options.split, random);
  const bool careless = demonstration.NextUniform() < options.careless;
  return {Sudoku4Prompt({drawn.puzzle, drawn.solution}, IdOf(options, i)),
          ToText(careless ? CarelessAnswer(drawn.puzzle) : drawn.solution)};
}

}  // namespace

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

Prompt Sudoku4Prompt(const Sudoku4Truth& truth, std::string id) {
  return BarePrompt("sudoku4", ToText(truth.puzzle), ToJson(truth),
                    std::move(id));
}

Prompt SortPrompt(std::string_view digits, std::string id) {
  return BarePrompt("sort", digits, SortTruthJson(digits), std::move(id));
}

}  // namespace mdrl
