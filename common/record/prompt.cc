#include "common/record/prompt.h"

#include <algorithm>
#include <cstdio>

#include "common/base/hash.h"

namespace mdrl {
namespace {

void PutString(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escaped[8];
          std::snprintf(escaped, sizeof(escaped), "\\u%04x", c);
          out += escaped;
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void PutField(std::string& out, std::string_view key, std::string_view value) {
  if (out.back() != '{') out += ',';
  PutString(out, key);
  out += ':';
  PutString(out, value);
}

}  // namespace

std::string CanonicalLine(const Prompt& prompt) {
  std::string out = "{";
  PutField(out, "id", prompt.id);
  PutField(out, "prefill", prompt.prefill);
  PutField(out, "task", prompt.task);
  PutField(out, "truth", prompt.truth);
  out += ",\"turns\":[";
  for (size_t i = 0; i < prompt.turns.size(); ++i) {
    out += i == 0 ? "{" : ",{";
    PutField(out, "role", prompt.turns[i].role);
    PutField(out, "text", prompt.turns[i].text);
    out += '}';
  }
  return out + "]}\n";
}

Digest PromptSetSha256(std::span<const Prompt> prompts) {
  Sha256 hash;
  for (const Prompt& prompt : prompts) hash.Bytes(CanonicalLine(prompt));
  return hash.Finish();
}

GroupId MakeGroupId(uint32_t purpose, const Digest& set_sha256, uint64_t index,
                    uint64_t occurrence) {
  const Digest digest = Sha256()
                            .String("mdrl.group.v1")
                            .U32(purpose)
                            .Bytes(set_sha256)
                            .U64(index)
                            .U64(occurrence)
                            .Finish();
  GroupId id;
  std::copy_n(digest.bytes.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

}  // namespace mdrl
