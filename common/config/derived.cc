#include "common/config/derived.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mdrl {

using config::v1::Decode;

std::vector<Decode> EvaluationDecodes(const config::v1::Run& run) {
  std::vector<Decode> decodes;
  Decode base = run.rollout().decode();
  base.set_temperature(run.evaluation().temperature());
  for (const auto& change : run.evaluation().decode()) {
    Decode decode = base;
    if (change.has_canvas_tokens()) {
      decode.set_canvas_tokens(change.canvas_tokens());
    }
    if (change.has_block_tokens()) {
      decode.set_block_tokens(change.block_tokens());
    }
    if (change.has_decode_steps()) {
      decode.set_decode_steps(change.decode_steps());
    }
    decodes.push_back(decode);
  }
  if (decodes.empty()) decodes.push_back(base);
  return decodes;
}

bool HasCompat(const config::v1::Run& run, std::string_view word) {
  return std::find(run.compat().begin(), run.compat().end(), word) !=
         run.compat().end();
}

bool IsLoopback(const std::string& address) {
  if (absl::StartsWith(address, "unix:")) return true;
  const std::string host = address.substr(0, address.rfind(':'));
  if (host == "localhost" || host == "[::1]") return true;
  if (!absl::StartsWith(host, "127.")) return false;
  // Digits and dots only: 127.example.org is a name like any other.
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return absl::ascii_isdigit(c) || c == '.'; });
}

std::string RunFolder(const config::v1::Run& run) {
  return run.run().has_dir() ? run.run().dir()
                             : absl::StrCat("runs/", run.run().name());
}

absl::Duration ToAbslDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

}  // namespace mdrl
