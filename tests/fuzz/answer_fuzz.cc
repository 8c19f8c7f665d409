// Any bytes are a text that every rubric can score: no crash, no hang, values
// within their ranges, the same verdict twice.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "services/reward/verify/registry.h"

namespace mdrl {
namespace {

std::string_view TruthOf(std::string_view task) {
  if (task == "countdown") return R"({"numbers":[1,2,3],"target":6})";
  if (task == "sort") return R"({"digits":"3141"})";
  if (task == "sudoku4") {
    return R"({"puzzle":"0310200404001043","solution":"4312213434211243"})";
  }
  if (task == "sudoku9") {
    return R"({"puzzle":"034678912672195348198342567859761423426853791713924856)"
           R"(961537284287419635345286179","solution":"5346789126721953481983425)"
           R"(67859761423426853791713924856961537284287419635345286179"})";
  }
  if (task == "humaneval" || task == "mbpp") {
    return R"-({"tests":"assert x()","entry":"x","prefix":"def x():\n"})-";
  }
  if (task == "python_tests") return R"-({"tests":"def test_x(): x()"})-";
  return R"({"answer":"1"})";
}

// Of a task that runs programs: the verdict of one that passes its tests.
Verify AsIfPassed(ProgramVerify program) {
  return [program = std::move(program)](std::string_view text) {
    const auto job = program.job(text);
    const ProgramResult passed = {
        .end = ProgramResult::End::kJudged, .passed = 1, .total = 1};
    return program.verdict(job ? &*job : nullptr, passed);
  };
}

Verify VerifyOf(const TaskEntry& task, const RubricEntry& rubric) {
  if (task.runs_programs) {
    auto program = rubric.prepare_program(TruthOf(task.name));
    MDRL_CHECK(program.ok()) << program.status();
    return AsIfPassed(*std::move(program));
  }
  auto verify = rubric.prepare(TruthOf(task.name));
  MDRL_CHECK(verify.ok()) << verify.status();
  return *std::move(verify);
}

struct Prepared {
  const RubricEntry* rubric;
  Verify verify;
};

const std::vector<Prepared>& AllRubrics() {
  static const std::vector<Prepared> all = [] {
    std::vector<Prepared> out;
    for (const TaskEntry* task : AllTasks()) {
      for (const RubricEntry& rubric : task->rubrics) {
        out.push_back({&rubric, VerifyOf(*task, rubric)});
      }
    }
    return out;
  }();
  return all;
}

void Check(std::string_view text) {
  for (const auto& [rubric, verify] : AllRubrics()) {
    const Verdict first = verify(text);
    const Verdict second = verify(text);
    MDRL_CHECK(first.values == second.values &&
               first.extracted == second.extracted)
        << "two verdicts differ";
    MDRL_CHECK(first.values.size() == rubric->components.size())
        << "not a value per component";
    for (size_t i = 0; i < first.values.size(); ++i) {
      const ComponentSpec& spec = rubric->components[i];
      MDRL_CHECK(std::isfinite(first.values[i]) &&
                 first.values[i] >= spec.least && first.values[i] <= spec.most)
          << std::string(spec.name) << " is " << first.values[i];
    }
  }
}

}  // namespace
}  // namespace mdrl

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  mdrl::Check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
