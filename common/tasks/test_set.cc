#include "common/tasks/test_set.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/tasks/check_truth.h"
#include "common/tasks/prompt_maker.h"
#include "common/tasks/sort.h"
#include "common/tasks/text_lines.h"

namespace mdrl {
namespace {

constexpr std::string_view kCsvHeader = "Puzzle,Solution";

absl::Status Bad(const std::string& what) {
  return absl::InvalidArgumentError(what);
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\"");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\"") - first + 1);
}

// "" where `key` is absent.
absl::StatusOr<std::string> TextOf(const nlohmann::json& object,
                                   const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::string();
  if (!found->is_string()) {
    return Bad(absl::StrCat("\"", key, "\" must be a string"));
  }
  return found->get<std::string>();
}

absl::StatusOr<Prompt> FromCsv(std::string_view line, std::string id,
                               bool& several) {
  const size_t comma = line.find(',');
  if (comma == std::string_view::npos) return Bad("no comma in the line");
  MDRL_ASSIGN_OR_RETURN(const Sudoku4Truth truth,
                        MakeSudoku4Truth(Trimmed(line.substr(0, comma)),
                                         Trimmed(line.substr(comma + 1))));
  several = truth.several_solutions;
  return Sudoku4Prompt(truth, std::move(id));
}

absl::StatusOr<Prompt> FromJson(std::string_view line, std::string_view task,
                                std::string id, bool& several) {
  const auto object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return Bad("not a JSON object");
  if (task == "sort") {
    MDRL_ASSIGN_OR_RETURN(const std::string digits, TextOf(object, "digits"));
    MDRL_RETURN_IF_ERROR(WithContext(CheckSortDigits(digits), "digits"));
    return SortPrompt(digits, std::move(id));
  }
  MDRL_ASSIGN_OR_RETURN(const std::string puzzle, TextOf(object, "puzzle"));
  MDRL_ASSIGN_OR_RETURN(const std::string solution, TextOf(object, "solution"));
  MDRL_ASSIGN_OR_RETURN(const Sudoku4Truth truth,
                        MakeSudoku4Truth(puzzle, solution));
  several = truth.several_solutions;
  return Sudoku4Prompt(truth, std::move(id));
}

}  // namespace

absl::StatusOr<PromptFile> ParseTestSet(std::string_view text,
                                        std::string_view task,
                                        std::string_view where) {
  // The other tasks have no form of their own.
  if (task != "sudoku4" && task != "sort") {
    return ParsePromptFile(text, task, where);
  }
  // Spreadsheets put a byte-order mark in front.
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  PromptFile out;
  const bool csv = task == "sudoku4" && Trimmed(text).substr(0, 1) != "{";
  bool header = csv;
  MDRL_RETURN_IF_ERROR(
      ForEachLine(text, where, [&](std::string_view line) -> absl::Status {
        if (header) {
          header = false;
          if (line == kCsvHeader) return absl::OkStatus();
          return Bad(absl::StrCat("neither a JSON object nor the header ",
                                  std::string(kCsvHeader)));
        }
        bool several = false;
        std::string id = absl::StrCat(out.prompts.size() + 1);
        auto prompt = csv ? FromCsv(line, std::move(id), several)
                          : FromJson(line, task, std::move(id), several);
        if (!prompt.ok()) return prompt.status();
        out.several_solutions += several ? 1 : 0;
        prompt->index = out.prompts.size();
        out.prompts.push_back(*std::move(prompt));
        return absl::OkStatus();
      }));
  if (out.prompts.empty()) {
    return Bad(absl::StrCat(std::string(where), ": there is no puzzle"));
  }
  return out;
}

absl::StatusOr<PromptFile> ReadTestSet(const std::filesystem::path& file,
                                       std::string_view task) {
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, 64u << 20));
  return ParseTestSet(text, task, file.string());
}

}  // namespace mdrl
