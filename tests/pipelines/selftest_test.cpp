#include "fovea/pipelines/selftest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <set>

#include "fovea/base/cpu_features.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;

const SelftestRow* find(const std::vector<SelftestRow>& rows, const std::string& kernel) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const SelftestRow& candidate) { return candidate.kernel == kernel; });
  return row == rows.end() ? nullptr : &*row;
}

TEST(Selftest, EveryKernelOfTheActiveSetPasses) {
  const std::vector<SelftestRow> rows = selftest(kernels::cpu_table(active_isa()));
  for (const SelftestRow& row : rows) {
    EXPECT_TRUE(row.passed()) << row.kernel << ' ' << row.precision << ": " << row.failure;
    EXPECT_GE(row.shapes, 5) << row.kernel;
    EXPECT_LE(row.largest_error, row.tolerance) << row.kernel;
    EXPECT_EQ(row.table, std::string("cpu/") + name_of(active_isa()));
  }
  for (const char* kernel : {"conv2d.forward", "conv2d.backward_data", "conv2d.backward_filter", "matmul.forward", "pool2d.max_forward",
                             "batch_norm.backward", "elementwise.dropout", "reduce.sum_rows", "softmax.cross_entropy", "optimizer.adamw"})
    EXPECT_NE(find(rows, kernel), nullptr) << kernel;
}

TEST(Selftest, TheReferenceHasNothingOfItsOwn) { EXPECT_TRUE(selftest(kernels::reference_table()).empty()); }

/// Wrong in one element out of many, by little.
void slightly_wrong_add(kernels::Context& context, std::int64_t count, const float* a, const float* b, float* y) {
  kernels::cpu_table(active_isa()).f32.elementwise.add(context, count, a, b, y);
  if (count > 100) y[100] *= 1.0001f;
}

/// Right within the tolerance, but another last bit for every number of threads.
void thread_dependent_relu(kernels::Context& context, std::int64_t count, const float* x, float* y) {
  kernels::cpu_table(active_isa()).f32.elementwise.relu(context, count, x, y);
  static int calls = 0;
  for (std::int64_t i = 0; i < count; ++i) y[i] *= ++calls % 2 == 0 ? 1 : 1 + 0x1p-23f;
}

void truncated(kernels::Context&, std::int64_t count, const float* x, bf16* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = bf16::from_bits(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x[i]) >> 16));
}

void never_written(kernels::Context&, const kernels::Conv2dShape&, const float*, const float*, float*, void*) {}

TEST(Selftest, APlantedFaultIsFound) {
  kernels::KernelTable table = kernels::cpu_table(active_isa());
  table.f32.elementwise.add = slightly_wrong_add;
  table.f32.elementwise.relu = thread_dependent_relu;
  table.f32.conv2d.backward_filter = never_written;
  table.f32.reduce.sum = nullptr;
  table.conversion.f32_to_bf16 = truncated;
  const std::vector<SelftestRow> rows = selftest(table);
  EXPECT_THAT(find(rows, "elementwise.add")->failure, HasSubstr("element 100 is"));
  EXPECT_THAT(find(rows, "elementwise.relu")->failure, HasSubstr("other bits with all threads"));
  EXPECT_FALSE(find(rows, "conv2d.backward_filter")->passed());
  EXPECT_THAT(find(rows, "reduce.sum")->failure, HasSubstr("no such kernel"));
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](const SelftestRow& row) { return !row.passed(); }), 5);
  EXPECT_THAT(find(rows, "conversion.f32_to_bf16")->failure, HasSubstr("other bits than the reference"));
  EXPECT_THAT(to_text(rows), HasSubstr("5 of "));
  const Json json = to_json(rows);
  EXPECT_EQ(json["passed"], false);
  EXPECT_EQ(json["kernels"].size(), rows.size());
}

}  // namespace
}  // namespace fovea
