// What stands between the backbones and the heads of SSD, YOLOv2 and RetinaNet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/models/extra_maps.hpp"
#include "fovea/models/passthrough.hpp"
#include "fovea/models/vgg_atrous.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Variable random_map(const Shape& shape, std::uint64_t seed) {
  return Variable(Tensor::from(test::random_values<float>(shape.numel(), seed), shape));
}

std::vector<std::int64_t> sides_of(const FeatureMaps& maps) {
  std::vector<std::int64_t> sides;
  for (const FeatureMap& map : maps) sides.push_back(map.tensor.extent(1));
  return sides;
}

TEST(Ssd300, MapsHaveThePapersSides) {
  VggAtrous backbone({.width_multiplier = 0.0625});
  ExtraMaps neck(backbone.output_shape(8), ssd300_extra_maps());
  initialize(backbone, 1);
  initialize(neck, 1);
  const NoGradGuard no_grad;
  const FeatureMaps maps = neck.forward(backbone.feature_maps(Variable(Tensor::full({1, 300, 300, 3}, 0.5)), 8));
  EXPECT_THAT(sides_of(maps), ElementsAre(38, 19, 10, 5, 3, 1)) << "figure 2";
  ASSERT_EQ(neck.output_shape().size(), maps.size());
  for (std::size_t i = 0; i < maps.size(); ++i) {
    EXPECT_EQ(maps[i].shape, neck.output_shape()[i]);
    EXPECT_EQ(maps[i].tensor.extent(3), maps[i].shape.channels);
  }
}

TEST(Ssd300, ParametersArePapers) {
  VggAtrous backbone;
  ExtraMaps neck(backbone.output_shape(8), ssd300_extra_maps());
  std::int64_t count = 0;
  for (const NamedParameter& p : backbone.parameters()) count += p.variable.value().numel();
  // 14,714,688 of VGG-16's convolutions, 512 9 1024 + 1024 and 1024 1024 + 1024.
  EXPECT_EQ(count, 14714688 + 4719616 + 1049600);
  EXPECT_EQ(neck.parameters().size(), 17u) << "eight convolutions with biases, one scale";
}

TEST(ExtraMaps, TheFinestMapGetsItsLength) {
  const std::vector<FeatureMapShape> inputs{{"a", 8, 6}, {"b", 16, 4}};
  ExtraMaps neck(inputs, {.maps = {{.channels = 4}}, .first_length = 20});
  const FeatureMaps maps = neck.forward({{inputs[0], random_map({2, 5, 5, 6}, 1)}, {inputs[1], random_map({2, 3, 3, 4}, 2)}});
  EXPECT_THAT(sides_of(maps), ElementsAre(5, 3, 2));
  EXPECT_EQ(maps[2].shape, (FeatureMapShape{"extra.0", 32, 4}));
  const std::vector<float> values = maps[0].tensor.value().to_vector<float>();
  for (std::size_t cell = 0; cell < values.size(); cell += 6) {
    double squares = 0;
    for (std::size_t c = 0; c < 6; ++c) squares += double{values[cell + c]} * values[cell + c];
    EXPECT_NEAR(std::sqrt(squares), 20, 1e-4);
  }
}

TEST(ExtraMaps, SayWhatIsWrong) {
  EXPECT_THAT([] { ExtraMaps({}, {}); }, ThrowsMessage<OptionError>(HasSubstr("no feature maps")));
  EXPECT_THAT([] { ExtraMaps({{"a", 8, 4}}, {.maps = {{.channels = 1}}}); }, ThrowsMessage<OptionError>(HasSubstr("found 1")));
  EXPECT_THAT([] { VggAtrous({.width_multiplier = 0}); }, ThrowsMessage<OptionError>(HasSubstr("(0, 16], found 0")));
}

/// Darknet's reorg_cpu as it is written there, channels first: the result is filled where the input stands.
TEST(Reorg, IsDarknetsOrder) {
  const std::int64_t h = 4, w = 6, c = 8, stride = 2, deep = c / 4;
  const Variable x = random_map({1, h, w, c}, 3);
  const Tensor result = reorg(x, stride).value();
  ASSERT_EQ(result.shape(), (Shape{1, h / 2, w / 2, 4 * c}));
  const auto input = [&](std::int64_t flat) {  // at a place of the channels-first memory
    const std::int64_t channel = flat / (h * w), row = flat / w % h, column = flat % w;
    return x.value().data<float>()[(row * w + column) * c + channel];
  };
  for (std::int64_t k = 0; k < 4 * c; ++k)
    for (std::int64_t row = 0; row < h / 2; ++row)
      for (std::int64_t column = 0; column < w / 2; ++column) {
        // The memory is an image of `deep` channels, 2 h rows and 2 w columns; result [k][row][column], in the memory of c 4 x h/2 x w/2.
        const std::int64_t flat = (k * (h / 2) + row) * (w / 2) + column;
        const std::int64_t k_in = flat / (h * w), row_in = flat / w % h, column_in = flat % w;  // reorg_cpu's loops over c, h, w
        const std::int64_t offset = k_in / deep, channel = k_in % deep;
        const std::int64_t place =
            column_in * stride + offset % stride + w * stride * (row_in * stride + offset / stride + h * stride * channel);
        EXPECT_EQ(result.data<float>()[(row * (w / 2) + column) * 4 * c + k], input(place)) << k << ' ' << row << ' ' << column;
      }
}

TEST(Passthrough, OneMapOfBoth) {
  const std::vector<FeatureMapShape> inputs{{"fine", 16, 5}, {"coarse", 32, 7}};
  Passthrough neck(inputs, {.channels = 6, .finer = 4});
  const FeatureMaps maps = neck.forward({{inputs[0], random_map({2, 6, 8, 5}, 1)}, {inputs[1], random_map({2, 3, 4, 7}, 2)}});
  ASSERT_EQ(maps.size(), 1u);
  EXPECT_EQ(maps[0].shape, (FeatureMapShape{"passthrough", 32, 22}));
  EXPECT_EQ(maps[0].tensor.shape(), (Shape{2, 3, 4, 22}));
  EXPECT_EQ(neck.output_shape().front(), maps[0].shape);
  EXPECT_THAT([&] { Passthrough({inputs[0]}, {}); }, ThrowsMessage<OptionError>(HasSubstr("expected two feature maps")));
  EXPECT_THAT([&] { Passthrough(inputs, {.finer = 6}); }, ThrowsMessage<OptionError>(HasSubstr("multiple of 4")));
  EXPECT_THAT([&] { reorg(random_map({1, 3, 4, 8}, 1), 2); }, ThrowsMessage<ShapeError>(HasSubstr("cannot be cut into cells of 2x2")));
}

}  // namespace
}  // namespace fovea
