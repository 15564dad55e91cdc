#include "fovea/kernels/trace.hpp"

#include <gtest/gtest.h>

#include "conv2d_fixture.hpp"

namespace fovea {
namespace {

using kernels::Conv2dPass;
using kernels::MatmulShape;
using kernels::parse_trace_level;
using kernels::TraceLevel;

TEST(Trace, LevelsOfTheVariable) {
  EXPECT_EQ(parse_trace_level(""), TraceLevel::off);
  EXPECT_EQ(parse_trace_level("0"), TraceLevel::off);
  EXPECT_EQ(parse_trace_level("1"), TraceLevel::kernels);
  EXPECT_EQ(parse_trace_level("yes"), TraceLevel::kernels);
  EXPECT_EQ(parse_trace_level("2"), TraceLevel::operations);
}

TEST(Trace, AConvolutionIsDescribed) {
  const test::ConvCase plain{.name = "", .n = 2, .h = 8, .w = 6, .c = 4, .k = 5, .r = 3, .s = 1, .top = 1, .bottom = 1};
  EXPECT_EQ(describe(plain.shape(), Conv2dPass::backward_data, DType::f32, "direct", "cpu/avx2"),
            "conv2d backward_data direct f32 x[2,8,6,4] filter[5,3,1,4] y[2,8,6,5] stride 1x1 padding 1,0 (cpu/avx2)");
  EXPECT_EQ(operations_of(plain.shape()), 2.0 * 2 * 8 * 6 * 5 * 3 * 4);
  const test::ConvCase grouped{.name = "",
                               .n = 1,
                               .h = 9,
                               .w = 9,
                               .c = 4,
                               .k = 6,
                               .r = 2,
                               .s = 2,
                               .stride_h = 2,
                               .stride_w = 1,
                               .dilation_h = 1,
                               .dilation_w = 3,
                               .groups = 2};
  EXPECT_EQ(describe(grouped.shape(), Conv2dPass::forward, DType::f64, "reference", "cpu/avx512"),
            "conv2d forward reference f64 x[1,9,9,4] filter[6,2,2,2] y[1,4,6,6] stride 2x1 padding 0,0 dilation 1x3 groups 2 (cpu/avx512)");
  EXPECT_EQ(operations_of(grouped.shape()), 2.0 * 4 * 6 * 6 * 2 * 2 * 2);
}

TEST(Trace, AMatrixProductIsDescribed) {
  const MatmulShape shape{.m = 3, .n = 5, .k = 7, .transpose_a = true, .a_stride = 3, .b_stride = 5, .y_stride = 5};
  EXPECT_EQ(describe(shape, DType::f32, "cpu/portable"), "matmul f32 [7,3]^T [7,5] (cpu/portable)");
  EXPECT_EQ(operations_of(shape), 2.0 * 3 * 5 * 7);
}

TEST(Trace, EveryConvolutionKernelHasAName) {
  const test::ConvCase plain{.name = "", .n = 2, .h = 8, .w = 6, .c = 4, .k = 5, .r = 3, .s = 3};
  const test::ConvCase depthwise{.name = "", .n = 2, .h = 8, .w = 6, .c = 4, .k = 4, .r = 3, .s = 3, .groups = 4};
  const auto& active = kernels::table().f32.conv2d;
  for (const Conv2dPass pass : {Conv2dPass::forward, Conv2dPass::backward_data, Conv2dPass::backward_filter}) {
    EXPECT_STRNE(active.kernel_name(plain.shape(), pass), "");
    EXPECT_STREQ(active.kernel_name(depthwise.shape(), pass), "depthwise");
    EXPECT_STREQ(kernels::reference_table().f32.conv2d.kernel_name(plain.shape(), pass), "reference");
    EXPECT_STREQ(kernels::table().f64.conv2d.kernel_name(plain.shape(), pass), "reference");
  }
}

}  // namespace
}  // namespace fovea
