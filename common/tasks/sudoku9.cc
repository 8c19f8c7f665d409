#include "common/tasks/sudoku9.h"

#include <array>
#include <bit>
#include <cstdint>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

constexpr int kCells = 81;
constexpr int kMostPlacements = 1'000'000;
constexpr uint16_t kAllDigits = 0x1FF;

int RowOf(int cell) { return cell / 9; }
int ColumnOf(int cell) { return cell % 9; }
int BoxOf(int cell) { return RowOf(cell) / 3 * 3 + ColumnOf(cell) / 3; }

// Depth first, the cell with the fewest digits left first.
class Solver {
 public:
  // False: a digit stands twice.
  bool Load(std::string_view puzzle) {
    for (int cell = 0; cell < kCells; ++cell) {
      if (puzzle[cell] == '0') continue;
      const uint16_t bit = 1 << (puzzle[cell] - '1');
      if ((Free(cell) & bit) == 0) return false;
      Flip(cell, bit);
      grid_[cell] = puzzle[cell];
    }
    return true;
  }

  // Solutions found, at most `most`; -1: given up. The first one is grid().
  int Count(int most) {
    most_ = most;
    Search();
    return placements_ > kMostPlacements ? -1 : found_;
  }

  const std::string& first() const { return first_; }
  // The order in which digits are tried; a random one gives a random grid.
  void TryInOrder(const std::vector<int32_t>& order) {
    for (int i = 0; i < 9; ++i) order_[i] = static_cast<uint8_t>(order[i]);
  }

 private:
  uint16_t Free(int cell) const {
    return kAllDigits & ~(rows_[RowOf(cell)] | columns_[ColumnOf(cell)] |
                          boxes_[BoxOf(cell)]);
  }
  void Flip(int cell, uint16_t bit) {
    rows_[RowOf(cell)] ^= bit;
    columns_[ColumnOf(cell)] ^= bit;
    boxes_[BoxOf(cell)] ^= bit;
  }

  void Search() {
    int best = -1;
    int fewest = 10;
    for (int cell = 0; cell < kCells && fewest > 1; ++cell) {
      if (grid_[cell] != '0') continue;
      const int free = std::popcount(Free(cell));
      if (free < fewest) {
        fewest = free;
        best = cell;
      }
    }
    if (best < 0) {
      if (found_++ == 0) first_ = grid_;
      return;
    }
    for (const uint8_t digit : order_) {
      const uint16_t bit = 1 << digit;
      if ((Free(best) & bit) == 0) continue;
      if (++placements_ > kMostPlacements) return;
      Flip(best, bit);
      grid_[best] = static_cast<char>('1' + digit);
      Search();
      grid_[best] = '0';
      Flip(best, bit);
      if (found_ >= most_) return;
    }
  }

  std::array<uint16_t, 9> rows_ = {};
  std::array<uint16_t, 9> columns_ = {};
  std::array<uint16_t, 9> boxes_ = {};
  std::array<uint8_t, 9> order_ = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  std::string grid_ = std::string(kCells, '0');
  std::string first_;
  int most_ = 1;
  int found_ = 0;
  int placements_ = 0;
};

// Random digits on the diagonal's boxes, which do not see each other, and the
// rest in a random order of digits.
std::string RandomGrid(PhiloxSequence& random) {
  std::string seed(kCells, '0');
  for (int box = 0; box < 3; ++box) {
    const std::vector<int32_t> digits = random.NextPermutation(9);
    for (int i = 0; i < 9; ++i) {
      const int row = 3 * box + i / 3;
      const int column = 3 * box + i % 3;
      seed[9 * row + column] = static_cast<char>('1' + digits[i]);
    }
  }
  Solver solver;
  solver.Load(seed);
  solver.TryInOrder(random.NextPermutation(9));
  solver.Count(1);
  return solver.first();
}

}  // namespace

absl::StatusOr<int> CountSudoku9Solutions(std::string_view puzzle) {
  if (puzzle.size() != kCells ||
      puzzle.find_first_not_of("0123456789") != std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", std::string(puzzle.substr(0, 100)),
                     "\" is not 81 digits from 0 to 9"));
  }
  Solver solver;
  if (!solver.Load(puzzle)) return 0;
  const int found = solver.Count(2);
  if (found >= 0) return found;
  return absl::InvalidArgumentError(
      absl::StrCat("puzzle ", std::string(puzzle),
                   " is too open: its solutions cannot be counted"));
}

bool IsSudoku9Grid(std::string_view grid) {
  return grid.find('0') == std::string_view::npos && Solver().Load(grid);
}

Split Sudoku9Split(std::string_view grid) {
  const int bucket = Sha256Of(grid).bytes[0] % 10;
  return bucket == 0   ? Split::kValidation
         : bucket == 1 ? Split::kTest
                       : Split::kTrain;
}

SudokuTruth DrawSudoku9(Split split, PhiloxSequence& random) {
  SudokuTruth out;
  do {
    out.solution = RandomGrid(random);
  } while (!IsPartOf(Sudoku9Split(out.solution), split));
  out.puzzle = out.solution;
  int wanted = 30 + static_cast<int>(random.NextBelow(21));
  for (const int32_t cell : random.NextPermutation(kCells)) {
    if (wanted == 0) break;
    const char digit = out.puzzle[cell];
    out.puzzle[cell] = '0';
    const auto solutions = CountSudoku9Solutions(out.puzzle);
    if (solutions.ok() && *solutions == 1) {
      --wanted;
    } else {
      out.puzzle[cell] = digit;
    }
  }
  return out;
}

}  // namespace mdrl
