// Byte-pair encoding (arXiv 1508.07909, section 3.2) of one piece of text: its
// symbols are joined, always the pair of lowest rank first and of equal ones
// the leftmost, until no pair has a rank.
//
// Immutable; safe from any thread.
#ifndef MDRL_COMMON_TEXT_BPE_H_
#define MDRL_COMMON_TEXT_BPE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/text/tokenizer_spec.h"

namespace mdrl {

class Bpe {
 public:
  // Working memory of Append, for many calls.
  struct Scratch {
    struct Symbol {
      int32_t id = 0;
      int32_t previous = -1;
      int32_t next = -1;
      bool alive = true;
    };
    struct Pair {
      uint32_t rank = 0;
      int32_t left = 0;  // place of its first symbol
      int32_t left_id = 0;
      int32_t right_id = 0;
    };
    std::vector<Symbol> symbols;
    std::vector<Pair> heap;
  };

  // InvalidArgument names a merge whose tokens are not in the vocabulary.
  static absl::StatusOr<Bpe> Create(const TokenizerSpec& spec);

  // Appends the ids of `piece`. Otherwise nothing is appended, and the answer
  // is where in `piece` the first character (or byte, for byte level) without a
  // token stands. REQUIRES: `piece` is valid UTF-8, and not empty.
  std::optional<size_t> Append(std::string_view piece, Scratch* scratch,
                               std::vector<int32_t>* ids) const;

  // The token with this text: bytes for byte level, not their spelling.
  std::optional<int32_t> IdOf(std::string_view text) const;

 private:
  struct Token {
    int32_t id = 0;
    // Its text encodes to itself, so that a piece can be looked up whole.
    bool whole = false;
  };
  struct Merge {
    uint32_t rank = 0;
    int32_t id = 0;
  };

  Bpe() = default;
  absl::Status AddMerges(const TokenizerSpec& spec);
  // One symbol per character or byte; the answer is Append's.
  std::optional<size_t> Start(std::string_view piece, Scratch* scratch) const;
  void Join(Scratch* scratch) const;
  void Push(int32_t left, Scratch* scratch) const;

  bool byte_level_ = false;
  absl::flat_hash_map<std::string, Token> tokens_;
  std::array<int32_t, 256> byte_ids_{};          // -1: no token
  absl::flat_hash_map<uint64_t, Merge> merges_;  // by both ids
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_BPE_H_
