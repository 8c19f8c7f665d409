#include "services/learner/ledger/chain.h"

#include "common/base/hash.h"

namespace mdrl {

Digest BatchSha256(std::span<const Digest> contents) {
  Sha256 hash;
  hash.U64(contents.size());
  for (const Digest& content : contents) hash.Bytes(content);
  return hash.Finish();
}

Digest ChainStart(const Digest& base_model_hash, uint64_t seed,
                  const Digest& config_sha256) {
  return Sha256()
      .String("mdrl.chain.v1")
      .Bytes(base_model_hash)
      .U64(seed)
      .Bytes(config_sha256)
      .Finish();
}

Digest ChainAfterStep(const Digest& previous, uint64_t step,
                      const Digest& batch_sha256,
                      const ChunkHash& params_hash) {
  return Sha256()
      .Bytes(previous)
      .U64(step)
      .Bytes(batch_sha256)
      .Bytes(params_hash)
      .Finish();
}

Digest ChainAfterConfig(const Digest& previous, const Digest& config_sha256) {
  return Sha256()
      .String("mdrl.chain.config.v1")
      .Bytes(previous)
      .Bytes(config_sha256)
      .Finish();
}

}  // namespace mdrl
