// Networks for pixels: images of any size, sizes said beforehand, gradients of all parameters.
#include "fovea/models/segmentation_network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/backbone_unet.hpp"
#include "fovea/models/deeplab.hpp"
#include "fovea/models/fcn.hpp"
#include "fovea/models/mobilenet_v1.hpp"
#include "fovea/models/resnet.hpp"
#include "fovea/models/unet.hpp"
#include "fovea/models/unpooling_network.hpp"
#include "fovea/models/vgg.hpp"
#include "model_checks.hpp"
#include "support/gradient_check.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::unique_ptr<Backbone> narrow_vgg(bool pooled) {
  VggOptions options = vgg_options(11);
  options.classes = 0, options.widths = {2, 3, 4, 5, 6}, options.pooled_maps = pooled;
  return std::make_unique<Vgg>(options);
}

std::unique_ptr<Backbone> narrow_resnet(std::int64_t output_stride) {
  ResNetOptions options = resnet_options(18);
  options.classes = 0, options.widths = {4, 5, 6, 7}, options.output_stride = output_stride;
  return std::make_unique<ResNet>(options);
}

struct Case {
  const char* name;
  std::function<std::unique_ptr<SegmentationNetwork>()> make;  // for images of 3 channels and 3 classes
};

const std::vector<Case>& cases() {
  using Border = UNetOptions::Border;
  static const std::vector<Case> all = {
      {"UNet",
       [] {
         return std::make_unique<UNet>(UNetOptions{.classes = 3, .widths = {4, 6, 8}});
       }},
      {"UNetMirrored",
       [] {
         return std::make_unique<UNet>(UNetOptions{.classes = 3, .widths = {4, 6}, .border = Border::mirror, .dropout = 0.5});
       }},
      {"UNetBilinear",
       [] {
         return std::make_unique<UNet>(
             UNetOptions{.classes = 3, .widths = {4, 6, 8}, .norm = DoubleConvOptions::Norm::group, .up = UNetOptions::Up::bilinear});
       }},
      {"UNetZeroEdges",
       [] {
         return std::make_unique<UNet>(UNetOptions{.classes = 3, .widths = {4, 6, 8}, .edges = EdgeFill::zero});
       }},
      {"BackboneUNet",
       [] { return std::make_unique<BackboneUNet>(narrow_resnet(32), BackboneUNetOptions{.classes = 3, .width = 3, .most_width = 8}); }},
      {"FcnOnVgg", [] { return std::make_unique<Fcn>(narrow_vgg(true), FcnOptions{.classes = 3, .hidden = 8}); }},
      {"FcnOnDilatedResNet", [] { return std::make_unique<Fcn>(narrow_resnet(16), FcnOptions{.classes = 3, .hidden = 0}); }},
      {"DeepLab",
       [] {
         return std::make_unique<DeepLab>(narrow_resnet(8), DeepLabOptions{.classes = 3, .pyramid = {.width = 6, .rates = {2, 4}}});
       }},
      {"SegNet",
       [] {
         return std::make_unique<UnpoolingNetwork>(UnpoolingNetworkOptions{.classes = 3, .convolutions = {1, 2}, .widths = {4, 6}});
       }},
      {"DeconvolutionNetwork",
       [] {
         return std::make_unique<UnpoolingNetwork>(
             UnpoolingNetworkOptions{.classes = 3, .convolutions = {1, 2}, .widths = {4, 6}, .hidden = 8});
       }},
  };
  return all;
}

/// Rows of logits, one a pixel, as the checks of classifiers want them.
class Rows final : public Layer {
 public:
  explicit Rows(Layer& network) : net(network) { register_module("net", net); }
  Variable forward(const Variable& x) override { return reshape(net(x), {x.extent(0) * x.extent(1) * x.extent(2), -1}); }
  Layer& net;
};

class SegmentationNetworkTest : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(All, SegmentationNetworkTest, testing::ValuesIn(cases()), [](const auto& test) { return test.param.name; });

TEST_P(SegmentationNetworkTest, TakesImagesOfAnySize) {
  const auto network = GetParam().make();
  network->eval();
  const NoGradGuard no_grad;
  for (const Extent2 size : {Extent2{1, 1}, Extent2{1, 40}, Extent2{31, 33}, Extent2{64, 32}, Extent2{45, 2}}) {
    const Tensor logits = network->forward(Variable(test::random_images({1, size.height, size.width, 3}, 1))).value();
    EXPECT_EQ(logits.shape(), (Shape{1, size.height, size.width, 3}));
    for (const float value : logits.span<float>()) ASSERT_TRUE(std::isfinite(value));
  }
  EXPECT_EQ(network->forward(Variable(Tensor::zeros({0, 33, 64, 3}))).shape(), (Shape{0, 33, 64, 3}));
  EXPECT_THROW(network->forward(Variable(Tensor::zeros({1, 0, 8, 3}))), ShapeError);
  EXPECT_THROW(network->forward(Variable(Tensor::zeros({1, 32, 32, 4}))), ShapeError);
  EXPECT_THROW(network->forward(Variable(Tensor::zeros({32, 32, 3}))), ShapeError);
}

