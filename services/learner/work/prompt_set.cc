#include "services/learner/work/prompt_set.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/philox.h"

namespace mdrl {
namespace {

constexpr uint32_t kTrain = static_cast<uint32_t>(Purpose::kTrain);

double WeightOf(const PromptSet& set) {
  return set.weight.value_or(static_cast<double>(set.count));
}

// n * golden ratio modulo 1: any stretch of draws spreads over the sets as
// their weights say, to within a few draws.
double Spread(uint64_t n) {
  return static_cast<double>((n * 0x9E3779B97F4A7C15ull) >> 11) * 0x1p-53;
}

}  // namespace

void PromptSet::MarkOverLength(uint64_t index) {
  MDRL_CHECK(index < count) << "no prompt " << index;
  if (over_length.empty()) over_length.resize(count, false);
  if (!over_length[index]) ++over_length_count;
  over_length[index] = true;
}

absl::Status PromptLibrary::Add(PromptSet set) {
  if (by_hash_.contains(set.sha256)) {
    return absl::AlreadyExistsError(
        absl::StrCat("prompt set ", set.sha256.ToHex(6), " is known"));
  }
  if (const PromptSet* other = FindByName(set.name)) {
    return absl::AlreadyExistsError(absl::StrCat("the name ", set.name,
                                                 " belongs to prompt set ",
                                                 other->sha256.ToHex(6)));
  }
  sets_.push_back(std::make_unique<PromptSet>(std::move(set)));
  by_hash_[sets_.back()->sha256] = sets_.back().get();
  return absl::OkStatus();
}

const PromptSet* PromptLibrary::Find(const Digest& sha256) const {
  const auto found = by_hash_.find(sha256);
  return found == by_hash_.end() ? nullptr : found->second;
}

PromptSet* PromptLibrary::Mutable(const Digest& sha256) {
  const auto found = by_hash_.find(sha256);
  MDRL_CHECK(found != by_hash_.end())
      << "prompt set " << sha256.ToHex(6) << " is not in the library";
  return found->second;
}

const PromptSet* PromptLibrary::FindByName(std::string_view name) const {
  for (const auto& set : sets_) {
    if (set->name == name) return set.get();
  }
  return nullptr;
}

bool PromptLibrary::Gives(const PromptSet& set) {
  return set.state == PromptSetState::kActive && WeightOf(set) > 0.0 &&
         set.left() > 0;
}

bool PromptLibrary::CanDraw() const {
  return std::any_of(sets_.begin(), sets_.end(),
                     [](const auto& set) { return Gives(*set); });
}

std::optional<Occurrence> PromptLibrary::Draw(uint64_t n) {
  std::vector<PromptSet*> giving;
  double total = 0.0;
  for (const auto& set : sets_) {
    if (!Gives(*set)) continue;
    giving.push_back(set.get());
    total += WeightOf(*set);
  }
  if (giving.empty()) return std::nullopt;
  PromptSet* pick = giving.back();
  double left = Spread(n) * total;
  for (PromptSet* set : giving) {
    left -= WeightOf(*set);
    if (left < 0.0) {
      pick = set;
      break;
    }
  }
  PromptCursor& cursor = pick->cursor;
  while (true) {
    if (cursor.position >= pick->count) {
      cursor = {.pass = cursor.pass + 1, .position = 0};
    }
    const uint64_t index = OrderOf(*pick)[cursor.position++];
    if (!pick->MayIssue(index)) continue;
    ++pick->issued;
    // Each pass draws a prompt once, so the pass counts its groups.
    const uint64_t occurrence = cursor.pass;
    return Occurrence{
        .set_sha256 = pick->sha256,
        .index = index,
        .occurrence = occurrence,
        .group_id = MakeGroupId(kTrain, pick->sha256, index, occurrence)};
  }
}

const std::vector<int32_t>& PromptLibrary::OrderOf(const PromptSet& set) {
  Order& order = orders_[set.sha256];
  const int count = static_cast<int>(set.count);
  if (!order.permutation.empty() && order.pass == set.cursor.pass) {
    return order.permutation;
  }
  order.pass = set.cursor.pass;
  if (options_.shuffled) {
    const uint64_t key =
        PhiloxKey(options_.seed, kTrain,
                  std::span<const uint8_t, 16>(set.sha256.bytes.data(), 16));
    order.permutation =
        PhiloxSequence(key, Stream::kPromptOrder,
                       static_cast<uint32_t>(set.cursor.pass), 0, 0)
            .NextPermutation(count);
  } else {
    order.permutation.resize(count);
    std::iota(order.permutation.begin(), order.permutation.end(), 0);
  }
  return order.permutation;
}

std::vector<uint64_t> PromptLibrary::EvaluationIndices(const Digest& sha256,
                                                       uint64_t limit) const {
  std::vector<uint64_t> indices;
  const PromptSet* set = Find(sha256);
  if (set == nullptr) return indices;
  for (uint64_t i = 0; i < set->count; ++i) {
    if (limit != 0 && indices.size() >= limit) break;
    if (set->MayIssue(i)) indices.push_back(i);
  }
  return indices;
}

void PromptLibrary::Quarantine(const Digest& sha256, uint64_t index) {
  PromptSet* set = Mutable(sha256);
  MDRL_CHECK(index < set->count) << "no prompt " << index;
  set->quarantined.insert(index);
}

void PromptLibrary::LiftQuarantine(const Digest& sha256, uint64_t index) {
  Mutable(sha256)->quarantined.erase(index);
}

void PromptLibrary::SetState(const Digest& sha256, PromptSetState state) {
  Mutable(sha256)->state = state;
}

void PromptLibrary::CountTrained(const Digest& sha256) {
  ++Mutable(sha256)->trained;
}

}  // namespace mdrl
