#include "common/record/outcome.h"

namespace mdrl {

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kScored:
      return "scored";
    case Outcome::kUnparsable:
      return "unparsable";
    case Outcome::kProgramTimeout:
      return "program_timeout";
    case Outcome::kProgramMemory:
      return "program_memory";
    case Outcome::kProgramCrash:
      return "program_crash";
    case Outcome::kServiceError:
      return "service_error";
    case Outcome::kUnspecified:
      break;
  }
  return "unspecified";
}

std::string_view OutcomeLabel(Outcome outcome) {
  return OutcomeName(outcome == Outcome::kUnspecified ? Outcome::kServiceError
                                                      : outcome);
}

}  // namespace mdrl
