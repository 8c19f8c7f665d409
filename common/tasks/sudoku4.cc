#include "common/tasks/sudoku4.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"

namespace mdrl {
namespace {

// The solutions of sudoku4_test_spg.csv (facebookresearch/SPG, MIT).
constexpr std::string_view kHeldOut[] = {
    "1234342143122143", "1234432124133142", "1243341221344321",
    "1243341243212134", "1324241332414132", "1324241342313142",
    "1324421324313142", "1324421331422431", "1324423121433412",
    "1324423124133142", "1324423134122143", "1342421324313124",
    "1342423131242413", "1423231431424231", "1423321441322341",
    "1423324121344312", "1423324123144132", "1432321423414123",
    "1432324141232314", "2134342112434312", "2134342113424213",
    "2134431232411423", "2134432112433412", "2143341242311324",
    "2143342143121234", "2143431234211234", "2143432132141432",
    "2314142342313142", "2314143241233241", "2314412314323241",
    "2314413212433421", "2314413214233241", "2314413234211243",
    "2341143231244213", "2341143232144123", "2341412312343412",
    "2341412332141432", "2341413214233214", "2413132432414132",
    "2413314243211234", "2431132431424213", "2431132442133142",
    "2431134231244213", "2431134232144123", "2431134242133124",
    "2431312412434312", "3124243112434312", "3124243143121243",
    "3124421314322341", "3124421323411432", "3124421324311342",
    "3142241312344321", "3142241313244231", "3142421324311324",
    "3142423113242413", "3142423123141423", "3142423124131324",
    "3214412313422431", "3241142343122134", "3241412314322314",
    "3241413213242413", "3241413223141423", "3412123421434321",
    "3412123443212143", "3412124343212134", "3412214312344321",
    "3412214343211234", "3421123443122143", "3421214312344312",
    "4123231414323241", "4123231432411432", "4123234114323214",
    "4123234132141432", "4123234134121234", "4123321413422431",
    "4123321423411432", "4132231414233241", "4132321414232341",
    "4132324113242413", "4132324123141423", "4213134224313124",
    "4213134234212134", "4231132424133142", "4231134224133124",
    "4312123434212143", "4312213434211243", "4312214312343421",
    "4321123421433412"};

// Cells of each row, column and box.
constexpr int kUnits[12][4] = {
    {0, 1, 2, 3},  {4, 5, 6, 7},  {8, 9, 10, 11}, {12, 13, 14, 15},
    {0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15},
    {0, 1, 4, 5},  {2, 3, 6, 7},  {8, 9, 12, 13}, {10, 11, 14, 15}};

bool NoDigitTwice(const Sudoku4& cells) {
  for (const auto& unit : kUnits) {
    unsigned seen = 0;
    for (const int cell : unit) {
      const unsigned bit = 1u << cells[cell];
      if (cells[cell] != 0 && (seen & bit) != 0) return false;
      seen |= bit;
    }
  }
  return true;
}

void Fill(Sudoku4& cells, int cell, std::vector<Sudoku4>& out) {
  if (cell == 16) {
    out.push_back(cells);
    return;
  }
  for (uint8_t digit = 1; digit <= 4; ++digit) {
    cells[cell] = digit;
    if (NoDigitTwice(cells)) Fill(cells, cell + 1, out);
  }
  cells[cell] = 0;
}

struct Splits {
  std::vector<Sudoku4> all, train, validation, test, train_and_validation;
};

Splits MakeSplits() {
  Splits out;
  Sudoku4 empty{};
  Fill(empty, 0, out.all);
  MDRL_CHECK(out.all.size() == 288) << out.all.size();
  for (const Sudoku4& grid : out.all) {
    if (std::binary_search(std::begin(kHeldOut), std::end(kHeldOut),
                           std::string_view(ToText(grid)))) {
      out.test.push_back(grid);
      continue;
    }
    const bool validate = out.train_and_validation.size() % 5 == 0;
    (validate ? out.validation : out.train).push_back(grid);
    out.train_and_validation.push_back(grid);
  }
  MDRL_CHECK(out.test.size() == std::size(kHeldOut)) << out.test.size();
  return out;
}

const Splits& AllSplits() {
  static const Splits splits = MakeSplits();
  return splits;
}

int DrawEmptyCells(PhiloxSequence& random) {
  static constexpr float kUpTo[] = {0.28f, 0.56f, 0.80f, 0.90f, 0.96f};
  const float u = random.NextUniform();
  int cells = 7;
  for (const float bound : kUpTo) cells += u >= bound ? 1 : 0;
  return cells;
}

}  // namespace

absl::StatusOr<Sudoku4> ParseSudoku4(std::string_view text) {
  const bool digits = std::all_of(text.begin(), text.end(),
                                  [](char c) { return c >= '0' && c <= '4'; });
  if (text.size() != 16 || !digits) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", std::string(text.substr(0, 40)),
                     "\" is not 16 digits from 0 to 4"));
  }
  Sudoku4 out;
  for (size_t i = 0; i < 16; ++i) out[i] = static_cast<uint8_t>(text[i] - '0');
  return out;
}

std::string ToText(const Sudoku4& cells) {
  std::string out;
  for (const uint8_t cell : cells) out += static_cast<char>('0' + cell);
  return out;
}

std::span<const Sudoku4> AllSudoku4Grids() { return AllSplits().all; }

std::span<const Sudoku4> Sudoku4GridsOf(Split split) {
  switch (split) {
    case Split::kTrain:
      return AllSplits().train;
    case Split::kValidation:
      return AllSplits().validation;
    case Split::kTest:
      return AllSplits().test;
    case Split::kTrainAndValidation:
      return AllSplits().train_and_validation;
  }
  return {};
}

bool Solves(const Sudoku4& grid, const Sudoku4& puzzle) {
  for (size_t i = 0; i < 16; ++i) {
    if (grid[i] == 0 || (puzzle[i] != 0 && puzzle[i] != grid[i])) return false;
  }
  return NoDigitTwice(grid);
}

int CountSolutions(const Sudoku4& puzzle) {
  const auto all = AllSudoku4Grids();
  return static_cast<int>(std::count_if(
      all.begin(), all.end(),
      [&puzzle](const Sudoku4& grid) { return Solves(grid, puzzle); }));
}

Sudoku4Puzzle DrawSudoku4(Split split, PhiloxSequence& random) {
  const auto grids = Sudoku4GridsOf(split);
  for (;;) {
    const Sudoku4& solution =
        grids[random.NextBelow(static_cast<uint32_t>(grids.size()))];
    const int cells = DrawEmptyCells(random);
    const std::vector<int32_t> order = random.NextPermutation(16);
    Sudoku4 puzzle = solution;
    for (int i = 0; i < cells; ++i) puzzle[order[i]] = 0;
    if (CountSolutions(puzzle) == 1) return {puzzle, solution};
  }
}

Sudoku4 CarelessAnswer(const Sudoku4& puzzle) {
  Sudoku4 out = puzzle;
  for (int row = 0; row < 4; ++row) {
    uint8_t* const cells = &out[4 * row];
    uint8_t next = 1;
    for (int i = 0; i < 4; ++i) {
      if (puzzle[4 * row + i] != 0) continue;
      const uint8_t* const given = &puzzle[4 * row];
      while (next <= 4 && std::find(given, given + 4, next) != given + 4) {
        ++next;
      }
      cells[i] = next++;
    }
  }
  return out;
}

}  // namespace mdrl
