// Results so large that they are written past the caches: the same bits as of stores through them, which results at odd addresses take.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "comparison.hpp"
#include "conv2d_fixture.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using test::ConvCase;

class StreamingTest : public testing::TestWithParam<ConvCase> {};

INSTANTIATE_TEST_SUITE_P(
    Shapes, StreamingTest,
    testing::Values(ConvCase{.name = "direct", .n = 2, .h = 460, .w = 457, .c = 5, .k = 16, .r = 1, .s = 1},
                    ConvCase{.name = "winograd", .n = 2, .h = 461, .w = 459, .c = 16, .k = 16, .r = 3, .s = 3, .top = 1, .left = 1}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_P(StreamingTest, TheAddressDoesNotChangeABit) {
  const kernels::Conv2dShape shape = GetParam().shape();
  const std::size_t bytes = static_cast<std::size_t>(test::y_count(shape)) * sizeof(float);
  ASSERT_GT(bytes, 24u << 20) << "too small to be streamed";
  const auto x = test::random_values<float>(test::x_count(shape), 1), filter = test::random_values<float>(test::filter_count(shape), 2);
  const auto& conv2d = kernels::table().f32.conv2d;
  kernels::Context context(2);
  test::Scratch packed(conv2d.packed_filter_bytes(shape)), workspace(conv2d.workspace_bytes(context, shape, kernels::Conv2dPass::forward));
  conv2d.pack_filter(context, shape, filter.data(), packed.data());
  test::Scratch whole(bytes), odd(bytes + sizeof(float));
  float* odd_y = static_cast<float*>(odd.data()) + 1;
  conv2d.forward(context, shape, x.data(), packed.data(), {}, static_cast<float*>(whole.data()), workspace.data());
  conv2d.forward(context, shape, x.data(), packed.data(), {}, odd_y, workspace.data());
  EXPECT_EQ(std::memcmp(whole.data(), odd_y, bytes), 0);
}

}  // namespace
}  // namespace fovea
