#include "common/format/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

constexpr size_t kMaxRank = 64;
constexpr int kMaxDepth = 16;

struct Dtype {
  std::string_view name;
  uint32_t bits;
};

// In the order of the reference library's enumeration: the writer sorts by it.
constexpr Dtype kDtypes[] = {
    {"BOOL", 8},    {"F4", 4},          {"F6_E2M3", 6},     {"F6_E3M2", 6},
    {"U8", 8},      {"I8", 8},          {"F8_E5M2", 8},     {"F8_E4M3", 8},
    {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
    {"U16", 16},    {"F16", 16},        {"BF16", 16},       {"I32", 32},
    {"U32", 32},    {"F32", 32},        {"C64", 64},        {"F64", 64},
    {"I64", 64},    {"U64", 64}};

// Walks the header's JSON without building a tree: the header may be 100 MB
// of anything, and only this shape is meant.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafetensorsHeader Take() { return std::move(header_); }
  const std::string& failure() const { return failure_; }

  bool key(string_t& name) override {
    if (skipping_ > 0) return true;
    if (depth_ == 1) return TopKey(name);
    if (in_metadata_) {
      metadata_key_ = name;
      if (header_.metadata.count(name) > 0) {
        return Fail("duplicate metadata key \"" + name + "\"");
      }
      return true;
    }
    field_ = name == "dtype"          ? Field::kDtype
             : name == "shape"        ? Field::kShape
             : name == "data_offsets" ? Field::kOffsets
                                      : Field::kOther;
    if (field_ == Field::kOther) return true;
    if (seen_[static_cast<int>(field_)]) {
      return FailTensor("duplicate key \"" + name + "\"");
    }
    seen_[static_cast<int>(field_)] = true;
    return true;
  }

  bool start_object(size_t) override {
    if (skipping_ > 0 || field_ == Field::kOther) return Skip();
    if (depth_ >= 2 || in_list_) return Unexpected("an object");
    ++depth_;
    return true;
  }

  bool end_object() override {
    if (skipping_ > 0) return Unskip();
    --depth_;
    if (depth_ != 1) return true;
    if (in_metadata_) {
      in_metadata_ = false;
      return true;
    }
    return FinishTensor();
  }

  bool start_array(size_t) override {
    if (skipping_ > 0 || field_ == Field::kOther) return Skip();
    const bool wanted = field_ == Field::kShape || field_ == Field::kOffsets;
    if (depth_ != 2 || in_list_ || !wanted) return Unexpected("a list");
    in_list_ = true;
    return true;
  }

  bool end_array() override {
    if (skipping_ > 0) return Unskip();
    in_list_ = false;
    field_ = Field::kNone;
    return true;
  }

  bool string(string_t& value) override {
    if (skipping_ > 0) return true;
    if (depth_ == 2 && in_metadata_) {
      header_.metadata[metadata_key_] = value;
      return true;
    }
    if (depth_ == 2 && field_ == Field::kDtype && !in_list_) {
      entry_.dtype = value;
      field_ = Field::kNone;
      return true;
    }
    return Scalar("a string");
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (skipping_ > 0) return true;
    if (!in_list_) return Scalar("a number");
    if (field_ == Field::kShape) {
      entry_.shape.push_back(value);
      if (entry_.shape.size() > kMaxRank) return FailTensor("rank over 64");
      return true;
    }
    offsets_.push_back(value);
    if (offsets_.size() > 2) return FailTensor("more than two data_offsets");
    return true;
  }

  bool number_integer(number_integer_t) override {
    return Scalar("a negative number");
  }
  bool number_float(number_float_t, const string_t&) override {
    return Scalar("a number that is no 64-bit integer");
  }
  bool null() override { return Scalar("null"); }
  bool boolean(bool) override { return Scalar("a truth value"); }
  bool binary(binary_t&) override { return Scalar("binary"); }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Fail(absl::StrCat("the header is not JSON (byte ", position, ")"));
  }

 private:
  enum class Field { kDtype, kShape, kOffsets, kOther, kNone };

  bool Fail(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
    return false;
  }
  bool FailTensor(std::string_view why) {
    return Fail(absl::StrCat("tensor \"", name_, "\": ", std::string(why)));
  }
  bool Unexpected(std::string_view what) {
    if (depth_ == 2 && !in_metadata_) {
      return FailTensor(std::string(what) +
                        " where dtype, shape or data_offsets has none");
    }
    return Fail(std::string(what) + " where the header has none");
  }
  // A value that no known field takes: fine only below an unknown key.
  bool Scalar(std::string_view what) {
    if (skipping_ > 0) return true;
    if (field_ == Field::kOther && !in_list_) {
      field_ = Field::kNone;
      return true;
    }
    return Unexpected(what);
  }
  bool Skip() {
    if (++skipping_ > kMaxDepth) return Fail("the header is nested too deeply");
    return true;
  }
  bool Unskip() {
    if (--skipping_ == 0) field_ = Field::kNone;
    return true;
  }

  bool TopKey(const std::string& name) {
    field_ = Field::kNone;
    if (name == kSafetensorsMetadataKey) {
      if (metadata_seen_) return Fail("duplicate key \"__metadata__\"");
      metadata_seen_ = in_metadata_ = true;
      return true;
    }
    name_ = name;
    entry_ = {};
    offsets_.clear();
    seen_[0] = seen_[1] = seen_[2] = false;
    if (header_.tensors.count(name) > 0) return FailTensor("duplicate name");
    return true;
  }

  bool FinishTensor() {
    if (!seen_[0]) return FailTensor("no dtype");
    if (!seen_[1]) return FailTensor("no shape");
    if (!seen_[2]) return FailTensor("no data_offsets");
    if (offsets_.size() != 2) return FailTensor("data_offsets are not two");
    entry_.begin = offsets_[0];
    entry_.end = offsets_[1];
    header_.tensors.emplace(name_, std::move(entry_));
    return true;
  }

  SafetensorsHeader header_;
  std::string failure_;
  int depth_ = 0;  // 1: among the names; 2: within one tensor or the metadata
  int skipping_ = 0;
  bool in_metadata_ = false;
  bool metadata_seen_ = false;
  bool in_list_ = false;
  Field field_ = Field::kNone;
  bool seen_[3] = {};
  std::string name_;
  std::string metadata_key_;
  SafetensorsHeader::Entry entry_;
  std::vector<uint64_t> offsets_;
};

