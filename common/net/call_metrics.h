// Counts what a gRPC server is asked: calls by answer, their time, and what
// waits.
//
//   CallMetrics calls(registry, {"mdrl.v1.RolloutService"});
//   GrpcServer::Start({.listen = ..., .calls = &calls}, {&door});
//
// A server interceptor. Thread-safe; outlives the server.
#ifndef MDRL_COMMON_NET_CALL_METRICS_H_
#define MDRL_COMMON_NET_CALL_METRICS_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/metrics/registry.h"

namespace grpc::experimental {
class ServerInterceptorFactoryInterface;
}

namespace mdrl {

class CallMetrics {
 public:
  // Counts the calls of these services, by full protobuf name; others (health)
  // are left alone. REQUIRES: services of proto/mdrl, whose calls have
  // different names.
  CallMetrics(Registry& registry, const std::vector<std::string>& services);

  // For one server.
  std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
  MakeFactory();

 private:
  class Factory;
  class Call;

  // "/mdrl.v1.RolloutService/Lease"
  std::set<std::string> methods_;
  Counters& calls_;
  Histograms& seconds_;
  Gauges& parked_;
  Gauges& streams_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_CALL_METRICS_H_
