// Serves a registry's metrics as text on http://ADDRESS/metrics.
//
//   Registry registry({.max_series = options.metrics.max_series});
//   ... everything that counts is made ...
//   MDRL_ASSIGN_OR_RETURN(const auto metrics,
//                         MetricsServer::Start(options.metrics.listen,
//                         registry));
//   PrintReadyLine({server->address(), metrics->address()});
//
// prometheus-cpp's exposer with two threads of its own; the only file that
// knows it. Read-only and without TLS: numbers, never prompts or completions.
// Thread-safe. End it before what the registry's refreshes touch.
#ifndef MDRL_COMMON_NET_METRICS_SERVER_H_
#define MDRL_COMMON_NET_METRICS_SERVER_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/metrics/registry.h"
#include "common/record/group.h"

namespace mdrl {

class MetricsServer {
 public:
  // Listening when it returns. `listen`: HOST:PORT, port 0 for a free one.
  // `registry` outlives the server. FailedPrecondition PORT_IN_USE,
  // InvalidArgument CONFIGURATION: the address, or more closed series than
  // metrics.max_series.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const std::string& listen, Registry& registry);
  // Waits for scrapes that are under way.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // With the real port.
  const std::string& address() const { return address_; }

 private:
  class Exposed;
  MetricsServer(std::unique_ptr<Exposed> exposed, std::string address);

  std::unique_ptr<Exposed> exposed_;
  const std::string address_;
};

// What mdrl_build_info says of a process. This build has no TLS: insecure.
void DescribeBuild(const Build& build, std::string_view sandbox,
                   Registry& registry);

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_METRICS_SERVER_H_
