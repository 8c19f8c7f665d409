#include "common/net/metrics_server.h"

#include <netdb.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/net/address.h"
#include "common/net/listen_probe.h"
#include "common/sync/mutex.h"

namespace mdrl {
namespace {

constexpr absl::Duration kKnockEvery = absl::Milliseconds(10);

prometheus::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

void FillHistogram(const MetricSpec& spec, const SeriesSample& from,
                   prometheus::ClientMetric::Histogram& to) {
  const std::vector<double>& bounds = BoundsOf(spec.range);
  uint64_t sum = 0;
  for (size_t i = 0; i < from.counts.size(); ++i) {
    sum += from.counts[i];
    const double bound =
        i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    to.bucket.push_back({sum, bound});
  }
  // The buckets' own, so that a scrape never contradicts itself.
  to.sample_count = sum;
  to.sample_sum = from.sum;
}

prometheus::ClientMetric ToClient(const MetricSpec& spec,
                                  const SeriesSample& from) {
  prometheus::ClientMetric to;
  for (size_t i = 0; i < spec.labels.size(); ++i) {
    to.label.push_back({std::string(spec.labels[i].name), from.labels[i]});
  }
  switch (spec.type) {
    case MetricType::kCounter:
      to.counter.value = from.value;
      break;
    case MetricType::kGauge:
      to.gauge.value = from.value;
      break;
    case MetricType::kHistogram:
      FillHistogram(spec, from, to.histogram);
      break;
  }
  return to;
}

// Connects and hangs up.
void Knock(const std::string& address) {
  const absl::StatusOr<Address> parsed = ParseAddress(address);
  if (!parsed.ok()) return;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(parsed->host.c_str(), absl::StrCat(parsed->port).c_str(),
                  &hints, &found) != 0) {
    return;
  }
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    // Nobody there is as good: then it has ended.
    (void)connect(fd, found->ai_addr, found->ai_addrlen);
    close(fd);
  }
  freeaddrinfo(found);
}

class RegistryView final : public prometheus::Collectable {
 public:
  explicit RegistryView(Registry& registry) : registry_(registry) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const MetricSamples& samples : registry_.Collect()) {
      if (samples.series.empty()) continue;
      prometheus::MetricFamily family;
      family.name = samples.spec->name;
      family.help = samples.spec->help;
      family.type = TypeOf(samples.spec->type);
      for (const SeriesSample& series : samples.series) {
        family.metric.push_back(ToClient(*samples.spec, series));
      }
      families.push_back(std::move(family));
    }
    return families;
  }

 private:
  Registry& registry_;
};

}  // namespace

// The exposer holds the view weakly and ends before it.
class MetricsServer::Exposed {
 public:
  // Throws what the exposer throws.
  Exposed(const std::string& listen, Registry& registry)
      : view_(std::make_shared<RegistryView>(registry)), exposer_(listen) {
    exposer_.RegisterCollectable(view_);
  }
  int port() const {
    const std::vector<int> ports = exposer_.GetListeningPorts();
    return ports.empty() ? 0 : ports.front();
  }

 private:
  const std::shared_ptr<RegistryView> view_;
  prometheus::Exposer exposer_;
};

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& listen, Registry& registry) {
  MDRL_RETURN_IF_ERROR(registry.CheckRoom());
  auto parsed = ParseAddress(listen);
  if (!parsed.ok()) return WithContext(parsed.status(), "metrics.listen");
  Address address = *std::move(parsed);
  if (address.IsUnix()) {
    return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kConfiguration,
                     "metrics.listen",
                     "metrics.listen: metrics are served on HOST:PORT only");
  }
  MDRL_RETURN_IF_ERROR(WithContext(ProbeListen(address), "metrics.listen"));
  std::unique_ptr<Exposed> exposed;
  try {
    exposed = std::make_unique<Exposed>(address.ToString(), registry);
  } catch (const std::exception& error) {
    // Taken between the question and the answer, most likely.
    MDRL_RETURN_IF_ERROR(WithContext(ProbeListen(address), "metrics.listen"));
    return absl::InternalError(absl::StrCat("metrics.listen: cannot serve on ",
                                            address.ToString(), ": ",
                                            error.what()));
  }
  address.port = static_cast<uint16_t>(exposed->port());
  return std::unique_ptr<MetricsServer>(
      new MetricsServer(std::move(exposed), address.ToString()));
}

MetricsServer::MetricsServer(std::unique_ptr<Exposed> exposed,
                             std::string address)
    : exposed_(std::move(exposed)), address_(std::move(address)) {}

// civetweb asks whether it shall stop only between two connections, or after
// two seconds without one: here they come.
MetricsServer::~MetricsServer() {
  Mutex mutex;
  Condition changed;
  bool ended = false;
  std::thread ending([&] {
    exposed_.reset();
    MutexLock lock(mutex);
    ended = true;
    changed.NotifyAll();
  });
  {
    MutexLock lock(mutex);
    while (!ended) {
      Knock(address_);
      changed.WaitFor(mutex, kKnockEvery);
    }
  }
  ending.join();
}

void DescribeBuild(const Build& build, std::string_view sandbox,
                   Registry& registry) {
  registry.AddGauges("mdrl_build_info")
      .At({build.version, build.git, build.torch, build.cuda,
           /*insecure=*/"true", sandbox})
      .Set(1.0);
}

}  // namespace mdrl
