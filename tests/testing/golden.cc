#include "tests/testing/golden.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "common/base/log.h"

namespace mdrl {

std::vector<std::filesystem::path> GoldenFolders() {
  const char* named = std::getenv("MDRL_GOLDEN_DIR");
  if (named != nullptr && *named != '\0') return {named};
  std::vector<std::filesystem::path> out;
  for (const char* folder : {"tests/golden", "../shared/golden"}) {
    if (std::filesystem::is_directory(folder)) out.emplace_back(folder);
  }
  return out;
}

std::vector<std::filesystem::path> GoldenFoldersOf(std::string_view kind) {
  std::vector<std::filesystem::path> out;
  for (const std::filesystem::path& folder : GoldenFolders()) {
    if (std::filesystem::is_directory(folder / kind)) {
      out.push_back(folder / kind);
    }
  }
  return out;
}

nlohmann::json ReadJson(const std::filesystem::path& path) {
  std::ifstream in(path);
  MDRL_CHECK(in.good()) << "cannot read " << path;
  nlohmann::json out = nlohmann::json::parse(in, nullptr, false);
  MDRL_CHECK(!out.is_discarded()) << path << " is no JSON";
  return out;
}

std::string TestName(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  }
  return out;
}

void PrintNotCovered(const std::vector<std::string>& covered) {
  for (const std::filesystem::path& folder : GoldenFolders()) {
    std::vector<std::string> kinds;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.is_directory()) kinds.push_back(entry.path().filename());
    }
    std::sort(kinds.begin(), kinds.end());
    const auto print_missing = [&folder](const char* word, const auto& from,
                                         const auto& in) {
      for (const std::string& kind : from) {
        if (std::find(in.begin(), in.end(), kind) == in.end()) {
          std::cout << word << folder.string() << ": " << kind << "\n";
        }
      }
    };
    print_missing("not covered: ", kinds, covered);
    print_missing("absent: ", covered, kinds);
  }
}

}  // namespace mdrl
