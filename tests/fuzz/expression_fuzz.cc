// Any bytes have a value or none, and what both rules take has one value.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/log.h"
#include "common/tasks/answer_truth.h"
#include "common/tasks/expression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto plain = mdrl::Evaluate(text, mdrl::Arithmetic::kPlain);
  const auto python = mdrl::Evaluate(text, mdrl::Arithmetic::kPython);
  if (plain && python) MDRL_CHECK(*plain == *python) << "the rules differ";
  for (const auto& value : {plain, python}) {
    MDRL_CHECK(!value || std::isfinite(value->ToDouble())) << "not finite";
  }
  const auto number = mdrl::ParsePlainNumber(text);
  MDRL_CHECK(!number || !std::isnan(*number)) << "not a number";
  return 0;
}
