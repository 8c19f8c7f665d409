#include "common/config/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

std::string Refusal(const std::string& text) {
  const auto tree = ParseYaml(text);
  return tree.ok() ? "not refused" : std::string(tree.status().message());
}

std::string Repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(YamlTreeTest, KeepsOrderLinesAndQuotes) {
  const auto tree = ParseYaml("b: \"1\"\n\na: [x, ~]\n");
  ASSERT_TRUE(tree.ok()) << tree.status();
  ASSERT_EQ(tree->entries.size(), 2u);
  EXPECT_EQ(tree->entries[0].first.text, "b");
  EXPECT_TRUE(tree->entries[0].second.quoted);
  EXPECT_EQ(tree->entries[1].first.line, 3);
  EXPECT_FALSE(tree->entries[1].second.items[0].quoted);
  EXPECT_EQ(tree->entries[1].second.items[1].kind, YamlNode::Kind::kNull);
}

TEST(YamlTreeTest, AnEmptyTextIsNothing) {
  EXPECT_EQ(ParseYaml("")->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(ParseYaml("# only a comment\n")->kind, YamlNode::Kind::kNull);
}

TEST(YamlTreeTest, AnAliasBombIsRefusedAtItsFirstAnchor) {
  EXPECT_EQ(Refusal("a: &x [1]\nb: [*x, *x]\n"),
            "line 1: a configuration has no anchors (&name); write the value "
            "out");
  EXPECT_THAT(Refusal("a: *x\n"), HasSubstr("line 1"));
}

TEST(YamlTreeTest, DeepNestingIsRefused) {
  EXPECT_THAT(Refusal(Repeated("[", 40) + Repeated("]", 40)),
              HasSubstr("more than 32 levels"));
  EXPECT_NE(Refusal(Repeated("[", 200'000)), "not refused");
  EXPECT_NE(Refusal(Repeated("{a: ", 100'000)), "not refused");
  EXPECT_NE(Refusal(Repeated("- ", 100'000)), "not refused");
}

TEST(YamlTreeTest, BytesThatAreNoTextAreRefusedWithTheirLine) {
  EXPECT_EQ(Refusal("a: 1\nb: \xff\n"), "line 2: not valid UTF-8");
  EXPECT_EQ(Refusal("a: \xc0\x80\n"), "line 1: not valid UTF-8");
  EXPECT_EQ(Refusal(std::string("a: \0", 4)),
            "line 1: control character 0; write text only");
}

TEST(YamlTreeTest, TagsAndSecondDocumentsAreRefused) {
  EXPECT_EQ(Refusal("a: !!int 3\n"),
            "line 1: a configuration has no tags (tag:yaml.org,2002:int); "
            "leave it out");
  EXPECT_EQ(Refusal("a: 1\n---\nb: 2\n"),
            "more than one YAML document (---); a configuration is one");
}

TEST(YamlTreeTest, HugeTextsAreRefused) {
  EXPECT_THAT(Refusal(std::string((1 << 20) + 1, ' ')),
              HasSubstr("a configuration has at most"));
  EXPECT_THAT(Refusal("[" + Repeated("1,", 150'000) + "]"),
              HasSubstr("more than 100000 values"));
}

}  // namespace
}  // namespace mdrl
