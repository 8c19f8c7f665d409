#include "common/wire/manifest_wire.h"

#include "common/base/status_macros.h"
#include "common/wire/fields.h"
#include "common/wire/packed.h"
#include "common/wire/serialise.h"

namespace mdrl {
namespace {

constexpr uint64_t kMostTotalBytes = 1ull << 44;
constexpr uint32_t kMostChunkBytes = 4u << 20;  // of one message
constexpr size_t kMostTensors = 1u << 17;
constexpr size_t kMostRank = 8;
constexpr size_t kMostCanaryTokens = 1u << 16;

v1::Manifest::Tensor WriteTensor(const TensorEntry& tensor) {
  v1::Manifest::Tensor wire;
  wire.set_name(tensor.name);
  wire.set_dtype(tensor.dtype);
  wire.mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
  wire.set_offset(tensor.offset);
  wire.set_bytes(tensor.bytes);
  return wire;
}

absl::StatusOr<TensorEntry> ReadTensor(const v1::Manifest::Tensor& wire) {
  MDRL_RETURN_IF_ERROR(CheckText(wire.name(), kMaxNameBytes, "name"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.dtype(), kMaxNameBytes, "dtype"));
  MDRL_RETURN_IF_ERROR(CheckCount(wire.shape_size(), kMostRank, "shape"));
  TensorEntry tensor;
  tensor.name = wire.name();
  tensor.dtype = wire.dtype();
  tensor.shape.assign(wire.shape().begin(), wire.shape().end());
  tensor.offset = wire.offset();
  tensor.bytes = wire.bytes();
  return tensor;
}

v1::Manifest::Canary WriteCanary(const Canary& canary) {
  v1::Manifest::Canary wire;
  wire.set_tokens_i32(PackI32(canary.tokens));
  wire.set_positions_i32(PackI32(canary.positions));
  wire.set_argmax_i32(PackI32(canary.argmax));
  wire.mutable_logp()->Add(canary.logp.begin(), canary.logp.end());
  wire.set_tolerance(canary.tolerance);
  return wire;
}

absl::StatusOr<Canary> ReadCanary(const v1::Manifest::Canary& wire) {
  Canary canary;
  MDRL_ASSIGN_OR_RETURN(
      canary.tokens, UnpackI32(wire.tokens_i32(),
                               Count::UpTo(kMostCanaryTokens), "tokens_i32"));
  MDRL_ASSIGN_OR_RETURN(
      canary.positions,
      UnpackI32(wire.positions_i32(), Count::UpTo(canary.tokens.size()),
                "positions_i32"));
  for (const int32_t position : canary.positions) {
    if (position < 0 || static_cast<size_t>(position) >= canary.tokens.size()) {
      return BadField("positions_i32",
                      absl::StrCat(position, " is no place of ",
                                   canary.tokens.size(), " tokens"));
    }
  }
  const size_t places = canary.positions.size();
  MDRL_ASSIGN_OR_RETURN(
      canary.argmax,
      UnpackI32(wire.argmax_i32(), Count::Exactly(places), "argmax_i32"));
  if (static_cast<size_t>(wire.logp_size()) != places) {
    return BadField("logp", absl::StrCat("has ", wire.logp_size(),
                                         " entries, not ", places));
  }
  for (const float logp : wire.logp()) {
    MDRL_RETURN_IF_ERROR(CheckFinite(logp, "logp"));
  }
  canary.logp.assign(wire.logp().begin(), wire.logp().end());
  MDRL_RETURN_IF_ERROR(CheckFinite(wire.tolerance(), "tolerance"));
  if (wire.tolerance() < 0) return BadField("tolerance", "is negative");
  canary.tolerance = wire.tolerance();
  return canary;
}

absl::Status ReadChunks(const v1::Manifest& wire, Manifest& manifest) {
  if (wire.total_bytes() > kMostTotalBytes) {
    return BadField(
        "total_bytes",
        absl::StrCat(wire.total_bytes(), " is more than ", kMostTotalBytes));
  }
  if (wire.chunk_bytes() == 0 || wire.chunk_bytes() > kMostChunkBytes) {
    return BadField(
        "chunk_bytes",
        absl::StrCat(wire.chunk_bytes(), " is not 1 to ", kMostChunkBytes));
  }
  manifest.total_bytes = wire.total_bytes();
  manifest.chunk_bytes = wire.chunk_bytes();
  constexpr size_t kHashBytes = sizeof(ChunkHash::bytes);
  const uint64_t chunks =
      (manifest.total_bytes + manifest.chunk_bytes - 1) / manifest.chunk_bytes;
  const std::string_view hashes = wire.chunk_xxh3_128();
  if (hashes.size() != chunks * kHashBytes) {
    return BadField(
        "chunk_xxh3_128",
        absl::StrCat("has ", hashes.size(), " bytes, not ", kHashBytes,
                     " for each of ", chunks, " chunks"));
  }
  manifest.chunk_xxh3_128.reserve(chunks);
  for (size_t at = 0; at < hashes.size(); at += kHashBytes) {
    manifest.chunk_xxh3_128.push_back(
        *ChunkHash::FromBytes(hashes.substr(at, kHashBytes)));
  }
  return absl::OkStatus();
}

absl::Status ReadTensors(const v1::Manifest& wire, Manifest& manifest) {
  MDRL_ASSIGN_OR_RETURN(manifest.tensors,
                        ReadList<TensorEntry>(wire.tensors(), kMostTensors,
                                              "tensors", ReadTensor));
  for (size_t i = 0; i < manifest.tensors.size(); ++i) {
    const TensorEntry& tensor = manifest.tensors[i];
    // In this order nothing can wrap around.
    if (tensor.bytes > manifest.total_bytes ||
        tensor.offset > manifest.total_bytes - tensor.bytes) {
      return BadField(At("tensors", i),
                      absl::StrCat(tensor.bytes, " bytes from ", tensor.offset,
                                   " reach beyond ", manifest.total_bytes));
    }
  }
  return absl::OkStatus();
}

}  // namespace

v1::PolicyRef ToProto(const PolicyRef& ref) {
  v1::PolicyRef wire;
  if (ref.version) wire.set_version(*ref.version);
  wire.set_manifest_sha256(WriteOptionalId(ref.manifest_sha256));
  return wire;
}

absl::StatusOr<PolicyRef> FromProto(const v1::PolicyRef& wire) {
  PolicyRef ref;
  if (wire.has_version()) ref.version = wire.version();
  MDRL_ASSIGN_OR_RETURN(
      ref.manifest_sha256,
      ReadOptionalId<Digest>(wire.manifest_sha256(), "manifest_sha256"));
  return ref;
}

v1::Manifest ToProto(const Manifest& manifest) {
  v1::Manifest wire;
  wire.set_run_id(manifest.run_id.ToBytes());
  wire.set_epoch(manifest.epoch);
  wire.set_version(manifest.version);
  wire.set_round(manifest.round);
  wire.set_step(manifest.step);
  wire.set_cause(WriteEnum<v1::Manifest::Cause>(manifest.cause));
  wire.set_encoding(WriteEnum<v1::Manifest::Encoding>(manifest.encoding));
  wire.set_base_model_hash(manifest.base_model_hash.ToBytes());
  wire.set_content_sha256(manifest.content_sha256.ToBytes());
  wire.set_total_bytes(manifest.total_bytes);
  wire.set_chunk_bytes(manifest.chunk_bytes);
  for (const ChunkHash& hash : manifest.chunk_xxh3_128) {
    wire.mutable_chunk_xxh3_128()->append(hash.bytes.begin(), hash.bytes.end());
  }
  WriteList(manifest.tensors, WriteTensor, wire.mutable_tensors());
  *wire.mutable_canary() = WriteCanary(manifest.canary);
  wire.set_adapter_config_json(manifest.adapter_config_json);
  return wire;
}

absl::StatusOr<Manifest> FromProto(const v1::Manifest& wire) {
  Manifest manifest;
  MDRL_ASSIGN_OR_RETURN(manifest.run_id,
                        ReadId<RunId>(wire.run_id(), "run_id"));
  manifest.epoch = wire.epoch();
  manifest.version = wire.version();
  manifest.round = wire.round();
  manifest.step = wire.step();
  MDRL_ASSIGN_OR_RETURN(
      manifest.cause, ReadEnum<Cause>(wire.cause(), v1::Manifest::Cause_IsValid,
                                      Zero::kRefused, "cause"));
  MDRL_ASSIGN_OR_RETURN(
      manifest.encoding,
      ReadEnum<Encoding>(wire.encoding(), v1::Manifest::Encoding_IsValid,
                         Zero::kRefused, "encoding"));
  MDRL_ASSIGN_OR_RETURN(
      manifest.base_model_hash,
      ReadId<Digest>(wire.base_model_hash(), "base_model_hash"));
  MDRL_ASSIGN_OR_RETURN(
      manifest.content_sha256,
      ReadId<Digest>(wire.content_sha256(), "content_sha256"));
  MDRL_RETURN_IF_ERROR(ReadChunks(wire, manifest));
  MDRL_RETURN_IF_ERROR(ReadTensors(wire, manifest));
  MDRL_READ_FIELD(manifest.canary, ReadCanary(wire.canary()), "canary");
  MDRL_RETURN_IF_ERROR(CheckText(wire.adapter_config_json(), kMaxTextBytes,
                                 "adapter_config_json"));
  manifest.adapter_config_json = wire.adapter_config_json();
  return manifest;
}

ManifestCodec WireManifestCodec() {
  return {
      .encode =
          [](const Manifest& manifest) { return Serialise(ToProto(manifest)); },
      .decode = [](std::string_view bytes) -> absl::StatusOr<Manifest> {
        MDRL_ASSIGN_OR_RETURN(const v1::Manifest wire,
                              Parse<v1::Manifest>(bytes, "manifest"));
        return FromProto(wire);
      }};
}

}  // namespace mdrl
