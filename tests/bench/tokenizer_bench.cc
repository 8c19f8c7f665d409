// Encoding and decoding throughput, single thread.
//
//   build/release/bin/tokenizer_bench        (from the source root)
//
// The text is this repository's documentation. The tokenizer is the golden one,
// whose 480 tokens make nearly every word go through its merges: a published
// tokenizer finds most words whole. MDRL_BENCH_TOKENIZER and MDRL_BENCH_TEXT
// name other files.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "common/base/log.h"
#include "common/format/file.h"
#include "common/text/tokenizer.h"

namespace mdrl {
namespace {

std::string Named(const char* variable, const std::string& otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : value;
}

const Tokenizer& Subject() {
  static const std::unique_ptr<Tokenizer> tokenizer = [] {
    auto read = Tokenizer::Read(
        Named("MDRL_BENCH_TOKENIZER", "tests/golden/tokenizer/tokenizer.json"));
    MDRL_CHECK(read.ok()) << read.status();
    return *std::move(read);
  }();
  return *tokenizer;
}

const std::string& Text() {
  static const std::string text = [] {
    const std::string named = Named("MDRL_BENCH_TEXT", "");
    std::string out;
    if (named.empty()) {
      for (const auto& entry : std::filesystem::directory_iterator("docs")) {
        out += *ReadFile(entry.path());
      }
      while (out.size() < (1u << 20)) out += out;
    } else {
      out = *ReadFile(named);
    }
    return out;
  }();
  return text;
}

void Encode(benchmark::State& state) {
  const std::string text = Text().substr(0, state.range(0));
  for (auto _ : state) {
    const auto ids = Subject().Encode(text);
    if (!ids.ok())
      state.SkipWithError(std::string(ids.status().message()).c_str());
    benchmark::DoNotOptimize(ids);
  }
  state.SetBytesProcessed(state.iterations() * text.size());
}
// A prompt, and a text that no cache holds.
BENCHMARK(Encode)->Arg(1 << 10)->Arg(1 << 20)->Unit(benchmark::kMillisecond);

void Decode(benchmark::State& state) {
  const auto ids = Subject().Encode(Text().substr(0, 1 << 20));
  if (!ids.ok()) return state.SkipWithError("not encoded");
  size_t bytes = 0;
  for (auto _ : state) {
    const std::string text = Subject().Decode(*ids, /*skip_special=*/true);
    bytes = text.size();
    benchmark::DoNotOptimize(text);
  }
  state.SetBytesProcessed(state.iterations() * bytes);
}
BENCHMARK(Decode)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mdrl

BENCHMARK_MAIN();
