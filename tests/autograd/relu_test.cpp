#include "fovea/autograd/ops/relu.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const Shape kShapes[] = {{}, {1}, {67}, {2, 3, 5}, {3, 1, 2, 7}, {0, 4, 4, 2}};

TEST(Relu, ForwardAndGradients) {
  const auto f = [](const auto& in) { return relu(in[0]); };
  for (const Shape& shape : kShapes) {
    const Tensor x = test::distinct(shape, 1);
    std::vector<double> expected;
    for (const double value : x.span<double>()) expected.push_back(value > 0 ? value : 0);
    EXPECT_EQ(relu(Variable(x)).value().to_vector<double>(), expected);
    EXPECT_TRUE(test::gradients_match(f, {x})) << shape.to_string();
    EXPECT_TRUE(test::f32_follows_f64(f, {x})) << shape.to_string();
  }
}

TEST(Relu, TheGradientAtZeroIsZero) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Variable x(Tensor::from<double>({-1, -0.0, 0.0, 1}, {4}).to(dtype), true);
    backward(relu(x), Tensor::full({4}, 3, dtype));
    EXPECT_THAT(test::values_of(x.grad()), testing::ElementsAre(0, 0, 0, 3));
  }
}

TEST(Relu, NanStaysNan) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor x = Tensor::full({19}, std::numeric_limits<double>::quiet_NaN(), dtype);
    for (const double value : test::values_of(relu(Variable(x)).value())) EXPECT_TRUE(std::isnan(value));
  }
}

TEST(Relu, RefusesIntegersAndUndefined) {
  EXPECT_THAT([] { relu(Variable(Tensor::zeros({2}, DType::u8))); },
              ThrowsMessage<ShapeError>(HasSubstr("[relu] wants f32, f64 or bf16, found u8")));
  EXPECT_THAT([] { relu({}); }, ThrowsMessage<ShapeError>(HasSubstr("[relu] input 0 is undefined")));
}

}  // namespace
}  // namespace fovea
