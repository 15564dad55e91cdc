#include "fovea/models/feature_pyramid.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/base/error.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<FeatureMapShape> kInputs{{"a", 4, 3}, {"b", 8, 5}, {"c", 16, 7}};

FeatureMaps maps_of(const std::vector<Shape>& shapes, DType dtype = DType::f32) {
  FeatureMaps maps;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    maps.push_back({kInputs[i], Variable(Tensor::from(test::random_values<float>(shapes[i].numel(), i + 1), shapes[i]).to(dtype))});
  return maps;
}
const std::vector<Shape> kOdd{{2, 7, 5, 3}, {2, 4, 3, 5}, {2, 2, 2, 7}};  // halves rounded up

TEST(FeaturePyramid, MapsAreAsAnnounced) {
  for (const bool depthwise : {false, true}) {
    FeaturePyramid pyramid(kInputs, {.channels = 6, .depthwise = depthwise});
    EXPECT_THAT(pyramid.output_shape(),
                ElementsAre(FeatureMapShape{"pyramid.0", 4, 6}, FeatureMapShape{"pyramid.1", 8, 6}, FeatureMapShape{"pyramid.2", 16, 6}));
    const FeatureMaps results = pyramid.forward(maps_of(kOdd));
    ASSERT_EQ(results.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(results[i].shape, pyramid.output_shape()[i]);
      EXPECT_EQ(results[i].tensor.shape(), (Shape{2, kOdd[i].at(1), kOdd[i].at(2), 6}));
    }
    EXPECT_EQ(pyramid.parameters().front().name, "lateral.0.0.weight");
    EXPECT_EQ(pyramid.parameters().back().name, depthwise ? "output.2.1.1.bias" : "output.2.1.bias");
  }
}

TEST(FeaturePyramid, ExtraLevelsHalveTheCoarsestMapThatComesIn) {
  FeaturePyramid pyramid(kInputs, {.channels = 6, .extra_levels = 2});
  const std::vector<FeatureMapShape> shapes = pyramid.output_shape();
  ASSERT_EQ(shapes.size(), 5u);
  EXPECT_EQ(shapes[3], (FeatureMapShape{"pyramid.3", 32, 6}));
  EXPECT_EQ(shapes[4], (FeatureMapShape{"pyramid.4", 64, 6}));
  const FeatureMaps results = pyramid.forward(maps_of(kOdd));
  ASSERT_EQ(results.size(), 5u);
  for (std::size_t i = 3; i < 5; ++i) {
    EXPECT_EQ(results[i].shape, shapes[i]);
    EXPECT_EQ(results[i].tensor.shape(), (Shape{2, 1, 1, 6}));
  }
  const auto parameters = pyramid.parameters();
  EXPECT_EQ(parameters.back().name, "extra.1.1.bias");
  EXPECT_THAT([] { FeaturePyramid(kInputs, {.extra_levels = 9}); },
              ThrowsMessage<OptionError>(HasSubstr("extra levels are 0 to 8, found 9")));
}

/// What reaches the finest result from the coarsest map, and the other way around.
TEST(FeaturePyramid, KnowledgeFlowsFromCoarseToFine) {
  FeaturePyramid pyramid(kInputs, {.channels = 6});
  pyramid.eval();
  FeatureMaps maps = maps_of(kOdd);
  const FeatureMaps before = pyramid.forward(maps);
  const auto changed_by = [&](std::size_t level) {
    FeatureMaps changed = maps;
    changed[level].tensor = changed[level].tensor + Variable(Tensor::full(kOdd[level], 1));
    const FeatureMaps after = pyramid.forward(changed);
    std::vector<bool> differs;
    for (std::size_t i = 0; i < 3; ++i)
      differs.push_back(after[i].tensor.value().to_vector<float>() != before[i].tensor.value().to_vector<float>());
    return differs;
  };
  EXPECT_THAT(changed_by(0), ElementsAre(true, false, false));
  EXPECT_THAT(changed_by(1), ElementsAre(true, true, false));
  EXPECT_THAT(changed_by(2), ElementsAre(true, true, true));
}

TEST(FeaturePyramid, SaysWhatIsWrong) {
  EXPECT_THAT([] { FeaturePyramid({}); }, ThrowsMessage<OptionError>(HasSubstr("there are no feature maps to begin with")));
  EXPECT_THAT([] { FeaturePyramid(kInputs, {.channels = 0}); }, ThrowsMessage<OptionError>(HasSubstr("channels is at least 1, found 0")));
  FeaturePyramid pyramid(kInputs);
  EXPECT_THAT([&] { pyramid.forward({}); }, ThrowsMessage<ShapeError>(HasSubstr("expected 3 feature maps, found 0")));
}

}  // namespace
}  // namespace fovea
