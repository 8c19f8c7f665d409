#include "common/base/log.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace mdrl {
namespace {

LogOptions& Options() {
  static LogOptions* const options = new LogOptions;
  return *options;
}

const char* Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

// A JSON string with quotes. Bytes above 0x7f pass through: input is UTF-8.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
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
  return out + "\"";
}

void Put(std::string& line, std::string_view key, std::string_view value) {
  if (Options().format == LogFormat::kJson) {
    line += line.empty() ? "{" : ",";
    line += Quoted(key) + ":" + Quoted(value);
    return;
  }
  if (!line.empty()) line += ' ';
  line.append(key).append("=");
  const bool plain =
      !value.empty() && value.find_first_of(" \"\n=") == std::string_view::npos;
  line += plain ? std::string(value) : Quoted(value);
}

}  // namespace

void ConfigureLog(LogOptions options) { Options() = std::move(options); }

void Log(LogLevel level, std::string_view event, std::string_view text,
         LogFields fields) {
  const LogOptions& options = Options();
  if (level < options.level) return;
  std::string line;
  Put(line, "ts",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(),
                       absl::UTCTimeZone()));
  Put(line, "level", Name(level));
  if (!options.role.empty()) Put(line, "role", options.role);
  if (!options.run.empty()) Put(line, "run", options.run);
  Put(line, "event", event);
  for (const auto& [key, value] : fields) Put(line, key, value);
  Put(line, "text", text);
  if (options.format == LogFormat::kJson) line += '}';
  line += '\n';
  // A log that cannot be written has nowhere to complain.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

namespace internal {

CheckFailure::CheckFailure(const char* file, int line, const char* condition) {
  stream_ << file << ":" << line << ": CHECK failed: " << condition << " ";
}

CheckFailure::~CheckFailure() {
  const std::string text = stream_.str();
  Log(LogLevel::kError, "check_failed", text);
  std::abort();
}

}  // namespace internal
}  // namespace mdrl
