#include "fovea/autograd/ops/l2_normalize.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(L2Normalize, ForwardAndGradients) {
  for (const Shape& shape : {Shape{7}, Shape{2, 3, 5, 6}, Shape{1, 2, 2, 17}, Shape{0, 4}})
    for (const double epsilon : {1e-12, 100.0}) {  // far below and far above every length
      SCOPED_TRACE(shape.to_string() + ", epsilon " + std::to_string(epsilon));
      const auto f = [=](const auto& in) { return l2_normalize(in[0], epsilon); };
      const Tensor x = test::uniform(shape, 1);
      const std::int64_t channels = shape.at(-1);
      std::vector<double> expected;
      for (std::int64_t i = 0; i < x.numel(); ++i) {
        double squares = 0;
        for (std::int64_t c = 0; c < channels; ++c) squares += std::pow(x.data<double>()[i - i % channels + c], 2);
        expected.push_back(x.data<double>()[i] / std::max(std::sqrt(squares), epsilon));
      }
      EXPECT_TRUE(test::near(f(std::vector{Variable(x)}).value(), expected, shape, 1e-14));
      EXPECT_TRUE(test::gradients_match(f, {x}));
      EXPECT_TRUE(test::f32_follows_f64(f, {x}));
    }
}

TEST(L2Normalize, ZeroStaysZero) {
  const Variable x(Tensor::zeros({2, 3}, DType::f64), true);
  const Variable y = l2_normalize(x, 0.5);
  EXPECT_THAT(test::values_of(y.value()), testing::Each(0));
  backward(y, Tensor::full({2, 3}, 3, DType::f64));
  EXPECT_THAT(test::values_of(x.grad()), testing::Each(6));
}

TEST(L2Normalize, Refuses) {
  const Variable x(Tensor::zeros({2, 3}));
  EXPECT_THAT([&] { l2_normalize(x, 0); }, ThrowsMessage<OptionError>(HasSubstr("[l2_normalize] epsilon is greater than 0, found 0")));
  EXPECT_THAT([] { l2_normalize(Variable(Tensor::zeros({}))); }, ThrowsMessage<ShapeError>(HasSubstr("found a scalar")));
  EXPECT_THAT([] { l2_normalize(Variable(Tensor::zeros({3}, DType::u8))); },
              ThrowsMessage<ShapeError>(HasSubstr("[l2_normalize] wants f32 or f64")));
}

}  // namespace
}  // namespace fovea
