#include "fovea/autograd/ops/pad2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/pixel_shuffle.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64, test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  Shape x;
  Padding padding;
  PadMode mode;
  double value = 0;
};

const Case kCases[] = {
    {{2, 3, 4, 2}, {1, 2, 0, 3}, PadMode::constant},      {{1, 3, 4, 17}, {1, 0, 2, 1}, PadMode::constant, -1.5},
    {{2, 5, 6, 3}, {-1, 2, 1, -3}, PadMode::constant, 4}, {{1, 4, 5, 2}, {3, 1, 2, 4}, PadMode::reflect},
    {{1, 4, 5, 1}, {-2, 3, 4, -1}, PadMode::reflect},     {{1, 3, 4, 2}, {4, 1, 0, 6}, PadMode::replicate},
    {{2, 1, 1, 3}, {2, 2, 2, 2}, PadMode::replicate},     {{1, 3, 4, 2}, {3, 1, 2, 4}, PadMode::circular},
    {{1, 3, 4, 2}, {-1, 3, 1, -2}, PadMode::circular},    {{0, 3, 4, 2}, {1, 1, 1, 1}, PadMode::reflect},
    {{2, 3, 4, 0}, {1, 1, 1, 1}, PadMode::constant, 3},   {{1, 3, 4, 2}, {0, 0, 0, 0}, PadMode::circular},
    {{1, 0, 2, 2}, {1, 2, 0, 0}, PadMode::constant, 2},
};

Tensor oracle(const Tensor& x, const Padding& p, PadMode mode, double value) {
  const std::int64_t h = x.extent(1), w = x.extent(2), c = x.extent(3);
  // Walks from outside to the place that is copied, one rule after the other.
  const auto place = [&](std::int64_t i, std::int64_t extent) -> std::int64_t {
    if (i >= 0 && i < extent) return i;
    if (mode == PadMode::reflect) return i < 0 ? -i : extent - 1 - (i - (extent - 1));
    if (mode == PadMode::replicate) return i < 0 ? 0 : extent - 1;
    if (mode == PadMode::circular) return ((i % extent) + extent) % extent;
    return -1;
  };
  std::vector<double> y;
  for (std::int64_t n = 0; n < x.extent(0); ++n)
    for (std::int64_t i = -p.top; i < h + p.bottom; ++i)
      for (std::int64_t j = -p.left; j < w + p.right; ++j)
        for (std::int64_t channel = 0; channel < c; ++channel) {
          const std::int64_t row = place(i, h), column = place(j, w);
          y.push_back(row < 0 || column < 0 ? value : x.data<double>()[((n * h + row) * w + column) * c + channel]);
        }
  return Tensor::from(y, {x.extent(0), h + p.top + p.bottom, w + p.left + p.right, c});
}

TEST(Pad2d, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.x, 1);
    EXPECT_TRUE(test::identical(pad2d(Variable(x), c.padding, c.mode, c.value).value(), oracle(x, c.padding, c.mode, c.value)))
        << c.x.to_string() << static_cast<int>(c.mode);
    EXPECT_TRUE(test::identical(pad2d(Variable(test::integers(c.x, 1).to(DType::bf16)), c.padding, c.mode, c.value).value(),
                                oracle(test::integers(c.x, 1), c.padding, c.mode, c.value).to(DType::bf16)))
        << c.x.to_string() << static_cast<int>(c.mode);
  }
}

TEST(Pad2d, Gradients) {
  for (const Case& c : kCases) {
    const auto f = [&](const auto& in) { return pad2d(in[0], c.padding, c.mode, c.value); };
    EXPECT_TRUE(gradients_match(f, {uniform(c.x, 1)})) << c.x.to_string() << static_cast<int>(c.mode);
    EXPECT_TRUE(f32_follows_f64(f, {uniform(c.x, 1)})) << c.x.to_string() << static_cast<int>(c.mode);
  }
}

TEST(Pad2d, TheFourModes) {
  const Variable x(test::f32({1, 2, 3}, {1, 1, 3, 1}));
  const auto padded = [&](PadMode mode) { return pad2d(x, {0, 0, 2, 2}, mode, 9).value().to_vector<float>(); };
  EXPECT_THAT(padded(PadMode::constant), ElementsAre(9, 9, 1, 2, 3, 9, 9));
  EXPECT_THAT(padded(PadMode::reflect), ElementsAre(3, 2, 1, 2, 3, 2, 1));
  EXPECT_THAT(padded(PadMode::replicate), ElementsAre(1, 1, 1, 2, 3, 3, 3));
  EXPECT_THAT(padded(PadMode::circular), ElementsAre(2, 3, 1, 2, 3, 1, 2));
}

