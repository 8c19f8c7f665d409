#include "common/format/adapter_base_hash.h"

#include "common/base/hash.h"
#include "common/base/status_macros.h"

namespace mdrl {

absl::StatusOr<Digest> AdapterBaseModelHash(const ModelFolder& folder) {
  Sha256 hash;
  hash.String(CanonicalConfigJson(folder.config()));
  for (const std::string& name : folder.names()) {
    MDRL_ASSIGN_OR_RETURN(const TensorView view, folder.Find(name));
    hash.String(name).String(view.dtype).U64(view.shape.size());
    for (const uint64_t size : view.shape) hash.U64(size);
    hash.Bytes(Xxh3(view.bytes));
  }
  return hash.Finish();
}

}  // namespace mdrl
