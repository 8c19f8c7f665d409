// The hash chain over the steps of a run: two runs are equal up to a step iff
// their chains are.
//
// Pure functions. Byte layout: docs/protocol.md, section 2.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_CHAIN_H_
#define MDRL_SERVICES_LEARNER_LEDGER_CHAIN_H_

#include <cstdint>
#include <span>

#include "common/base/id.h"

namespace mdrl {

// What a round trains on: the content hashes of its groups in order of place,
// as a list.
Digest BatchSha256(std::span<const Digest> contents);

// Before the first step: SHA-256("mdrl.chain.v1", base_model_hash, u64 seed,
// config_sha256 of what affects results).
Digest ChainStart(const Digest& base_model_hash, uint64_t seed,
                  const Digest& config_sha256);

// SHA-256(previous chain, u64 step, batch_sha256, params_hash).
Digest ChainAfterStep(const Digest& previous, uint64_t step,
                      const Digest& batch_sha256, const ChunkHash& params_hash);

// A changed configuration enters: SHA-256("mdrl.chain.config.v1", previous
// chain, config_sha256).
Digest ChainAfterConfig(const Digest& previous, const Digest& config_sha256);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_CHAIN_H_
