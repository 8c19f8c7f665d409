#include "services/rollout/engine.h"

#include <algorithm>

#include "common/base/status_macros.h"

namespace mdrl {

absl::StatusOr<bool> RowsIgnoreCompany(const LoadedPolicy& policy,
                                       const Lease& lease, uint32_t max_rows,
                                       const StepWatch& watch) {
  // A forward or two per block: the shapes are the lease's, the work is not.
  std::vector<Lease> leases(std::max<uint32_t>(max_rows, 2), lease);
  for (size_t i = 0; i < leases.size(); ++i) {
    leases[i].group_size = 1;
    leases[i].philox_key = lease.philox_key + i;
    // Two where a cache is kept: the second forward of a block is another.
    leases[i].decode.decode_steps =
        lease.decode.canvas_tokens / std::max(1u, lease.decode.block_tokens) *
        (lease.decode.cache == DecodeCache::kNone ? 1 : 2);
    // A threshold takes as many steps as it likes.
    if (lease.decode.reveal == Reveal::kThreshold) {
      leases[i].decode.reveal = Reveal::kLowConfidence;
    }
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

  MDRL_ASSIGN_OR_RETURN(const auto all, policy.Decode(rows, watch));
  const auto same = [&all](const auto& part, size_t first) {
    for (size_t i = 0; i < part.size(); ++i) {
      const Completion& a = part[i].front();
      const Completion& b = all[first + i].front();
      if (a.tokens != b.tokens || a.reveal_step != b.reveal_step ||
          a.confidence != b.confidence) {
        return false;
      }
    }
    return true;
  };
  // Small companies, where kernels change, and a row from the end.
  for (const size_t company : {size_t{1}, size_t{2}, size_t{3}, size_t{7}}) {
    if (company > rows.size()) continue;
    MDRL_ASSIGN_OR_RETURN(const auto part,
                          policy.Decode(std::span(rows).first(company), watch));
    if (!same(part, 0)) return false;
  }
  MDRL_ASSIGN_OR_RETURN(const auto last,
                        policy.Decode(std::span(rows).last(1), watch));
  return same(last, rows.size() - 1);
}

}  // namespace mdrl