// The tensors must tile the buffer, and each must fill its range exactly.
absl::Status CheckTiling(const SafetensorsHeader& header,
                         uint64_t buffer_bytes) {
  using Item = std::pair<const std::string, SafetensorsHeader::Entry>;
  std::vector<const Item*> order;
  for (const Item& item : header.tensors) order.push_back(&item);
  std::sort(order.begin(), order.end(), [](const Item* a, const Item* b) {
    return std::pair(a->second.begin, a->second.end) <
           std::pair(b->second.begin, b->second.end);
  });
  uint64_t at = 0;
  for (const Item* item : order) {
    const auto& [name, entry] = *item;
    const auto fail = [&name = name](const std::string& why) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", name, "\": ", why));
    };
    if (entry.begin != at) {
      return fail(absl::StrCat("starts at byte ", entry.begin,
                               " of the buffer; the one before ends at ", at));
    }
    if (entry.end < entry.begin) return fail("ends before it begins");
    if (entry.end > buffer_bytes) {
      return fail(absl::StrCat("ends at byte ", entry.end, " of a buffer of ",
                               buffer_bytes, ": the file is cut short"));
    }
    const absl::StatusOr<uint64_t> bytes =
        TensorBytes(entry.dtype, entry.shape);
    if (!bytes.ok()) return fail(std::string(bytes.status().message()));
    if (*bytes != entry.end - entry.begin) {
      return fail(absl::StrCat("dtype and shape need ", *bytes,
                               " bytes, data_offsets span ",
                               entry.end - entry.begin));
    }
    at = entry.end;
  }
  if (at != buffer_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(buffer_bytes - at, " bytes after the last tensor"));
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<size_t> DtypeOrder(std::string_view name) {
  for (size_t i = 0; i < std::size(kDtypes); ++i) {
    if (kDtypes[i].name == name) return i;
  }
  return std::nullopt;
}

absl::StatusOr<uint64_t> TensorBytes(std::string_view dtype,
                                     std::span<const uint64_t> shape) {
  const std::optional<size_t> order = DtypeOrder(dtype);
  if (!order) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown dtype \"", std::string(dtype), "\""));
  }
  uint64_t bits = kDtypes[*order].bits;
  for (uint64_t dimension : shape) {
    if (__builtin_mul_overflow(bits, dimension, &bits)) {
      return absl::InvalidArgumentError("its shape overflows 64 bits");
    }
  }
  if (bits % 8 != 0) {
    return absl::InvalidArgumentError("its elements do not fill whole bytes");
  }
  return bits / 8;
}

std::optional<uint32_t> DtypeBits(std::string_view dtype) {
  const std::optional<size_t> order = DtypeOrder(dtype);
  if (!order) return std::nullopt;
  return kDtypes[*order].bits;
}

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(
    std::string_view json, uint64_t buffer_bytes) {
  // The parser would take a byte-order mark, leading white space, and a NUL
  // as the end of input; the format has none of them.
  if (json.empty() || json.front() != '{') {
    return absl::InvalidArgumentError("the header does not start with '{'");
  }
  if (json.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError("the header holds a NUL byte");
  }
  HeaderReader reader;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &reader)) {
    return absl::InvalidArgumentError(reader.failure());
  }
  SafetensorsHeader header = reader.Take();
  MDRL_RETURN_IF_ERROR(CheckTiling(header, buffer_bytes));
  return header;
}

}  // namespace mdrl
