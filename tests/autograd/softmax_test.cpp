#include "fovea/autograd/ops/softmax.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<double> oracle(const Tensor& x) {
  const std::int64_t columns = x.extent(-1);
  std::vector<double> y;
  for (std::int64_t row = 0; row < x.numel() / columns; ++row) {
    double sum = 0;
    for (std::int64_t c = 0; c < columns; ++c) sum += std::exp(x.data<double>()[row * columns + c]);
    for (std::int64_t c = 0; c < columns; ++c) y.push_back(std::exp(x.data<double>()[row * columns + c]) / sum);
  }
  return y;
}

TEST(Softmax, ForwardAndGradients) {
  const auto f = [](const auto& in) { return softmax(in[0]); };
  for (const Shape& shape : {Shape{1}, Shape{10}, Shape{3, 5}, Shape{2, 3, 4, 7}, Shape{5, 1}, Shape{2, 37}, Shape{0, 4}}) {
    const Tensor x = uniform(shape, 1);
    EXPECT_TRUE(test::near(softmax(Variable(x)).value(), oracle(x), shape, 1e-15)) << shape.to_string();
    EXPECT_TRUE(test::gradients_match(f, {x})) << shape.to_string();
    EXPECT_TRUE(test::f32_follows_f64(f, {x})) << shape.to_string();
  }
}

TEST(Softmax, LargeScoresDoNotOverflow) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Variable y = softmax(Variable(Tensor::from<double>({1000, 1000, -1000, -1000, -1000, -1001}, {2, 3}).to(dtype)));
    const double share = 1 / (2 + std::exp(-1));
    EXPECT_TRUE(test::near(y.value(), {0.5, 0.5, 0, share, share, share * std::exp(-1)}, {2, 3}, 1e-6));
  }
}

TEST(Softmax, AShiftChangesNothing) {
  const Tensor x = test::integers({4, 9}, 1);
  Tensor shifted = x.clone();
  for (std::int64_t i = 0; i < x.numel(); ++i) shifted.mutable_data<double>()[i] += 64;
  EXPECT_TRUE(test::identical(softmax(Variable(x)).value(), softmax(Variable(shifted)).value()));
}

TEST(Softmax, RefusesWhatDoesNotFit) {
  EXPECT_THAT([] { softmax(Variable(Tensor::zeros({}))); },
              ThrowsMessage<ShapeError>(HasSubstr("[softmax] wants a last axis of at least 1, found []")));
  EXPECT_THAT([] { softmax(Variable(Tensor::zeros({3, 0}))); }, ThrowsMessage<ShapeError>(HasSubstr("found [3,0]")));
  EXPECT_THAT([] { softmax(Variable(Tensor::zeros({3}, DType::i64))); },
              ThrowsMessage<ShapeError>(HasSubstr("[softmax] wants f32 or f64, found i64")));
  EXPECT_THAT([] { softmax({}); }, ThrowsMessage<ShapeError>(HasSubstr("[softmax] input 0 is undefined")));
}

}  // namespace
}  // namespace fovea
