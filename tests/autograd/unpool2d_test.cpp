#include "fovea/autograd/ops/unpool2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64, test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

// CS231n lecture 13: the ways up from [1 2; 3 4].
TEST(Unpool2d, TheLecturesExamples) {
  const Variable x(test::f32({1, 2, 3, 4}, {1, 2, 2, 1}));
  EXPECT_THAT(nearest_unpool2d(x, 2).value().to_vector<float>(), ElementsAre(1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4));
  EXPECT_THAT(bed_of_nails_unpool2d(x, 2).value().to_vector<float>(), ElementsAre(1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0));
}

TEST(Unpool2d, TheLecturesExampleOfRememberedPlaces) {
  const Variable image(test::f32({1, 2, 6, 3, 3, 5, 2, 1, 1, 2, 2, 1, 7, 3, 4, 8}, {1, 4, 4, 1}));
  const MaxPool2dResult pooled = max_pool2d_with_indices(image);
  EXPECT_THAT(pooled.output.value().to_vector<float>(), ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(pooled.indices.to_vector<std::int32_t>(), ElementsAre(5, 2, 12, 15));
  const Variable x(test::f32({1, 2, 3, 4}, {1, 2, 2, 1}));
  EXPECT_THAT(max_unpool2d(x, pooled.indices, 4).value().to_vector<float>(), ElementsAre(0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 4));
}

Tensor repeated(const Tensor& x, Extent2 factor, bool only_first) {
  std::vector<double> y;
  const std::int64_t h = x.extent(1), w = x.extent(2), c = x.extent(3);
  for (std::int64_t n = 0; n < x.extent(0); ++n)
    for (std::int64_t i = 0; i < h * factor.height; ++i)
      for (std::int64_t j = 0; j < w * factor.width; ++j)
        for (std::int64_t channel = 0; channel < c; ++channel) {
          const bool taken = !only_first || (i % factor.height == 0 && j % factor.width == 0);
          y.push_back(taken ? x.data<double>()[((n * h + i / factor.height) * w + j / factor.width) * c + channel] : 0);
        }
  return Tensor::from(y, {x.extent(0), h * factor.height, w * factor.width, c});
}

TEST(Unpool2d, RepetitionsAreTheDefinition) {
  const struct {
    Shape x;
    Extent2 factor;
  } cases[] = {{{2, 3, 4, 3}, 2}, {{1, 1, 1, 17}, {3, 1}}, {{1, 5, 2, 1}, {1, 4}}, {{0, 2, 2, 2}, 2}, {{2, 2, 2, 0}, 2}};
  for (const auto& [shape, factor] : cases) {
    const Tensor x = uniform(shape, 1);
    const auto nearest = [factor = factor](const auto& in) { return nearest_unpool2d(in[0], factor); };
    const auto nails = [factor = factor](const auto& in) { return bed_of_nails_unpool2d(in[0], factor); };
    EXPECT_TRUE(test::identical(nearest_unpool2d(Variable(x), factor).value(), repeated(x, factor, false))) << shape.to_string();
    EXPECT_TRUE(test::identical(bed_of_nails_unpool2d(Variable(x), factor).value(), repeated(x, factor, true))) << shape.to_string();
    for (const test::VariableFunction& f : {test::VariableFunction(nearest), test::VariableFunction(nails)}) {
      EXPECT_TRUE(gradients_match(f, {x})) << shape.to_string();
      EXPECT_TRUE(f32_follows_f64(f, {x})) << shape.to_string();
    }
  }
}

TEST(MaxUnpool2d, PutsBackWhatWasPooled) {
  for (const Shape& shape : {Shape{2, 6, 4, 3}, Shape{1, 2, 2, 1}, Shape{3, 4, 8, 65}, Shape{0, 4, 4, 2}}) {
    const Tensor x = test::distinct(shape, 1);
    const MaxPool2dResult pooled = max_pool2d_with_indices(Variable(x));
    const Tensor y = max_unpool2d(pooled.output, pooled.indices, {shape[1], shape[2]}).value();
    EXPECT_TRUE(test::identical(max_pool2d(Variable(x)).value(), pooled.output.value()));
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double value = y.data<double>()[i];
      ASSERT_TRUE(value == 0 || value == x.data<double>()[i]);
      kept += value != 0;
    }
    EXPECT_EQ(kept, pooled.output.shape().numel());
  }
}

