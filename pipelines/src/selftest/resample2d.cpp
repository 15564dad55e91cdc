#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

struct Resampling {
  std::int64_t n, c;
  std::int64_t rows, columns;  ///< taps of each place
};
constexpr Resampling kCases[] = {{2, 3, 1, 1}, {1, 17, 2, 2}, {2, 16, 4, 4}, {1, 37, 3, 5}, {1, 64, 0, 2}, {0, 4, 2, 2}, {2, 0, 2, 2}};

constexpr std::int64_t kHeight = 7, kWidth = 5, kRows = 9, kColumns = 11;

}  // namespace

template <class T>
void check_resample2d(Suite<T>& suite) {
  suite.check(
      "resample2d.apply", {.scale = Scale::terms}, kCases, [](const auto& kernels) { return kernels.resample2d.apply; },
      [](auto& run, const auto& kernels, const Resampling& r) {
        std::vector<std::int64_t> row_begins, column_begins;
        std::vector<std::int32_t> row_indices, column_indices;
        for (std::int64_t i = 0; i <= kRows; ++i) row_begins.push_back(i * r.rows);
        for (std::int64_t j = 0; j <= kColumns; ++j) column_begins.push_back(j * r.columns);
        for (std::int64_t k = 0; k < kRows * r.rows; ++k) row_indices.push_back(static_cast<std::int32_t>(k * 3 % kHeight));
        for (std::int64_t k = 0; k < kColumns * r.columns; ++k) column_indices.push_back(static_cast<std::int32_t>(k * 2 % kWidth));
        const auto rows = run.weights(kRows * r.rows), columns = run.weights(kColumns * r.columns);
        const auto x = run.values(r.n * kHeight * kWidth * r.c);
        auto y = run.empty(r.n * kRows * kColumns * r.c);
        kernels.resample2d.apply(run.context(), {r.n, kHeight, kWidth, r.c, kRows, kColumns, r.c, r.c},
                                 {row_begins.data(), row_indices.data(), rows.data()},
                                 {column_begins.data(), column_indices.data(), columns.data()}, x.data(), y.data());
        run.result(y);
      });
}
template void check_resample2d(Suite<float>&);
template void check_resample2d(Suite<bf16>&);

}  // namespace fovea::selftest_detail
