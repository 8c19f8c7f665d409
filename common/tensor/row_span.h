// Which part of a padded row is real. A plain value.
#ifndef MDRL_COMMON_TENSOR_ROW_SPAN_H_
#define MDRL_COMMON_TENSOR_ROW_SPAN_H_

#include <cstdint>

namespace mdrl {

// The positions of a row that hold tokens, [begin, end); the others are
// padding. REQUIRES wherever spans are passed on: begin < end, one per row, or
// none at all, which means that every row is full.
struct RowSpan {
  int64_t begin = 0;
  int64_t end = 0;
  friend bool operator==(const RowSpan&, const RowSpan&) = default;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TENSOR_ROW_SPAN_H_