TEST_P(SegmentationNetworkTest, GradientsReachEveryParameter) {
  const auto network = GetParam().make();
  Rows rows(*network);
  initialize(rows, 1);
  backward(cross_entropy(rows(Variable(test::random_images({2, 65, 64, 3}, 4))), test::random_targets(2 * 65 * 64, 3, 5)));
  for (const NamedParameter& parameter : rows.parameters()) {
    ASSERT_TRUE(parameter.variable.grad().defined()) << parameter.name;
    double magnitude = 0;
    for (const float value : parameter.variable.grad().span<float>()) magnitude += std::abs(value);
    EXPECT_GT(magnitude, 0) << parameter.name;
    EXPECT_LT(magnitude, 1e9) << parameter.name;
  }
}

TEST_P(SegmentationNetworkTest, TrainingDoesNotDependOnThreads) {
  const auto network = GetParam().make();
  Rows rows(*network);
  const Tensor images = test::random_images({2, 32, 33, 3}, 2), targets = test::random_targets(2 * 32 * 33, 3, 3);
  EXPECT_TRUE(test::training_pass(rows, images, targets, 3) == test::training_pass(rows, images, targets, 1));
}

/// Element i of a line that is mirrored at both ends for ever.
std::int64_t mirrored_index(std::int64_t i, std::int64_t extent) {
  if (extent == 1) return 0;
  const std::int64_t period = 2 * (extent - 1), place = ((i % period) + period) % period;
  return place < extent ? place : period - place;
}

TEST(GrownImage, MirrorsAsOftenAsNeeded) {
  const Padding padding{9, 5, 2, 11};
  for (const Extent2 size : {Extent2{1, 1}, Extent2{2, 3}, Extent2{5, 1}, Extent2{7, 4}}) {
    const Tensor x = test::random_images({2, size.height, size.width, 2}, 1);
    const Tensor grown = grown_image(Variable(x), padding, EdgeFill::mirror).value();
    ASSERT_EQ(grown.shape(), (Shape{2, size.height + 14, size.width + 13, 2}));
    const std::int64_t rows = grown.extent(1), columns = grown.extent(2);
    for (std::int64_t n = 0; n < 2; ++n)
      for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
          for (std::int64_t c = 0; c < 2; ++c) {
            const std::int64_t row = mirrored_index(i - 9, size.height), column = mirrored_index(j - 2, size.width);
            ASSERT_EQ(grown.data<float>()[((n * rows + i) * columns + j) * 2 + c],
                      x.data<float>()[((n * size.height + row) * size.width + column) * 2 + c])
                << i << "," << j << " of " << size.height << "x" << size.width;
          }
  }
}

TEST(GrownImage, Gradients) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 3, 2, 2}, Shape{1, 2, 5, 1}, Shape{0, 3, 3, 1}})
    for (const EdgeFill fill : {EdgeFill::mirror, EdgeFill::zero})
      EXPECT_TRUE(test::gradients_match(
          [&](const auto& in) {
            return grown_image(in[0], {4, 0, 1, 7}, fill);
          },
          {Tensor::from(test::random_values<double>(shape.numel(), 3), shape)}))
          << shape.to_string();
}

TEST(PaddingToMultiple, IsTheLeast) {
  EXPECT_EQ(padding_to_multiple({64, 33}, 32), (Padding{0, 0, 0, 31}));
  EXPECT_EQ(padding_to_multiple({1, 32}, 32), (Padding{0, 31, 0, 0}));
  EXPECT_EQ(padding_to_multiple({100, 300}, 32, 224), (Padding{0, 124, 0, 20}));
}

// The paper's figure 1, and what it says of other sizes: section 2, last paragraph.
TEST(UNetWithoutPadding, SaysItsSizeBeforehand) {
  using Border = UNetOptions::Border;
  const UNet paper({.channels = 1, .widths = {1, 1, 1, 1, 1}, .border = Border::valid, .norm = DoubleConvOptions::Norm::none});
  EXPECT_EQ(paper.output_size(572), Extent2(388));
  EXPECT_EQ(paper.padding_of(572), Padding{});
  EXPECT_EQ(paper.margin(), 184);
  EXPECT_EQ(paper.output_size({573, 185}), (Extent2{389, 1}));
  EXPECT_EQ(paper.padding_of({573, 185}), (Padding{0, 15, 0, 3}));  // 588 x 188
  EXPECT_THAT(
      [&] {
        paper.output_size({600, 184});
      },
      ThrowsMessage<ShapeError>(HasSubstr("184 pixels smaller on each axis: expected an image of at least 185x185, found 184x600")));
  const UNet mirrored({.widths = {1, 1, 1, 1, 1}, .border = Border::mirror});
  EXPECT_EQ(mirrored.output_size({388, 7}), (Extent2{388, 7}));
  EXPECT_EQ(mirrored.padding_of({388, 4}), (Padding{92, 92, 92, 92}));
  EXPECT_EQ(UNet({.widths = {1}, .border = Border::valid}).output_size(9), Extent2(5));
}

