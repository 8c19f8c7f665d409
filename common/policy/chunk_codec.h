// Chunks of a snapshot as gRPC messages, without a copy through protobuf; both
// ends in one file.
//
// On the wire each is an ordinary mdrl.v1.Chunk: `08` index `12` length, then
// the payload. The sender's message refers into the snapshot; the receiver
// copies once, from the received slices to where the chunk belongs.
#ifndef MDRL_COMMON_POLICY_CHUNK_CODEC_H_
#define MDRL_COMMON_POLICY_CHUNK_CODEC_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "common/policy/assembly.h"
#include "common/record/snapshot.h"
#include "grpcpp/support/byte_buffer.h"

namespace mdrl {

// Chunk `index` of `snapshot`, which lives until the message is sent.
// REQUIRES: index < the manifest's number of chunks.
grpc::ByteBuffer EncodeChunk(std::shared_ptr<const Snapshot> snapshot,
                             uint32_t index);

// Parses `message` and lets `sink` place, receive and accept its chunk.
// InvalidArgument: not a Chunk, or its length is not that of its message;
// otherwise the sink's errors. Never trusts a length before it has checked it.
absl::Status DecodeChunk(const grpc::ByteBuffer& message, ChunkSink& sink);

}  // namespace mdrl

#endif  // MDRL_COMMON_POLICY_CHUNK_CODEC_H_