TEST(MaxUnpool2d, Gradients) {
  for (const Shape& shape : {Shape{2, 3, 2, 3}, Shape{1, 1, 1, 1}, Shape{0, 2, 2, 2}}) {
    const Shape large{shape[0], shape[1] * 2, shape[2] * 2, shape[3]};
    const Tensor indices = max_pool2d_with_indices(Variable(test::distinct(large, 5))).indices;
    const auto f = [&](const auto& in) { return max_unpool2d(in[0], indices, {large[1], large[2]}); };
    EXPECT_TRUE(gradients_match(f, {uniform(shape, 1)})) << shape.to_string();
    EXPECT_TRUE(f32_follows_f64(f, {uniform(shape, 1)})) << shape.to_string();
    // Down and up again in one graph.
    const auto both = [&](const auto& in) {
      const MaxPool2dResult pooled = max_pool2d_with_indices(in[0]);
      return max_unpool2d(pooled.output, pooled.indices, {large[1], large[2]});
    };
    EXPECT_TRUE(gradients_match(both, {test::distinct(large, 5)})) << shape.to_string();
  }
}

TEST(MaxUnpool2d, OfTwoAtOnePlaceTheLastStays) {
  const Variable x(test::f32({3, 4, 5}, {1, 1, 3, 1}), true);
  const Tensor indices = Tensor::from(std::vector<std::int64_t>{1, 1, 2}, {1, 1, 3, 1});
  const Variable y = max_unpool2d(x, indices, {1, 4});
  EXPECT_THAT(y.value().to_vector<float>(), ElementsAre(0, 4, 5, 0));
  backward(y, test::f32({10, 20, 30, 40}, {1, 1, 4, 1}));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0, 20, 30));
}

TEST(MaxUnpool2d, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({1, 2, 2, 1}));
  const auto indices = [](const Shape& shape, DType dtype, double value = 0) { return Tensor::full(shape, value, dtype); };
  EXPECT_THAT(
      [&] {
        max_unpool2d(x, indices({1, 2, 2}, DType::i32), 4);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[max_unpool2d] wants indices (i32 or i64) of the input's shape [1,2,2,1], found i32 [1,2,2]")));
  EXPECT_THAT([&] { max_unpool2d(x, indices({1, 2, 2, 1}, DType::f32), 4); }, ThrowsMessage<ShapeError>(HasSubstr("found f32 [1,2,2,1]")));
  EXPECT_THAT([&] { max_unpool2d(x, {}, 4); }, ThrowsMessage<ShapeError>(HasSubstr("found none")));
  EXPECT_THAT(
      [&] {
        max_unpool2d(x, indices({1, 2, 2, 1}, DType::i32, 16), 4);
      },
      ThrowsMessage<ShapeError>(HasSubstr("index 16 is not within the 16 entries")));
  EXPECT_THAT(
      [&] {
        max_unpool2d(x, indices({1, 2, 2, 1}, DType::i32, -1), 4);
      },
      ThrowsMessage<ShapeError>(HasSubstr("index -1 is not within")));
  EXPECT_THAT(
      [&] {
        max_unpool2d(x, indices({1, 2, 2, 1}, DType::i32), {0, 4});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[max_unpool2d] the output's extents")));
  EXPECT_THAT([&] { nearest_unpool2d(x, {0, 1}); }, ThrowsMessage<ShapeError>(HasSubstr("[nearest_unpool2d] factors are in [1, ")));
  EXPECT_THAT([&] { bed_of_nails_unpool2d(x, 1 << 30); },
              ThrowsMessage<ShapeError>(HasSubstr("[bed_of_nails_unpool2d] an extent of the result")));
  EXPECT_THROW(nearest_unpool2d(Variable(Tensor::zeros({2, 2})), 2), ShapeError);
}

TEST(MaxPool2dWithIndices, AreSavedForBothPasses) {
  const Variable x(test::distinct({1, 4, 4, 2}, 1), true);
  MaxPool2dResult pooled = max_pool2d_with_indices(x);
  pooled.indices.fill_(0);
  EXPECT_THAT([&] { backward(pooled.output, Tensor::full({1, 2, 2, 2}, 1, DType::f64)); }, ThrowsMessage<Error>(HasSubstr("max_pool2d")));
}

}  // namespace
}  // namespace fovea
