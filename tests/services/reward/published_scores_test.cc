// What LLaDA-8B-Instruct wrote, scored as the authors' own code scored it, line
// by line: twenty lines of each task from this tree, and all of them where
// ../shared/data is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "common/format/file.h"
#include "services/reward/command/score.h"

namespace mdrl {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr uint64_t kMaxBytes = 64u << 20;

std::vector<json> Lines(const std::string& text) {
  std::vector<json> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    out.push_back(json::parse(line));
  }
  return out;
}

bool IsSame(const json& ours, const json& theirs) {
  if (theirs.is_object()) {
    if (!ours.is_object() || ours.size() != theirs.size()) return false;
    for (const auto& [key, value] : theirs.items()) {
      if (!ours.contains(key) || !IsSame(ours[key], value)) return false;
    }
    return true;
  }
  if (theirs.is_number()) {
    return ours.is_number() &&
           std::fabs(ours.get<double>() - theirs.get<double>()) <= 1e-9;
  }
  return ours == theirs;
}

struct Published {
  const char* task;
  const char* name;   // llada8b_NAME_gen256
  const char* total;  // of all lines, as published
};

class PublishedScoresTest
    : public ::testing::TestWithParam<std::tuple<const char*, Published>> {};

TEST_P(PublishedScoresTest, EveryLineAndEveryTermIsThePublishedOne) {
  const auto& [folder, published] = GetParam();
  const std::string path =
      std::string(folder) + "/llada8b_" + published.name + "_gen256";
  if (!std::filesystem::exists(path + ".jsonl")) {
    GTEST_SKIP() << path << ".jsonl is absent: only the twenty lines of "
                 << "tests/golden/data are compared";
  }
  const auto text = ReadFile(path + ".jsonl", kMaxBytes);
  const auto expected = ReadFile(path + ".expected.jsonl", kMaxBytes);
  ASSERT_TRUE(text.ok() && expected.ok());
  const auto scored = ScoreLines({.task = published.task}, *text, path);
  ASSERT_TRUE(scored.ok()) << scored.status();
  const std::vector<json> ours = Lines(scored->lines);
  const std::vector<json> theirs = Lines(*expected);
  ASSERT_EQ(ours.size(), theirs.size());
  ASSERT_GE(ours.size(), 20u);
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_TRUE(IsSame(ours[i], theirs[i])) << "line " << i + 1 << ":\n"
                                            << ours[i] << "\n"
                                            << theirs[i];
  }
  if (ours.size() > 20) {
    EXPECT_THAT(ToText(scored->summary), HasSubstr(published.total));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Folders, PublishedScoresTest,
    ::testing::Combine(
        ::testing::Values("tests/golden/data", "../shared/data"),
        ::testing::Values(
            Published{"countdown", "countdown", "256 scored  50 correct"},
            Published{"gsm8k", "gsm8k", "1130 scored  880 correct"},
            Published{"math", "math500", "500 scored  162 correct"},
            Published{"sudoku4", "sudoku", "cells 137 of 2048"})),
    [](const auto& info) {
      return std::string(std::get<1>(info.param).task) +
             (info.index < 4 ? "TwentyLines" : "AllLines");
    });

// The original counts what stands behind the closing tag in that term.
TEST(PublishedScoresTest, D1CountsBehindTheClosingTag) {
  const std::string line =
      R"({"question":"","ground_truth":4,"generation":"a\n<answer>\n12345\n</answer>\nxy"})";
  const auto xmlcount = [&line](const char* rubric) {
    const auto scored =
        ScoreLines({.task = "gsm8k", .rubric = rubric}, line, "in");
    return Lines(scored->lines)[0]["rewards"]["xmlcount"].get<double>();
  };
  // Twice 0.125; then 18 + 2 characters, or 2 + 2, at a thousandth each.
  EXPECT_NEAR(xmlcount("spg.train"), 0.25 - 0.018 - 0.002, 1e-12);
  EXPECT_NEAR(xmlcount("d1.train"), 0.25 - 0.002 - 0.002, 1e-12);
}

TEST(PublishedScoresTest, TheOrderOfLinesChangesNoByte) {
  const auto text =
      ReadFile("tests/golden/data/llada8b_gsm8k_gen256.jsonl", kMaxBytes);
  ASSERT_TRUE(text.ok());
  std::vector<std::string> lines;
  std::istringstream in(*text);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  std::string reversed;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    reversed += *line;
  }
  const auto forth = ScoreLines({.task = "gsm8k"}, *text, "in");
  const auto back = ScoreLines({.task = "gsm8k"}, reversed, "in");
  std::vector<std::string> first, second;
  std::istringstream one(forth->lines), two(back->lines);
  for (std::string line; std::getline(one, line);) first.push_back(line);
  for (std::string line; std::getline(two, line);) second.push_back(line);
  std::reverse(second.begin(), second.end());
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace mdrl