// In a valid network a result pixel sees no border: it is the same wherever the image is cut.
TEST(UNetWithoutPadding, ResultsDoNotKnowWhereTheImageEnds) {
  UNet network({.classes = 3, .widths = {4, 6, 8}, .border = UNetOptions::Border::valid});
  network.eval();
  const NoGradGuard no_grad;
  const std::int64_t shift = 4, margin = network.margin();  // a multiple of what pooling aligns to
  const Tensor image = test::random_images({1, 60, 60, 3}, 1);
  Tensor part = Tensor::empty({1, 52, 52, 3});
  for (std::int64_t i = 0; i < 52; ++i)
    std::copy_n(image.data<float>() + ((i + shift) * 60 + shift) * 3, 52 * 3, part.mutable_data<float>() + i * 52 * 3);
  const Tensor whole = network(Variable(image)).value(), cut = network(Variable(part)).value();
  ASSERT_EQ(whole.shape(), (Shape{1, 60 - margin, 60 - margin, 3}));
  for (std::int64_t i = 0; i < cut.extent(1); ++i)
    for (std::int64_t j = 0; j < cut.extent(2) * 3; ++j)
      ASSERT_NEAR(cut.data<float>()[i * cut.extent(2) * 3 + j], whole.data<float>()[(i + shift) * whole.extent(2) * 3 + shift * 3 + j],
                  1e-5);
}

TEST(LearnedUpsample, BeginsAsInterpolation) {
  LearnedUpsample up(2, 2);
  const Variable x(Tensor::from(std::vector<float>{0, 5, 4, 5, 8, 5}, {1, 1, 3, 2}));
  const Tensor y = up(x).value();
  ASSERT_EQ(y.shape(), (Shape{1, 2, 6, 2}));
  // Between the pixels a quarter and three quarters; along the border, where there is nothing beyond, less.
  for (std::int64_t j = 1; j < 5; ++j) EXPECT_FLOAT_EQ(y.data<float>()[2 * j] / 0.75F, static_cast<float>(2 * j - 1)) << j;
  for (std::int64_t j = 1; j < 5; ++j) EXPECT_FLOAT_EQ(y.data<float>()[2 * j + 1], 3.75F);
}

TEST(SegmentationNetworks, RefuseWhatDoesNotFit) {
  EXPECT_THAT(
      [] { Fcn(narrow_resnet(16), {.finest = 32}); },
      ThrowsMessage<OptionError>(HasSubstr("[fcn] expected a backbone with a map of stride 32 or more, found one whose coarsest has 16")));
  EXPECT_THROW(Fcn(narrow_vgg(true), {.classes = 1}), OptionError);
  EXPECT_THROW(Fcn(narrow_vgg(true), {.finest = 0}), OptionError);
  EXPECT_THROW(Fcn(narrow_vgg(true), {.hidden = -1}), OptionError);
  EXPECT_THROW(DeepLab(narrow_resnet(8), {.pyramid = {.rates = {}}}), OptionError);
  EXPECT_THROW(DeepLab(narrow_resnet(8), {.pyramid = {.rates = {0}}}), OptionError);
  EXPECT_THROW(DeepLab(narrow_resnet(8), {.pyramid = {.width = 0}}), OptionError);
  EXPECT_THROW(BackboneUNet(narrow_resnet(32), {.width = 0}), OptionError);
  EXPECT_THROW(UnpoolingNetwork({.convolutions = {1}, .widths = {4, 4}}), OptionError);
  EXPECT_THROW(UnpoolingNetwork({.convolutions = {1, 0}, .widths = {4, 4}}), OptionError);
  EXPECT_THROW(UnpoolingNetwork({.hidden = -1}), OptionError);
  EXPECT_THAT([] { narrow_resnet(4); }, ThrowsMessage<OptionError>(HasSubstr("[resnet] the output stride is 0 or at least 8, found 4")));
}

TEST(DilatedResNet, KeepsItsResolutionAndItsWeights) {
  const auto dilated = narrow_resnet(8), plain = narrow_resnet(32);
  EXPECT_EQ(test::state_names(*dilated), test::state_names(*plain));
  EXPECT_EQ(plain->output_shape().back().stride, 32);
  EXPECT_EQ(narrow_resnet(0)->output_shape().back().stride, 32);
  EXPECT_EQ(narrow_resnet(31)->output_shape().back().stride, 16) << "at most";
  const std::vector<FeatureMapShape> expected = {{"layer1", 4, 4}, {"layer4", 8, 7}};
  EXPECT_EQ(dilated->output_shape(), expected);
  dilated->eval();
  const FeatureMaps maps = dilated->feature_maps(Variable(test::random_images({1, 64, 72, 3}, 1)));
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_EQ(maps[1].tensor.shape(), (Shape{1, 8, 9, 7}));
}

TEST(PooledVgg, GivesWhatIsBehindTheMaxima) {
  const std::vector<FeatureMapShape> expected = {
      {"features.5", 4, 3}, {"features.10", 8, 4}, {"features.15", 16, 5}, {"features.20", 32, 6}};
  EXPECT_EQ(narrow_vgg(true)->output_shape(), expected);
}

}  // namespace
}  // namespace fovea
