#include "common/net/call_metrics.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/support/server_interceptor.h>

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/log.h"

namespace mdrl {
namespace {

// "NOT_FOUND" as the label's value.
std::string CodeWord(grpc::StatusCode code) {
  return absl::AsciiStrToLower(
      absl::StatusCodeToString(static_cast<absl::StatusCode>(code)));
}

std::vector<const google::protobuf::MethodDescriptor*> MethodsOf(
    const std::vector<std::string>& services) {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const std::string& name : services) {
    const auto* service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name);
    MDRL_CHECK(service != nullptr) << "no service " << name;
    for (int i = 0; i < service->method_count(); ++i) {
      methods.push_back(service->method(i));
    }
  }
  return methods;
}

LabelSets RpcSet(const std::vector<std::string>& services) {
  std::vector<std::string> names;
  for (const auto* method : MethodsOf(services)) {
    names.push_back(method->name());
  }
  return {{"rpc", std::move(names)}};
}

}  // namespace

// One call, from its arrival to its end; gRPC deletes it then.
class CallMetrics::Call final : public grpc::experimental::Interceptor {
 public:
  Call(CallMetrics& metrics, const grpc::experimental::ServerRpcInfo& info)
      : metrics_(metrics),
        rpc_(NameOf(info)),
        streams_(info.type() != grpc::experimental::ServerRpcInfo::Type::UNARY),
        start_(Clock::Real().Now()) {
    Waiting().Add(1.0);
  }

  ~Call() override {
    Waiting().Add(-1.0);
    metrics_.calls_.At({rpc_, CodeWord(code_)}).Increment();
    metrics_.seconds_.At({rpc_}).Observe(Clock::Real().Now() - start_);
  }

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    using grpc::experimental::InterceptionHookPoints;
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      code_ = batch->GetSendStatus().error_code();
    }
    batch->Proceed();
  }

 private:
  static std::string NameOf(const grpc::experimental::ServerRpcInfo& info) {
    const std::string method = info.method();
    return method.substr(method.rfind('/') + 1);
  }
  Gauge& Waiting() const {
    return (streams_ ? metrics_.streams_ : metrics_.parked_).At({rpc_});
  }

  CallMetrics& metrics_;
  const std::string rpc_;
  const bool streams_;
  const absl::Time start_;
  // Without a status the caller went away first.
  grpc::StatusCode code_ = grpc::StatusCode::CANCELLED;
};

class CallMetrics::Factory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(CallMetrics& metrics) : metrics_(metrics) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    if (!metrics_.methods_.contains(info->method())) return nullptr;
    return new Call(metrics_, *info);
  }

 private:
  CallMetrics& metrics_;
};

CallMetrics::CallMetrics(Registry& registry,
                         const std::vector<std::string>& services)
    : calls_(registry.AddCounters("mdrl_grpc_server_calls_total",
                                  RpcSet(services))),
      seconds_(
          registry.AddHistograms("mdrl_grpc_server_seconds", RpcSet(services))),
      parked_(registry.AddGauges("mdrl_grpc_parked", RpcSet(services))),
      streams_(registry.AddGauges("mdrl_grpc_streams", RpcSet(services))) {
  for (const auto* method : MethodsOf(services)) {
    methods_.insert(
        absl::StrCat("/", method->service()->full_name(), "/", method->name()));
  }
}

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
CallMetrics::MakeFactory() {
  return std::make_unique<Factory>(*this);
}

}  // namespace mdrl
