#include "common/net/ready_line.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace mdrl {

std::string FormatReadyLine(const ReadyLine& ready) {
  nlohmann::ordered_json addresses;
  addresses["rpc"] = ready.rpc;
  if (!ready.metrics.empty()) addresses["metrics"] = ready.metrics;
  nlohmann::ordered_json line;
  line["ready"] = addresses;
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::Status PrintReadyLine(const ReadyLine& ready) {
  if (std::puts(FormatReadyLine(ready).c_str()) < 0 ||
      std::fflush(stdout) != 0) {
    return absl::UnavailableError(absl::StrCat(
        "the ready line cannot be written to stdout: ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::StatusOr<ReadyLine> ParseReadyLine(std::string_view line) {
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  const auto no_ready_line = [&] {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected {\"ready\":{\"rpc\":ADDRESS}}, got \"",
        absl::string_view(line.data(), line.size()).substr(0, 80), "\""));
  };
  if (!parsed.is_object() || !parsed.contains("ready") ||
      !parsed["ready"].is_object()) {
    return no_ready_line();
  }
  const auto& addresses = parsed["ready"];
  ReadyLine ready;
  for (const auto& [key, into] :
       {std::pair{"rpc", &ready.rpc}, std::pair{"metrics", &ready.metrics}}) {
    if (!addresses.contains(key)) continue;
    if (!addresses[key].is_string()) return no_ready_line();
    *into = addresses[key].get<std::string>();
  }
  if (ready.rpc.empty()) return no_ready_line();
  return ready;
}

}  // namespace mdrl
