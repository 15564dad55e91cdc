#include "fovea/autograd/ops/dropout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

test::VariableFunction dropout_of(double probability, std::uint64_t seed) {
  return [=](const std::vector<Variable>& in) {
    RandomStream stream(seed);  // the same mask every time
    return dropout(in[0], probability, stream);
  };
}

/// The documented mask, element by element.
std::vector<double> oracle(const Tensor& x, double probability, std::uint64_t seed) {
  RandomStream stream(seed);
  const std::array<std::uint32_t, 2> key = {stream.next_u32(), stream.next_u32()};
  std::vector<double> y;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const std::uint32_t word = philox4x32(key, {static_cast<std::uint32_t>(i / 4), 0, 0, 0})[static_cast<std::size_t>(i % 4)];
    y.push_back(word / 0x1p32 < probability ? 0 : x.data<double>()[i] / (1 - probability));
  }
  return y;
}

TEST(Dropout, ForwardAndGradients) {
  for (const Shape& shape : {Shape{}, Shape{37}, Shape{2, 3, 5}, Shape{3, 1, 2, 7}, Shape{0, 4}})
    for (const double probability : {0.1, 0.5, 0.9}) {
      const Tensor x = uniform(shape, 1);
      EXPECT_TRUE(test::near(dropout_of(probability, 5)({Variable(x)}).value(), oracle(x, probability, 5), shape, 1e-15));
      EXPECT_TRUE(test::gradients_match(dropout_of(probability, 5), {x})) << shape.to_string();
      EXPECT_TRUE(test::f32_follows_f64(dropout_of(probability, 5), {x})) << shape.to_string();
    }
}

TEST(Dropout, DropsTheGivenShareAndKeepsTheMean) {
  const std::int64_t count = 100'000;
  const Variable x(Tensor::full({count}, 1));
  for (const double probability : {0.2, 0.5, 0.75}) {
    const std::vector<double> y = test::values_of(dropout_of(probability, 3)({x}).value());
    const auto dropped = static_cast<double>(std::count(y.begin(), y.end(), 0.0));
    const double deviation = std::sqrt(count * probability * (1 - probability));
    EXPECT_NEAR(dropped, count * probability, 4 * deviation);
    for (const double value : y) ASSERT_TRUE(value == 0 || value == static_cast<float>(1 / (1 - probability)));
  }
}

TEST(Dropout, EachCallDrawsANewMaskAndEqualStreamsDrawEqualOnes) {
  const Variable x(Tensor::full({64}, 1));
  RandomStream a(1), b(1);
  const Tensor first = dropout(x, 0.5, a).value(), second = dropout(x, 0.5, a).value();
  EXPECT_FALSE(test::identical(first, second));
  EXPECT_TRUE(test::identical(dropout(x, 0.5, b).value(), first));
  EXPECT_TRUE(test::identical(dropout(x, 0.5, b).value(), second));
}

TEST(Dropout, OfNothingIsTheInput) {
  RandomStream stream(1);
  const Variable x(uniform({9}, 1), true);
  EXPECT_TRUE(test::identical(dropout(x, 0, stream).value(), x.value()));
}

TEST(Dropout, RefusesOtherProbabilities) {
  RandomStream stream(1);
  const Variable x(Tensor::zeros({2}));
  for (const double probability : {1.0, -0.1, 1.5, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THAT([&] { dropout(x, probability, stream); },
                ThrowsMessage<OptionError>(HasSubstr("[dropout] the probability is in [0, 1), found")));
  EXPECT_THAT([&] { dropout(Variable(Tensor::zeros({2}, DType::i32)), 0.5, stream); },
              ThrowsMessage<ShapeError>(HasSubstr("[dropout] wants f32, f64 or bf16, found i32")));
  EXPECT_THAT([&] { dropout({}, 0.5, stream); }, ThrowsMessage<ShapeError>(HasSubstr("[dropout] input 0 is undefined")));
}

}  // namespace
}  // namespace fovea
