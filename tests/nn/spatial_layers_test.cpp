// Layers around operations that have tests of their own: settings arrive, and bad ones are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/nn/pool2d.hpp"
#include "fovea/nn/rearrange.hpp"
#include "fovea/nn/upsample.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Variable images(const Shape& shape) { return Variable(Tensor::from(test::distinct_values(shape.numel(), 1), shape)); }
std::vector<double> values(const Variable& x) { return x.value().to_vector<double>(); }

TEST(SpatialLayers, PassTheirSettingsOn) {
  const Variable x = images({2, 6, 8, 4});
  EXPECT_EQ(values(AdaptiveAvgPool2d({3, 2}).forward(x)), values(adaptive_average_pool2d(x, {3, 2})));
  EXPECT_EQ(values(AdaptiveMaxPool2d({3, 2}).forward(x)), values(adaptive_max_pool2d(x, {3, 2})));
  EXPECT_EQ(values(GlobalMaxPool2d().forward(x)), values(global_max_pool2d(x)));
  EXPECT_EQ(values(L2Pool2d({.window = 3}).forward(x)), values(l2_pool2d(x, {.window = 3})));
  EXPECT_EQ(values(ChannelShuffle(2).forward(x)), values(channel_shuffle(x, 2)));
  EXPECT_EQ(values(PixelShuffle(2).forward(x)), values(pixel_shuffle(x, 2)));
  EXPECT_EQ(values(PixelUnshuffle(2).forward(x)), values(pixel_unshuffle(x, 2)));
  EXPECT_EQ(values(Pad2d({1, 2, 3, 0}, PadMode::reflect).forward(x)), values(pad2d(x, {1, 2, 3, 0}, PadMode::reflect)));
  EXPECT_EQ(values(Pad2d(1, PadMode::constant, 7).forward(x)), values(pad2d(x, 1, PadMode::constant, 7)));
}

TEST(Upsample, ByAFactorOrToASize) {
  const Variable x = images({1, 4, 6, 2});
  EXPECT_EQ(values(Upsample({.factor = 2}).forward(x)), values(nearest_unpool2d(x, 2)));
  EXPECT_EQ(Upsample({.factor = 1.6}).forward(x).shape(), (Shape{1, 6, 9, 2}));
  const ResizeOptions corners{.interpolation = Interpolation::bicubic, .align_corners = true};
  EXPECT_EQ(values(Upsample({.output = {3, 9}, .interpolation = Interpolation::bicubic, .align_corners = true}).forward(x)),
            values(resize2d(x, {3, 9}, corners)));
  for (const UpsampleOptions& bad :
       {UpsampleOptions{}, UpsampleOptions{.factor = 2, .output = 4}, UpsampleOptions{.factor = -1}, UpsampleOptions{.output = {3, 0}}})
    EXPECT_THAT([&] { Upsample layer(bad); },
                ThrowsMessage<OptionError>(HasSubstr("[upsample] wants either a positive factor or an output")));
}

TEST(MaxUnpool2d, TheSizeFollowsFromTheGeometry) {
  const Variable x = images({2, 8, 6, 3});
  for (const Pool2dGeometry& geometry : {Pool2dGeometry{}, Pool2dGeometry{.window = {4, 2}, .stride = {4, 2}}}) {
    const MaxPool2dResult pooled = max_pool2d_with_indices(x, geometry);
    EXPECT_EQ(values(MaxUnpool2d(geometry).forward(pooled.output, pooled.indices)),
              values(max_unpool2d(pooled.output, pooled.indices, {8, 6})));
  }
  const MaxPool2dResult pooled = max_pool2d_with_indices(images({1, 5, 5, 1}));
  EXPECT_EQ(MaxUnpool2d().forward(pooled.output, pooled.indices, 5).shape(), (Shape{1, 5, 5, 1}));
  EXPECT_THAT([] { MaxUnpool2d layer({.dilation = 2}); }, ThrowsMessage<OptionError>(HasSubstr("[max_unpool2d] knows no dilation")));
}

TEST(FractionalMaxPool2d, DrawsFromItsStream) {
  const Variable x = images({1, 25, 36, 2});
  FractionalMaxPool2d layer({.ratio = 1.4}), same({.ratio = 1.4});
  RandomStream a(3), b(3);
  layer.reset_parameters(a);
  same.reset_parameters(b);
  const Variable first = layer.forward(x);
  EXPECT_EQ(first.shape(), (Shape{1, 17, 25, 2}));
  EXPECT_EQ(values(first), values(same.forward(x)));
  EXPECT_NE(values(first), values(layer.forward(x)));
  EXPECT_EQ(FractionalMaxPool2d({.ratio = 50}).forward(x).shape(), (Shape{1, 1, 1, 2}));
  EXPECT_THAT([] { FractionalMaxPool2d bad({.ratio = 0.9}); },
              ThrowsMessage<OptionError>(HasSubstr("[fractional_max_pool2d] the ratio is at least 1, found 0.9")));
  EXPECT_THROW(layer.forward(Variable(Tensor::zeros({2, 3}))), ShapeError);
}

}  // namespace
}  // namespace fovea
