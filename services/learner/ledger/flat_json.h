// Nested JSON as the flat object that an event's body is.
//
// {"reward": {"sort": {"mean": 0.5}}, "rows": [{"done": 3}]} becomes
// {"reward.sort.mean": 0.5, "rows.0.done": 3}: whoever watches gets numbers
// and words by one name each. Null and empty lists vanish. Pure.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_FLAT_JSON_H_
#define MDRL_SERVICES_LEARNER_LEDGER_FLAT_JSON_H_

#include <string>

#include "nlohmann/json_fwd.hpp"

namespace mdrl {

// An empty object if `text` is not a JSON object.
nlohmann::json FlatJson(const std::string& text);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_FLAT_JSON_H_
