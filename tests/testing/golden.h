// Where golden cases come from, and what of them no test covers yet.
//
// A golden folder holds one folder per kind: decode/, masks/, losses/, ...
// Tests list the folders at run time and register a test per case, so cases
// can be added without touching code.
#ifndef MDRL_TESTS_TESTING_GOLDEN_H_
#define MDRL_TESTS_TESTING_GOLDEN_H_

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mdrl {

// The folder named by MDRL_GOLDEN_DIR; if unset, tests/golden and, where it
// exists, ../shared/golden (relative to the source root, where tests run).
std::vector<std::filesystem::path> GoldenFolders();

// Those of GoldenFolders() that have `kind`, as FOLDER/kind.
std::vector<std::filesystem::path> GoldenFoldersOf(std::string_view kind);

// Aborts the test program, naming the file, if it is absent or no JSON.
nlohmann::json ReadJson(const std::filesystem::path& path);

// A test's name may hold letters, digits and '_' only.
std::string TestName(std::string_view text);

// Prints "not covered: FOLDER: KIND" for every kind in the golden folders that
// `covered` does not list, and "absent: FOLDER: KIND" the other way round.
// Never fails a test.
void PrintNotCovered(const std::vector<std::string>& covered);

}  // namespace mdrl

#endif  // MDRL_TESTS_TESTING_GOLDEN_H_
