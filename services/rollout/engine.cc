#include "services/rollout/engine.h"

#include <algorithm>

#include "common/base/status_macros.h"

namespace mdrl {

absl::StatusOr<bool> RowsIgnoreCompany(const LoadedPolicy& policy,
                                       const Lease& lease, uint32_t max_rows,
                                       const StepWatch& watch) {
  // One forward per block: the shapes are the lease's, the work is not.
  std::vector<Lease> leases(std::max<uint32_t>(max_rows, 2), lease);
  for (size_t i = 0; i < leases.size(); ++i) {
    leases[i].group_size = 1;
    leases[i].philox_key = lease.philox_key + i;
    leases[i].decode.decode_steps =
        lease.decode.canvas_tokens / std::max(1u, lease.decode.block_tokens);
    // Company must differ, or equal rows would hide a mix-up.
    if (!leases[i].prompt_tokens.empty()) {
      std::rotate(
          leases[i].prompt_tokens.begin(),
          leases[i].prompt_tokens.begin() + i % leases[i].prompt_tokens.size(),
          leases[i].prompt_tokens.end());
    }
  }
  std::vector<const Lease*> rows;
  for (const Lease& row : leases) rows.push_back(&row);

  MDRL_ASSIGN_OR_RETURN(const auto alone,
                        policy.Decode(std::span(rows).first(1), watch));
  for (const size_t company : {size_t{2}, size_t{7}, rows.size()}) {
    if (company > rows.size()) continue;
    MDRL_ASSIGN_OR_RETURN(const auto among,
                          policy.Decode(std::span(rows).first(company), watch));
    const Completion& a = alone.front().front();
    const Completion& b = among.front().front();
    if (a.tokens != b.tokens || a.reveal_step != b.reveal_step ||
        a.confidence != b.confidence) {
      return false;
    }
  }
  return true;
}

}  // namespace mdrl
