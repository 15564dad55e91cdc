// Conversions between floating types are exact or rounded once: the bits must be the reference's.
#include <cmath>
#include <limits>

#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

template <class From>
std::vector<From> awkward_values(std::int64_t count) {
  const double special[] = {0.0, -0.0, 1.0, 1 + 0x1p-8, 1 + 0x1p-9, 1 + 0x1.8p-8, 0x1p-126, 3e38, std::numeric_limits<double>::infinity()};
  RandomStream stream(19);
  std::vector<From> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<From>(i < std::size(special) ? special[i] : std::ldexp(stream.uniform(-1, 1), static_cast<int>(i % 60) - 30));
  return values;
}

template <class From, class To>
void check(const char* name, const kernels::KernelTable& table, std::vector<SelftestRow>& rows) {
  const auto tested = table.conversion.of<From, To>(), reference = kernels::reference_table().conversion.of<From, To>();
  if (tested == reference) return;
  SelftestRow row{.kernel = name, .table = table.name, .precision = "-"};
  if (tested == nullptr) row.failure = "the table has no such kernel";
  kernels::Context context;
  for (const std::int64_t count : kCounts) {
    if (tested == nullptr) break;
    const std::vector<From> x = awkward_values<From>(count);
    std::vector<To> actual(x.size()), expected(x.size());
    tested(context, count, x.data(), actual.data());
    reference(context, count, x.data(), expected.data());
    ++row.shapes;
    if (row.passed() && count > 0 && std::memcmp(actual.data(), expected.data(), actual.size() * sizeof(To)) != 0)
      row.failure = "shape " + std::to_string(row.shapes) + ": other bits than the reference";
  }
  rows.push_back(std::move(row));
}

}  // namespace

void check_conversions(const kernels::KernelTable& table, std::vector<SelftestRow>& rows) {
  check<float, bf16>("conversion.f32_to_bf16", table, rows);
  check<bf16, float>("conversion.bf16_to_f32", table, rows);
  check<double, bf16>("conversion.f64_to_bf16", table, rows);
  check<bf16, double>("conversion.bf16_to_f64", table, rows);
  check<float, double>("conversion.f32_to_f64", table, rows);
  check<double, float>("conversion.f64_to_f32", table, rows);
}

}  // namespace fovea::selftest_detail
