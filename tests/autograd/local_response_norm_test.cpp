#include "fovea/autograd/ops/local_response_norm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<double> oracle(const Tensor& x, const LocalResponseNormOptions& o) {
  const std::int64_t channels = x.extent(-1);
  std::vector<double> y;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const std::int64_t c = i % channels;
    double sum = 0;
    for (std::int64_t j = c - o.size / 2; j <= c + (o.size - 1) / 2; ++j)
      if (j >= 0 && j < channels) sum += std::pow(x.data<double>()[i - c + j], 2);
    y.push_back(x.data<double>()[i] / std::pow(o.k + o.alpha * sum / static_cast<double>(o.size), o.beta));
  }
  return y;
}

TEST(LocalResponseNorm, ForwardAndGradients) {
  for (const Shape& shape : {Shape{7}, Shape{2, 3, 5, 6}, Shape{1, 2, 2, 17}, Shape{5, 1}, Shape{0, 4}})
    for (const std::int64_t size : {1, 2, 3, 5, 8})
      for (const double beta : {0.75, 1.3}) {
        SCOPED_TRACE(shape.to_string() + ", size " + std::to_string(size) + ", beta " + std::to_string(beta));
        const LocalResponseNormOptions options{.size = size, .alpha = 2, .beta = beta, .k = 0.5};
        const auto f = [=](const auto& in) { return local_response_norm(in[0], options); };
        const Tensor x = test::uniform(shape, 1);
        EXPECT_TRUE(test::near(f(std::vector{Variable(x)}).value(), oracle(x, options), shape, 1e-13));
        EXPECT_TRUE(test::gradients_match(f, {x}));
        EXPECT_TRUE(test::f32_follows_f64(f, {x}));
      }
}

/// torch.nn.functional.local_response_norm([1, 2, 3, 4], 3, alpha=0.3, beta=0.75, k=2), by hand: the sums of squares are 5, 14, 29, 25.
TEST(LocalResponseNorm, DividesAlphaByTheSize) {
  const Tensor y = local_response_norm(Variable(test::f64({1, 2, 3, 4}, {4})), {.size = 3, .alpha = 0.3, .beta = 0.75, .k = 2}).value();
  EXPECT_TRUE(
      test::near(y, {1 / std::pow(2.5, 0.75), 2 / std::pow(3.4, 0.75), 3 / std::pow(4.9, 0.75), 4 / std::pow(4.5, 0.75)}, {4}, 1e-14));
}

TEST(LocalResponseNorm, Refuses) {
  const Variable x(Tensor::zeros({2, 3}));
  EXPECT_THAT([&] { local_response_norm(x, {.size = 0}); }, ThrowsMessage<OptionError>(HasSubstr("the size is at least 1, found 0")));
  EXPECT_THAT([&] { local_response_norm(x, {.alpha = -1}); }, ThrowsMessage<OptionError>(HasSubstr("alpha is at least 0, found -1")));
  EXPECT_THAT([&] { local_response_norm(x, {.beta = std::nan("")}); }, ThrowsMessage<OptionError>(HasSubstr("beta is a number")));
  EXPECT_THAT([&] { local_response_norm(x, {.k = 0}); }, ThrowsMessage<OptionError>(HasSubstr("k is greater than 0, found 0")));
  EXPECT_THAT([] { local_response_norm(Variable(Tensor::zeros({}))); }, ThrowsMessage<ShapeError>(HasSubstr("found a scalar")));
  EXPECT_THAT([] { local_response_norm(Variable(Tensor::zeros({3}, DType::bf16))); },
              ThrowsMessage<ShapeError>(HasSubstr("[local_response_norm] is computed in f32 or f64, found bf16")));
}

}  // namespace
}  // namespace fovea
