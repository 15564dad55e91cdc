// First weights: fans, moments within what the sample size allows, and the lectures' experiment on signal size through ten layers.
#include "fovea/nn/init.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "fovea/autograd/ops/conv_transpose2d.hpp"
#include "fovea/autograd/ops/linear.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/base/error.hpp"

namespace fovea {
namespace {

struct Moments {
  double mean = 0, variance = 0;
};

template <class T = float>
Moments moments_of(const Tensor& tensor) {
  const auto count = static_cast<double>(tensor.numel());
  Moments moments;
  for (const T value : tensor.span<T>()) moments.mean += value / count;
  for (const T value : tensor.span<T>()) moments.variance += (value - moments.mean) * (value - moments.mean) / count;
  return moments;
}

TEST(Fan, IsTheNumberOfInputsAndOutputsOfOneUnit) {
  EXPECT_EQ(fan_of({500, 2450}).in, 2450);
  EXPECT_EQ(fan_of({500, 2450}).out, 500);
  EXPECT_EQ(fan_of({64, 3, 5, 16}).in, 3 * 5 * 16);
  EXPECT_EQ(fan_of({64, 3, 5, 16}).out, 3 * 5 * 64);
  EXPECT_THROW(fan_of({7}), ShapeError);
  EXPECT_THROW(fan_of({2, 3, 4}), ShapeError);
}

struct InitCase {
  std::string name;
  std::function<void(Tensor&, RandomStream&)> fill;
  double variance;
  bool uniform;
};

// A filter with 16 channels in, 64 out and 3x5 cells: fan_in 240, fan_out 960.
class InitTest : public testing::TestWithParam<InitCase> {
 protected:
  static constexpr double kFanIn = 240, kFanOut = 960;
};

INSTANTIATE_TEST_SUITE_P(
    Initialisers, InitTest,
    testing::Values(
        InitCase{"normal", [](Tensor& w, RandomStream& s) { fill_normal(w, 0, 0.02, s); }, 4e-4, false},
        InitCase{"uniform", [](Tensor& w, RandomStream& s) { fill_uniform(w, -0.3, 0.3, s); }, 0.03, true},
        InitCase{"xavier_normal", [](Tensor& w, RandomStream& s) { fill_xavier_normal(w, s); }, 2.0 / 1200, false},
        InitCase{"xavier_uniform", [](Tensor& w, RandomStream& s) { fill_xavier_uniform(w, s); }, 2.0 / 1200, true},
        InitCase{"xavier_normal_gain", [](Tensor& w, RandomStream& s) { fill_xavier_normal(w, s, 3); }, 9 * 2.0 / 1200, false},
        InitCase{"kaiming_normal", [](Tensor& w, RandomStream& s) { fill_kaiming_normal(w, s); }, 2.0 / 240, false},
        InitCase{"kaiming_normal_out", [](Tensor& w, RandomStream& s) { fill_kaiming_normal(w, s, FanMode::out); }, 2.0 / 960, false},
        InitCase{"kaiming_uniform", [](Tensor& w, RandomStream& s) { fill_kaiming_uniform(w, s); }, 2.0 / 240, true},
        InitCase{"kaiming_uniform_gain", [](Tensor& w, RandomStream& s) { fill_kaiming_uniform(w, s, FanMode::out, 1); }, 1.0 / 960, true}),
    [](const auto& test) { return test.param.name; });

// The mean of n values has the deviation sigma / sqrt(n); their variance the relative deviation sqrt((kurtosis - 1) / n), with kurtosis 3
// for the normal and 9/5 for the uniform distribution. Five deviations are allowed.
TEST_P(InitTest, MeanAndVarianceAreAsStated) {
  Tensor weight = Tensor::empty({64, 3, 5, 16});
  RandomStream stream(11);
  GetParam().fill(weight, stream);
  const auto n = static_cast<double>(weight.numel());
  const auto [mean, variance] = moments_of(weight);
  EXPECT_NEAR(mean, 0, 5 * std::sqrt(GetParam().variance / n));
  EXPECT_NEAR(variance / GetParam().variance, 1, 5 * std::sqrt((GetParam().uniform ? 0.8 : 2.0) / n));
}

TEST_P(InitTest, UniformStaysInsideItsBoundAndNormalDoesNot) {
  Tensor weight = Tensor::empty({64, 3, 5, 16});
  RandomStream stream(12);
  GetParam().fill(weight, stream);
  const double bound = std::sqrt(3 * GetParam().variance);
  double largest = 0;
  for (const float value : weight.span<float>()) largest = std::max(largest, std::abs(static_cast<double>(value)));
  if (GetParam().uniform) {
    EXPECT_LE(largest, bound * (1 + 1e-6));
    EXPECT_GT(largest, 0.99 * bound);
  } else {
    EXPECT_GT(largest, 2 * bound);  // 3.5 deviations: 7 of 15360 normal values are beyond
  }
}

TEST_P(InitTest, EqualStreamsGiveEqualWeightsInBothPrecisions) {
  Tensor narrow = Tensor::empty({64, 3, 5, 16}), wide = Tensor::empty({64, 3, 5, 16}, DType::f64);
  RandomStream first(13), second(13);
  GetParam().fill(narrow, first);
  GetParam().fill(wide, second);
  EXPECT_EQ(narrow.to_vector<float>(), wide.to(DType::f32).to_vector<float>());
}

TEST(Init, ConstantAndTruncatedNormal) {
  Tensor weight = Tensor::empty({100, 100});
  RandomStream stream(5);
  fill_constant(weight, 0.25);
  EXPECT_EQ(weight.to_vector<float>(), std::vector<float>(10'000, 0.25F));
  // Between -1 and 1 deviations: variance 1 - 2 phi(1) / (Phi(1) - Phi(-1)) = 0.2911 (Johnson, Kotz and Balakrishnan 1994).
  fill_truncated_normal(weight, 3, 2, 1, 5, stream);
  double low = 9, high = -9;
  for (const float value : weight.span<float>())
    low = std::min(low, static_cast<double>(value)), high = std::max(high, static_cast<double>(value));
  EXPECT_GE(low, 1);
  EXPECT_LE(high, 5);
  EXPECT_NEAR(moments_of(weight).mean, 3, 0.05);
  EXPECT_NEAR(moments_of(weight).variance, 4 * 0.2911, 0.05);
  EXPECT_THROW(fill_truncated_normal(weight, 0, 1, 5, 6, stream), OptionError) << "would take for ever";
  EXPECT_THROW(fill_truncated_normal(weight, 0, 0, -1, 1, stream), OptionError);
}

TEST(Init, OrthogonalRowsOrColumns) {
  for (const Shape& shape : {Shape{5, 9}, Shape{9, 5}, Shape{6, 6}, Shape{8, 3, 3, 2}, Shape{64, 3, 1, 1}, Shape{1, 7}}) {
    Tensor weight = Tensor::empty(shape, DType::f64);
    RandomStream stream(5);
    fill_orthogonal(weight, stream, 2);
    const std::int64_t rows = shape[0], columns = shape.numel() / rows;
    const bool wide = rows <= columns;
    const double* w = weight.data<double>();
    for (std::int64_t a = 0; a < std::min(rows, columns); ++a)
      for (std::int64_t b = 0; b < std::min(rows, columns); ++b) {
        double dot = 0;
        for (std::int64_t i = 0; i < std::max(rows, columns); ++i)
          dot += wide ? w[a * columns + i] * w[b * columns + i] : w[i * columns + a] * w[i * columns + b];
        EXPECT_NEAR(dot, a == b ? 4 : 0, 1e-13) << shape.to_string();
      }
  }
  Tensor vector = Tensor::empty({4});
  RandomStream stream(5);
  EXPECT_THROW(fill_orthogonal(vector, stream), ShapeError);
}

TEST(Init, BilinearEnlargesALinearRampToALinearRamp) {
  // Twice the size: 4 cells, stride 2, padding 1. Inside, the result is interpolated between pixel centres.
  Tensor filter = Tensor::empty({2, 4, 4, 2}, DType::f64);
  fill_bilinear(filter);
  std::vector<double> ramp;
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 6; ++x) ramp.insert(ramp.end(), {1.0 * x, 2.0 * y});
  const Tensor large =
      conv_transpose2d(Variable(Tensor::from(ramp, {1, 5, 6, 2})), Variable(filter), {}, {.stride = 2, .padding = 1}).value();
  ASSERT_EQ(large.shape(), (Shape{1, 10, 12, 2}));
  for (std::int64_t y = 1; y < 9; ++y)
    for (std::int64_t x = 1; x < 11; ++x) {
      const double* pixel = large.data<double>() + (y * 12 + x) * 2;
      EXPECT_NEAR(pixel[0], (static_cast<double>(x) + 0.5) / 2 - 0.5, 1e-14);
      EXPECT_NEAR(pixel[1], 2 * ((static_cast<double>(y) + 0.5) / 2 - 0.5), 1e-14);
    }
  Tensor odd = Tensor::empty({1, 3, 5, 1}), wrong = Tensor::empty({2, 4, 4, 3});
  fill_bilinear(odd);
  EXPECT_THAT(odd.slice(0, 1).reshape({3, 5}).slice(1, 2).to_vector<float>(),
              testing::Pointwise(testing::FloatEq(), {1 / 3.F, 2 / 3.F, 1.F, 2 / 3.F, 1 / 3.F}));
  EXPECT_THROW(fill_bilinear(wrong), ShapeError);
}

TEST(Init, FillsCountAsChangesInPlace) {
  Tensor weight = Tensor::zeros({2, 2});
  const std::uint64_t before = weight.storage().version();
  RandomStream stream(1);
  fill_kaiming_normal(weight, stream);
  EXPECT_GT(weight.storage().version(), before);
}

// The lectures' table (CS231n 2018, lecture 6): 1000 unit-Gaussian inputs of 500 features through ten layers of 500 rectified units.
// How far a seed may be off: at layer 1 the 500x500 weights average out to 0.3 %. From layer 2 on the inputs share a growing common part,
// so that one draw of weights moves them together: the variance of the squared signal grows from 1/500 to 5/500 per layer, which is 2 % of
// the deviation at layer 2 and 9 % at layer 10. Four to five deviations are allowed.
class SignalTest : public testing::Test {
 protected:
  static double deviation(const Moments& moments) { return std::sqrt(moments.variance); }

  /// Moments of the activations after each layer.
  static std::vector<Moments> run(const std::function<void(Tensor&, RandomStream&)>& fill) {
    const NoGradGuard no_grad;
    RandomStream stream(7);
    Tensor input = Tensor::empty({1000, 500});
    fill_normal(input, 0, 1, stream);
    Variable x(input);
    std::vector<Moments> layers;
    for (int layer = 0; layer < 10; ++layer) {
      Tensor weight = Tensor::empty({500, 500});
      fill(weight, stream);
      x = relu(linear(x, Variable(weight)));
      layers.push_back(moments_of(x.value()));
    }
    return layers;
  }
};

TEST_F(SignalTest, HeKeepsTheSignalOfRectifiedLayers) {
  const auto layers = run([](Tensor& w, RandomStream& s) { fill_kaiming_normal(w, s); });
  EXPECT_NEAR(layers[0].mean, 0.5625, 0.015 * 0.5625);
  EXPECT_NEAR(deviation(layers[0]), 0.8252, 0.015 * 0.8252);
  EXPECT_NEAR(deviation(layers[1]), 0.8278, 0.10 * 0.8278);
  EXPECT_NEAR(deviation(layers[9]), 0.8445, 0.35 * 0.8445);
}

TEST_F(SignalTest, XavierHalvesItsVarianceAtEveryRectifiedLayer) {
  const auto layers = run([](Tensor& w, RandomStream& s) { fill_xavier_normal(w, s); });
  EXPECT_NEAR(layers[0].mean, 0.3986, 0.015 * 0.3986);
  EXPECT_NEAR(deviation(layers[0]), 0.5823, 0.015 * 0.5823);
  EXPECT_NEAR(deviation(layers[1]), 0.4038, 0.10 * 0.4038);
  EXPECT_NEAR(deviation(layers[9]), 0.0267, 0.35 * 0.0267);
}

}  // namespace
}  // namespace fovea
