#include "client/launch/prometheus.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/launch/guarded_exec.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;

// For one answer of a process on this machine.
constexpr timeval kPatience = {.tv_sec = 1, .tv_usec = 0};

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Closes its descriptor.
struct Socket {
  Socket() : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd >= 0) close(fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  const int fd;
};

// Whether GET /-/ready is answered with 200.
bool IsReady(uint16_t port) {
  const Socket client;
  if (client.fd < 0) return false;
  setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  const sockaddr_in address = Loopback(port);
  if (connect(client.fd, reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    return false;
  }
  constexpr std::string_view kRequest =
      "GET /-/ready HTTP/1.0\r\nHost: localhost\r\n\r\n";
  if (send(client.fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(kRequest.size())) {
    return false;
  }
  std::array<char, 12> answer;  // "HTTP/1.0 200"
  const ssize_t got =
      recv(client.fd, answer.data(), answer.size(), MSG_WAITALL);
  return got == static_cast<ssize_t>(answer.size()) &&
         std::string_view(answer.data(), answer.size()).ends_with(" 200");
}

}  // namespace

absl::StatusOr<fs::path> FindPrometheus(
    const std::map<std::string, std::string>& environment) {
  const auto path = environment.find("PATH");
  if (path != environment.end()) {
    for (const auto folder : absl::StrSplit(path->second, ':')) {
      const fs::path program = fs::path(std::string(folder)) / "prometheus";
      if (access(program.c_str(), X_OK) == 0) return program;
    }
  }
  return absl::NotFoundError(
      "--prometheus needs the program prometheus, which is not on the PATH: "
      "apt-get install --no-install-recommends prometheus, or leave the flag "
      "out");
}

fs::path PrometheusFolder(const fs::path& run_folder) {
  return run_folder / "prometheus";
}

fs::path ScrapeTargetsFile(const fs::path& run_folder) {
  return PrometheusFolder(run_folder) / "targets" / "mdrl.json";
}

absl::Status WritePrometheusFiles(const fs::path& run_folder) {
  for (const auto& [name, text] : ShippedPrometheusFiles()) {
    const fs::path file = PrometheusFolder(run_folder) / name;
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) {
      return absl::UnavailableError(absl::StrCat(
          "cannot make ", file.parent_path().string(), ": ", error.message()));
    }
    MDRL_RETURN_IF_ERROR(WriteFileAtomically(file, text));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint16_t> FreeLoopbackPort() {
  const Socket probe;
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (probe.fd < 0 ||
      bind(probe.fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      getsockname(probe.fd, reinterpret_cast<sockaddr*>(&address), &size) !=
          0) {
    return absl::ErrnoToStatus(errno, "no free port on loopback");
  }
  return ntohs(address.sin_port);
}

Service PrometheusService(const ServicePlan& plan, const fs::path& program,
                          uint16_t port) {
  const fs::path folder = PrometheusFolder(plan.run_folder);
  Service service;
  service.child.name = "prometheus";
  service.child.argv = {
      (plan.binaries / "mdrlctl").string(),
      kRunGuarded,
      absl::StrCat(plan.parent),
      program.string(),
      absl::StrCat("--config.file=", (folder / "prometheus.yml").string()),
      absl::StrCat("--storage.tsdb.path=", (folder / "data").string()),
      absl::StrCat("--web.listen-address=127.0.0.1:", port),
      absl::StrCat("--web.console.templates=", (folder / "consoles").string()),
      absl::StrCat("--web.console.libraries=", (folder / "consoles").string()),
      "--log.level=warn"};
  service.child.environment = plan.environment;
  service.child.log = plan.run_folder / "logs" / "prometheus.log";
  service.answers = [port] { return IsReady(port); };
  return service;
}

std::string ConsoleUrl(uint16_t port) {
  return absl::StrCat("http://127.0.0.1:", port, "/consoles/mdrl.html");
}

}  // namespace mdrl
