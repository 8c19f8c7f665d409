#include "services/learner/desk/check_decode.h"

#include "absl/strings/str_cat.h"

namespace mdrl {

absl::Status CheckDecode(const DecodeSettings& decode, uint32_t context) {
  if (decode.canvas_tokens == 0 || decode.block_tokens == 0 ||
      decode.canvas_tokens % decode.block_tokens != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("decode: block_tokens ", decode.block_tokens,
                     " does not divide canvas_tokens ", decode.canvas_tokens));
  }
  const uint32_t blocks = decode.canvas_tokens / decode.block_tokens;
  if (decode.decode_steps < blocks) {
    return absl::InvalidArgumentError(
        absl::StrCat("decode: ", decode.decode_steps, " decode_steps for ",
                     blocks, " blocks; at least one step per block"));
  }
  if (context > 0 && decode.canvas_tokens >= context) {
    return absl::InvalidArgumentError(
        absl::StrCat("decode: a canvas of ", decode.canvas_tokens,
                     " leaves no room for a prompt: the model's context has ",
                     context, " positions"));
  }
  return absl::OkStatus();
}

}  // namespace mdrl
