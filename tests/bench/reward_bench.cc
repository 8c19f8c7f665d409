// Verdicts per second: in process on one thread by task, and through gRPC in
// batches of six with a few calls under way.
//
//   build/default/bin/reward_bench                     # ../shared/data, or
//   MDRL_DATA_DIR=tests/golden/data build/default/bin/reward_bench
//
// The texts are what LLaDA-8B-Instruct wrote at 256 tokens; the truths are read
// beforehand, as the service reads one per group. CPU time is the number to
// read on a machine that does other work as well.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "common/base/log.h"
#include "common/format/file.h"
#include "common/net/channel.h"
#include "common/net/grpc_server.h"
#include "common/tasks/score_lines.h"
#include "common/wire/score_wire.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "services/reward/reward_service.h"
#include "services/reward/rubric.h"

namespace mdrl {
namespace {

constexpr size_t kBatch = 6;

struct Line {
  std::string truth;
  std::string text;
};

std::vector<Line> Read(const std::string& task, const std::string& name) {
  const char* folder = std::getenv("MDRL_DATA_DIR");
  const std::filesystem::path path =
      std::filesystem::path(folder == nullptr ? "../shared/data" : folder) /
      ("llada8b_" + name + "_gen256.jsonl");
  const auto text = ReadFile(path, 64u << 20);
  MDRL_CHECK(text.ok()) << text.status();
  std::vector<Line> out;
  std::istringstream in(*text);
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line);
    const auto truth = TruthOfPublished(
        task, json["question"].get<std::string>(), json["ground_truth"].dump());
    MDRL_CHECK(truth.ok()) << truth.status();
    out.push_back({*truth, json["generation"]});
  }
  return out;
}

void BM_InProcess(benchmark::State& state, const char* task, const char* name,
                  const char* rubric_name) {
  const auto rubric = Rubric::Create(task, rubric_name, {});
  MDRL_CHECK(rubric.ok()) << rubric.status();
  const std::vector<Line> lines = Read(task, name);
  std::vector<Rubric::Judge> judges;
  int64_t bytes = 0;
  for (const Line& line : lines) {
    judges.push_back(*rubric->For(line.truth));
    bytes += static_cast<int64_t>(line.text.size());
  }
  for (auto _ : state) {
    for (size_t i = 0; i < lines.size(); ++i) {
      benchmark::DoNotOptimize(judges[i](lines[i].text));
    }
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<int64_t>(lines.size()));
  state.SetBytesProcessed(state.iterations() * bytes);
}
BENCHMARK_CAPTURE(BM_InProcess, gsm8k, "gsm8k", "gsm8k", "spg.train");
BENCHMARK_CAPTURE(BM_InProcess, math, "math", "math500", "spg.train");
BENCHMARK_CAPTURE(BM_InProcess, countdown, "countdown", "countdown",
                  "spg.train");
BENCHMARK_CAPTURE(BM_InProcess, sudoku4, "sudoku4", "sudoku", "spg.train");
BENCHMARK_CAPTURE(BM_InProcess, gsm8k_eval, "gsm8k", "gsm8k", "eval");
BENCHMARK_CAPTURE(BM_InProcess, math_eval, "math", "math500", "eval");
BENCHMARK_CAPTURE(BM_InProcess, countdown_eval, "countdown", "countdown",
                  "eval");
BENCHMARK_CAPTURE(BM_InProcess, sudoku4_eval, "sudoku4", "sudoku", "eval");

// One prompt with six texts, as a worker sends it.
std::vector<v1::ScoreRequest> Requests() {
  const std::vector<Line> lines = Read("gsm8k", "gsm8k");
  std::vector<v1::ScoreRequest> out;
  for (size_t at = 0; at + kBatch <= lines.size(); at += kBatch) {
    ScoreRequest request;
    request.prompt.task = "gsm8k";
    request.prompt.truth = lines[at].truth;
    request.rubric = "spg.train";
    for (size_t i = 0; i < kBatch; ++i) {
      request.texts.push_back({static_cast<uint32_t>(i), lines[at + i].text});
    }
    out.push_back(ToProto(request));
  }
  return out;
}

// Each caller makes its calls one after another.
void BM_Grpc(benchmark::State& state) {
  VerifierPool pool({.threads = 2, .queue = 64});
  RewardService service(&pool);
  GrpcServer::Options serving;
  serving.listen = "127.0.0.1:0";
  const auto server = GrpcServer::Start(serving, {&service});
  MDRL_CHECK(server.ok()) << server.status();
  const auto channel = MakeChannel((*server)->address());
  MDRL_CHECK(channel.ok()) << channel.status();
  const auto stub = v1::RewardService::NewStub(*channel);
  const std::vector<v1::ScoreRequest> requests = Requests();
  const auto callers = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    std::vector<std::thread> threads;
    for (size_t caller = 0; caller < callers; ++caller) {
      threads.emplace_back([&, caller] {
        for (size_t i = caller; i < requests.size(); i += callers) {
          grpc::ClientContext context;
          v1::ScoreResponse response;
          const grpc::Status status =
              stub->Score(&context, requests[i], &response);
          MDRL_CHECK(status.ok()) << status.error_message();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<int64_t>(requests.size() * kBatch));
  (*server)->Shutdown(absl::Seconds(5));
  pool.Close();
}
BENCHMARK(BM_Grpc)
    ->ArgName("callers")
    ->Arg(1)
    ->Arg(4)
    ->Arg(8)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mdrl

BENCHMARK_MAIN();
