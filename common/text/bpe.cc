#include "common/text/bpe.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "common/text/byte_alphabet.h"
#include "common/text/utf8.h"

namespace mdrl {
namespace {

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

uint64_t Key(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 |
         static_cast<uint32_t>(right);
}

// Order of a heap whose top is the pair to join next.
bool Later(const Bpe::Scratch::Pair& a, const Bpe::Scratch::Pair& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.left > b.left;
}

}  // namespace

absl::StatusOr<Bpe> Bpe::Create(const TokenizerSpec& spec) {
  Bpe out;
  out.byte_level_ = spec.byte_level;
  out.byte_ids_.fill(-1);
  out.tokens_.reserve(spec.vocab.size());
  for (const auto& [spelled, id] : spec.vocab) {
    std::optional<std::string> bytes;
    if (spec.byte_level) bytes = UnspellBytes(spelled);
    // What the alphabet does not spell no text can give; it has an id to decode
    // alone.
    const std::string& text = bytes ? *bytes : spelled;
    if (text.empty() || (spec.byte_level && !bytes)) continue;
    out.tokens_.emplace(text, Token{id, spec.ignore_merges});
    if (text.size() == 1) out.byte_ids_[static_cast<uint8_t>(text[0])] = id;
  }
  MDRL_RETURN_IF_ERROR(out.AddMerges(spec));
  if (spec.ignore_merges) return out;
  Scratch scratch;
  for (auto& [text, token] : out.tokens_) {
    if (out.Start(text, &scratch)) continue;
    out.Join(&scratch);
    token.whole =
        scratch.symbols[0].id == token.id && scratch.symbols[0].next == -1;
  }
  return out;
}

absl::Status Bpe::AddMerges(const TokenizerSpec& spec) {
  absl::flat_hash_map<absl::string_view, int32_t> ids;
  ids.reserve(spec.vocab.size());
  for (const auto& [spelled, id] : spec.vocab) ids.emplace(spelled, id);
  merges_.reserve(spec.merges.size());
  for (size_t rank = 0; rank < spec.merges.size(); ++rank) {
    const auto& [left, right] = spec.merges[rank];
    const auto left_id = ids.find(left);
    const auto right_id = ids.find(right);
    const auto joined = ids.find(left + right);
    if (left_id == ids.end() || right_id == ids.end() || joined == ids.end()) {
      const std::string lacking = left_id == ids.end()    ? left
                                  : right_id == ids.end() ? right
                                                          : left + right;
      return absl::InvalidArgumentError(
          absl::StrCat("model.merges[", rank, "] needs token \"", lacking,
                       "\", which model.vocab lacks"));
    }
    // Of a pair that is listed twice the reference library keeps the last.
    merges_[Key(left_id->second, right_id->second)] = {
        static_cast<uint32_t>(rank), joined->second};
  }
  return absl::OkStatus();
}

std::optional<size_t> Bpe::Start(std::string_view piece,
                                 Scratch* scratch) const {
  std::vector<Scratch::Symbol>& symbols = scratch->symbols;
  symbols.clear();
  for (size_t at = 0; at < piece.size();) {
    int32_t id = -1;
    size_t length = 1;
    if (byte_level_) {
      id = byte_ids_[static_cast<uint8_t>(piece[at])];
    } else {
      length = Utf8Length(piece.substr(at)).value_or(1);
      const auto token = tokens_.find(View(piece.substr(at, length)));
      if (token != tokens_.end()) id = token->second.id;
    }
    if (id < 0) return at;
    const auto place = static_cast<int32_t>(symbols.size());
    symbols.push_back({id, place - 1, place + 1, true});
    at += length;
  }
  symbols.back().next = -1;
  return std::nullopt;
}

void Bpe::Push(int32_t left, Scratch* scratch) const {
  const Scratch::Symbol& symbol = scratch->symbols[left];
  if (symbol.next < 0) return;
  const int32_t right_id = scratch->symbols[symbol.next].id;
  const auto merge = merges_.find(Key(symbol.id, right_id));
  if (merge == merges_.end()) return;
  scratch->heap.push_back({merge->second.rank, left, symbol.id, right_id});
  std::push_heap(scratch->heap.begin(), scratch->heap.end(), Later);
}

void Bpe::Join(Scratch* scratch) const {
  std::vector<Scratch::Symbol>& symbols = scratch->symbols;
  std::vector<Scratch::Pair>& heap = scratch->heap;
  heap.clear();
  for (size_t i = 0; i < symbols.size(); ++i) {
    Push(static_cast<int32_t>(i), scratch);
  }
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), Later);
    const Scratch::Pair pair = heap.back();
    heap.pop_back();
    Scratch::Symbol& left = symbols[pair.left];
    // Pairs stay in the heap when one of their symbols is joined elsewhere.
    if (!left.alive || left.next < 0 || left.id != pair.left_id) continue;
    Scratch::Symbol& right = symbols[left.next];
    if (right.id != pair.right_id) continue;
    left.id = merges_.find(Key(pair.left_id, pair.right_id))->second.id;
    right.alive = false;
    left.next = right.next;
    if (left.next >= 0) symbols[left.next].previous = pair.left;
    if (left.previous >= 0) Push(left.previous, scratch);
    Push(pair.left, scratch);
  }
}

std::optional<size_t> Bpe::Append(std::string_view piece, Scratch* scratch,
                                  std::vector<int32_t>* ids) const {
  const auto token = tokens_.find(View(piece));
  if (token != tokens_.end() && token->second.whole) {
    ids->push_back(token->second.id);
    return std::nullopt;
  }
  if (const std::optional<size_t> lacking = Start(piece, scratch)) {
    return lacking;
  }
  if (!merges_.empty()) Join(scratch);
  for (int32_t i = 0; i >= 0; i = scratch->symbols[i].next) {
    ids->push_back(scratch->symbols[i].id);
  }
  return std::nullopt;
}

std::optional<int32_t> Bpe::IdOf(std::string_view text) const {
  const auto token = tokens_.find(View(text));
  if (token == tokens_.end()) return std::nullopt;
  return token->second.id;
}

}  // namespace mdrl