TEST(Pad2d, CropCutsOff) {
  const Tensor x = uniform({2, 5, 6, 3}, 1);
  EXPECT_TRUE(test::identical(crop2d(pad2d(Variable(x), {1, 2, 3, 4}), {1, 2, 3, 4}).value(), x));
  EXPECT_THAT([&] { crop2d(Variable(x), {0, -1, 0, 0}); }, ThrowsMessage<ShapeError>(HasSubstr("[crop2d] what is cut off is at least 0")));
}

TEST(Pad2d, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({1, 3, 4, 2}));
  EXPECT_THAT(
      [&] {
        pad2d(x, {-2, -1, 0, 0});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[pad2d] -2 and -1 around 3 of input [1,3,4,2] leave nothing or more than 1073741824")));
  EXPECT_THAT([&] { pad2d(x, {INT64_MAX, 0, 0, 0}); }, ThrowsMessage<ShapeError>(HasSubstr("leave nothing or more than")));
  EXPECT_THAT(
      [&] {
        pad2d(x, {3, 0, 0, 0}, PadMode::reflect);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[pad2d] reflect continues 3 rows or columns by at most 2, found 3 and 0 for input [1,3,4,2]")));
  EXPECT_THAT(
      [&] {
        pad2d(x, {0, 0, 0, 5}, PadMode::circular);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[pad2d] circular continues 4 rows or columns by at most 4")));
  EXPECT_THAT(
      [] {
        pad2d(Variable(Tensor::zeros({1, 0, 4, 2})), {1, 1, 1, 1}, PadMode::replicate);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[pad2d] replicate continues 0 rows or columns by at most 0")));
  EXPECT_THAT(
      [] {
        pad2d(Variable(Tensor::zeros({3, 4})), 1);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[pad2d] input wants 4 axes [N,H,W,C], found [3,4]")));
  EXPECT_THAT(
      [] {
        pad2d(Variable(Tensor::zeros({1, 3, 4, 2}, DType::i32)), 1);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[pad2d] wants f32, f64 or bf16, found i32")));
  EXPECT_THAT([] { pad2d({}, 1); }, ThrowsMessage<ShapeError>(HasSubstr("[pad2d] input 0 is undefined")));
}

TEST(PixelShuffle, ChannelsBecomeSquares) {
  const Variable x(test::f32({1, 2, 3, 4, 5, 6, 7, 8}, {1, 1, 2, 4}));
  const Variable y = pixel_shuffle(x, 2);
  EXPECT_EQ(y.shape(), (Shape{1, 2, 4, 1}));
  EXPECT_THAT(y.value().to_vector<float>(), ElementsAre(1, 2, 5, 6, 3, 4, 7, 8));
  EXPECT_TRUE(test::identical(pixel_unshuffle(y, 2).value(), x.value()));
}

TEST(PixelShuffle, Gradients) {
  for (const Shape& shape : {Shape{2, 3, 2, 8}, Shape{1, 1, 1, 4}, Shape{0, 2, 2, 4}}) {
    const auto f = [](const auto& in) { return pixel_shuffle(in[0], 2); };
    EXPECT_TRUE(gradients_match(f, {uniform(shape, 1)})) << shape.to_string();
    EXPECT_TRUE(f32_follows_f64(f, {uniform(shape, 1)})) << shape.to_string();
  }
  for (const Shape& shape : {Shape{2, 3, 6, 2}, Shape{1, 3, 3, 1}, Shape{0, 6, 3, 4}}) {
    const auto f = [](const auto& in) { return pixel_unshuffle(in[0], 3); };
    EXPECT_TRUE(gradients_match(f, {uniform(shape, 1)})) << shape.to_string();
  }
}

TEST(PixelShuffle, RefusesWhatDoesNotFit) {
  EXPECT_THAT(
      [] {
        pixel_shuffle(Variable(Tensor::zeros({1, 2, 2, 6})), 2);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[pixel_shuffle] the channels of [1,2,2,6] are not a multiple of 2 x 2")));
  EXPECT_THAT(
      [] {
        pixel_unshuffle(Variable(Tensor::zeros({1, 4, 5, 1})), 2);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[pixel_unshuffle] rows and columns of [1,4,5,1] are not multiples of 2")));
  EXPECT_THAT(
      [] {
        pixel_shuffle(Variable(Tensor::zeros({1, 2, 2, 4})), 0);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[pixel_shuffle] the factor is in [1, 32768], found 0")));
  EXPECT_THROW(pixel_shuffle(Variable(Tensor::zeros({2, 4})), 2), ShapeError);
}

}  // namespace
}  // namespace fovea
