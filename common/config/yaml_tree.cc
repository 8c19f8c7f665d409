#include "common/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

// The schema is 4 deep. yaml-cpp itself stops at 500.
constexpr int kMaxDepth = 32;
constexpr size_t kMaxBytes = 1 << 20;
constexpr size_t kMaxNodes = 100'000;

absl::Status AtLine(int line, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line, ": ", std::string(what)));
}

// Bytes of the well-formed UTF-8 sequence at the start of `s`, 0 if there is
// none.
size_t Utf8Length(std::string_view s) {
  const auto byte = [&s](size_t i) { return static_cast<uint8_t>(s[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t n = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || s.size() < n) return 0;
  for (size_t i = 1; i < n; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) >= 0xA0) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) >= 0x90) return 0;
  return n;
}

// yaml-cpp takes any bytes and turns bad ones into replacement characters.
absl::Status CheckText(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the text has ", text.size(),
                     " bytes; a configuration has at most ", kMaxBytes));
  }
  int line = 1;
  for (size_t i = 0; i < text.size();) {
    const size_t n = Utf8Length(text.substr(i));
    if (n == 0) return AtLine(line, "not valid UTF-8");
    const auto c = static_cast<uint8_t>(text[i]);
    if (c == 0x7F || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) {
      return AtLine(line, absl::StrCat("control character ", int{c},
                                       "; write text only"));
    }
    if (c == '\n') ++line;
    i += n;
  }
  return absl::OkStatus();
}

// Builds the tree; remembers the first thing that a configuration may not have.
class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(mark, "", anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "an alias (*name); write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    YamlNode* node = Add(mark, tag, anchor);
    if (node == nullptr) return;
    node->kind = YamlNode::Kind::kScalar;
    node->text = value;
    node->quoted = tag == "!";
    if (!node->quoted && (value.empty() || value == "~" || value == "null")) {
      node->kind = YamlNode::Kind::kNull;
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

  const absl::Status& status() const { return status_; }
  YamlNode TakeRoot() { return std::move(root_); }

 private:
  struct Level {
    YamlNode node;
    bool key_is_next = true;
    YamlNode key;
  };

  void Refuse(const YAML::Mark& mark, std::string_view what) {
    if (status_.ok()) {
      status_ = AtLine(mark.line + 1, absl::StrCat("a configuration has no ",
                                                   std::string(what)));
    }
  }

  bool Admit(const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      Refuse(mark, "anchors (&name); write the value out");
    } else if (!tag.empty() && tag != "?" && tag != "!") {
      Refuse(mark, absl::StrCat("tags (", tag, "); leave it out"));
    } else if (++nodes_ > kMaxNodes) {
      Refuse(mark, absl::StrCat("more than ", kMaxNodes, " values"));
    }
    return status_.ok();
  }

  // A new null node at the current place; valid until the next event.
  YamlNode* Add(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor) {
    if (!Admit(mark, tag, anchor)) return nullptr;
    YamlNode node;
    node.line = mark.line + 1;
    return Put(std::move(node));
  }

  YamlNode* Put(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    Level& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
      return &parent.node.items.back();
    }
    if (parent.key_is_next) {
      parent.key_is_next = false;
      parent.key = std::move(node);
      return &parent.key;
    }
    parent.key_is_next = true;
    // People look for the key; a section's first line is the one below it.
    node.line = parent.key.line;
    parent.node.entries.emplace_back(std::move(parent.key), std::move(node));
    return &parent.node.entries.back().second;
  }

  void Open(const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (!Admit(mark, tag, anchor)) return;
    if (open_.size() >= kMaxDepth) {
      Refuse(mark, absl::StrCat("more than ", kMaxDepth, " levels"));
      return;
    }
    Level opened;
    opened.node.kind = kind;
    opened.node.line = mark.line + 1;
    open_.push_back(std::move(opened));
  }

  void Close() {
    // After a refusal openings are not recorded any more, nor are closings.
    if (!status_.ok() || open_.empty()) return;
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Put(std::move(node));
  }

  absl::Status status_;
  YamlNode root_;
  std::vector<Level> open_;
  size_t nodes_ = 0;
};

}  // namespace

absl::StatusOr<YamlNode> ParseYaml(std::string_view text) {
  if (absl::Status status = CheckText(text); !status.ok()) return status;
  std::istringstream stream{std::string(text)};
  TreeBuilder builder;
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (!builder.status().ok()) return builder.status();
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      return absl::InvalidArgumentError(
          "more than one YAML document (---); a configuration is one");
    }
  } catch (const YAML::Exception& e) {
    // A refusal of ours came first and says more.
    if (!builder.status().ok()) return builder.status();
    return AtLine(e.mark.line + 1, absl::StrCat("not YAML: ", e.msg));
  }
  return builder.TakeRoot();
}

}  // namespace mdrl
