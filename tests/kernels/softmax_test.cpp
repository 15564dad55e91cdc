#include <cmath>
#include <limits>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Context;
using kernels::CrossEntropyShape;
using test::converted, test::on_any_threads, test::oracle, test::random_values;

struct Matrix {
  std::int64_t rows, columns;
};
const Matrix kMatrices[] = {{0, 3}, {1, 1}, {3, 2}, {5, 10}, {4, 15}, {4, 16}, {4, 17}, {7, 31}, {2, 1000}, {3000, 21}};

std::string trace(const char* name, std::int64_t rows, std::int64_t columns) {
  return std::string(name) + ", " + std::to_string(rows) + " rows of " + std::to_string(columns);
}

/// Logits as networks give them: some far apart.
std::vector<float> random_logits(std::int64_t count, std::uint64_t seed) {
  auto values = random_values<float>(count, seed);
  for (float& value : values) value *= 8;
  return values;
}

template <class T>
std::vector<T> forward(const kernels::TypedKernels<T>& kernels, Context& context, Matrix m, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  kernels.softmax.forward(context, m.rows, m.columns, x.data(), y.data());
  return y;
}

template <class T>
std::vector<T> backward(const kernels::TypedKernels<T>& kernels, Context& context, Matrix m, const std::vector<T>& y,
                        const std::vector<T>& dy) {
  std::vector<T> dx(y.size());
  kernels.softmax.backward(context, m.rows, m.columns, y.data(), dy.data(), dx.data());
  return dx;
}

/// A cross-entropy call: everything but the logits.
template <class T>
struct Call {
  CrossEntropyShape shape;
  std::vector<std::int64_t> targets;
  std::vector<T> class_weights;  // none: ones
  const T* weights() const { return class_weights.empty() ? nullptr : class_weights.data(); }
};

/// Losses, normalisers and log-sum-exps, one behind the other.
template <class T>
std::vector<T> cross_entropy(const kernels::TypedKernels<T>& kernels, Context& context, const Call<T>& call, const std::vector<T>& logits) {
  std::vector<T> result(static_cast<std::size_t>(3 * call.shape.rows));
  T* loss = result.data();
  kernels.softmax.cross_entropy(context, call.shape, logits.data(), call.targets.data(), call.weights(), loss, loss + call.shape.rows,
                                loss + 2 * call.shape.rows);
  return result;
}

template <class T>
std::vector<T> cross_entropy_backward(const kernels::TypedKernels<T>& kernels, Context& context, const Call<T>& call,
                                      const std::vector<T>& logits, const std::vector<T>& row_scale) {
  const std::vector<T> forward = cross_entropy(kernels, context, call, logits);
  std::vector<T> dlogits(logits.size());
  kernels.softmax.cross_entropy_backward(context, call.shape, logits.data(), call.targets.data(), call.weights(),
                                         forward.data() + 2 * call.shape.rows, row_scale.data(), dlogits.data());
  return dlogits;
}

Call<float> random_call(Matrix m, double smoothing, bool weighted) {
  Call<float> call{{.rows = m.rows, .classes = m.columns, .label_smoothing = smoothing}, {}, {}};
  RandomStream stream(9);
  for (std::int64_t row = 0; row < m.rows; ++row)
    call.targets.push_back(row % 4 == 3 ? call.shape.ignore_index
                                        : static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(m.columns))));
  if (weighted) call.class_weights = test::absolute(random_values<float>(m.columns, 10));
  return call;
}

Call<double> in_double(const Call<float>& call) { return {call.shape, call.targets, converted<double>(call.class_weights)}; }

TEST(Softmax, HandWorked) {
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    const auto y = forward(kernels, context, {1, 3}, {3.2f, 5.1f, -1.7f});
    EXPECT_NEAR(y[0], 0.13, 0.005);
    EXPECT_NEAR(y[1], 0.87, 0.005);
    EXPECT_NEAR(y[2], 0.00, 0.005);
    EXPECT_NEAR(y[0] + y[1] + y[2], 1, 1e-6);
  }
}

TEST(CrossEntropy, HandWorked) {
  const std::vector<float> logits{3.2f, 5.1f, -1.7f, 1.3f, 4.9f, 2.0f, 2.2f, 2.5f, -3.1f};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    const auto result = cross_entropy(kernels, context, {{.rows = 3, .classes = 3}, {0, 1, 2}, {}}, logits);
    EXPECT_NEAR(result[0], 2.0404, 5e-5);
    EXPECT_NEAR(result[1], 0.0791, 5e-5);
    EXPECT_NEAR(result[2], 6.1565, 5e-5);
    EXPECT_EQ(result[3], 1);
  }
}

TEST(CrossEntropy, HandWorkedSmoothingAndWeights) {
  // Logits 0, 0 with p = 1/2: log p = -ln 2. Weights 1 and 3, target 1, smoothing 0.2: q = (0.1, 0.9), loss = (0.1 + 2.7) ln 2.
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    const Call<float> call{{.rows = 1, .classes = 2, .label_smoothing = 0.2}, {1}, {1, 3}};
    const auto result = cross_entropy(kernels, context, call, {0, 0});
    EXPECT_NEAR(result[0], 2.8 * std::log(2.0), 1e-6);
    EXPECT_EQ(result[1], 3);
    EXPECT_NEAR(result[2], std::log(2.0), 1e-7);
    // d loss / d logits = 2.8 p - (0.1, 2.7), here times a row scale of 10.
    const auto dlogits = cross_entropy_backward(kernels, context, call, {0, 0}, {10});
    EXPECT_NEAR(dlogits[0], 13, 1e-5);
    EXPECT_NEAR(dlogits[1], -13, 1e-5);
  }
}

TEST(CrossEntropy, EqualLogitsGiveTheLogOfTheClasses) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const std::int64_t classes : {2, 10, 1000}) {
      Context context(1);
      const std::vector<float> logits(static_cast<std::size_t>(classes), 0.5f);
      EXPECT_NEAR(cross_entropy(kernels, context, {{.rows = 1, .classes = classes}, {1}, {}}, logits)[0],
                  std::log(static_cast<double>(classes)), 1e-6)
          << name;
    }
}

TEST(CrossEntropy, LargeLogitsLoseNothing) {
  // Adding 1e4 to every logit changes neither loss nor gradient; the logits are exact in f32 with it.
  std::vector<float> logits{3.25f, 5.125f, -1.75f, 0.5f}, shifted;
  for (const float logit : logits) shifted.push_back(logit + 1e4f);
  const Call<float> call{{.rows = 1, .classes = 4, .label_smoothing = 0.1}, {2}, {}};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    const float loss = cross_entropy(kernels, context, call, logits)[0];
    EXPECT_NEAR(cross_entropy(kernels, context, call, shifted)[0], loss, 1e-6);
    const auto y = forward(kernels, context, {1, 4}, logits), shifted_y = forward(kernels, context, {1, 4}, shifted);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(shifted_y[i], y[i], 1e-7);
  }
  const auto& kernels = kernels::cpu_table(active_isa()).f32;
  Context context(1);
  const auto dlogits = cross_entropy_backward(kernels, context, call, logits, {1});
  const auto shifted_dlogits = cross_entropy_backward(kernels, context, call, shifted, {1});
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(shifted_dlogits[i], dlogits[i], 1e-6);
}

TEST(Softmax, ForwardIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const Matrix& m : kMatrices) {
      SCOPED_TRACE(trace(name, m.rows, m.columns));
      const auto x = random_logits(m.rows * m.columns, 1);
      Context context(1);
      const auto expected = forward(oracle(), context, m, converted<double>(x));
      // Relative to each probability; x - max is rounded, which is worth up to 16 * 2^-24 of it.
      test::expect_close(on_any_threads([&](Context& any) { return forward(kernels, any, m, x); }), expected, expected, 2e-6);
    }
}

TEST(Softmax, BackwardIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const Matrix& m : kMatrices) {
      SCOPED_TRACE(trace(name, m.rows, m.columns));
      Context context(1);
      const auto y = forward(kernels, context, m, random_logits(m.rows * m.columns, 1));
      const auto dy = random_values<float>(m.rows * m.columns, 2);
      auto magnitude = converted<double>(y);
      for (double& value : magnitude) value *= 2;  // |dy| + the sum of y |dy|, each at most 1
      test::expect_close(on_any_threads([&](Context& any) { return backward(kernels, any, m, y, dy); }),
                         backward(oracle(), context, m, converted<double>(y), converted<double>(dy)), magnitude, 1e-6);
    }
}

TEST(CrossEntropy, IsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const Matrix& m : kMatrices)
      for (const double smoothing : {0.0, 0.1})
        for (const bool weighted : {false, true}) {
          SCOPED_TRACE(trace(name, m.rows, m.columns) + ", smoothing " + std::to_string(smoothing) + (weighted ? ", weighted" : ""));
          const auto logits = random_logits(m.rows * m.columns, 1);
          const Call<float> call = random_call(m, smoothing, weighted);
          Context context(1);
          const auto expected = cross_entropy(oracle(), context, in_double(call), converted<double>(logits));
          // Terms: |logit| + |log-sum-exp|, below 8 and 8 + ln 1000.
          test::expect_close(on_any_threads([&](Context& any) { return cross_entropy(kernels, any, call, logits); }), expected,
                             std::vector<double>(expected.size(), 23.0), 1e-6);
          const auto scale = random_values<float>(m.rows, 3);
          const auto dexpected =
              cross_entropy_backward(oracle(), context, in_double(call), converted<double>(logits), converted<double>(scale));
          test::expect_close(on_any_threads([&](Context& any) { return cross_entropy_backward(kernels, any, call, logits, scale); }),
                             dexpected, std::vector<double>(dexpected.size(), 2.0), 1e-6);
        }
}

TEST(CrossEntropy, IgnoredRowsAreZero) {
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    const Call<float> call{{.rows = 2, .classes = 3, .ignore_index = 255}, {255, 0}, {}};
    const std::vector<float> logits{1, 2, 3, 1, 2, 3};
    const auto result = cross_entropy(kernels, context, call, logits);
    EXPECT_EQ(result[0], 0);
    EXPECT_EQ(result[2], 0);
    EXPECT_EQ(result[3], 1);
    const auto dlogits = cross_entropy_backward(kernels, context, call, logits, {1, 1});
    EXPECT_EQ(std::vector<float>(dlogits.begin(), dlogits.begin() + 3), std::vector<float>(3, 0.f));
    EXPECT_LT(dlogits[3], 0);
  }
}

TEST(CrossEntropy, InfiniteAndNanLogitsFollowIeee) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    // An impossible class: probability 0, and the loss of the others as if it were not there.
    EXPECT_EQ(forward(kernels, context, {1, 3}, {0, -inf, 0}), (std::vector<float>{0.5f, 0, 0.5f}));
    const Call<float> call{{.rows = 1, .classes = 3}, {0}, {}};
    EXPECT_NEAR(cross_entropy(kernels, context, call, {0, -inf, 0})[0], std::log(2.0), 1e-6);
    EXPECT_EQ(cross_entropy(kernels, context, {{.rows = 1, .classes = 3}, {1}, {}}, {0, -inf, 0})[0], inf);
    EXPECT_NEAR(cross_entropy_backward(kernels, context, call, {0, -inf, 0}, {1})[0], -0.5, 1e-6);
    for (const std::vector<float>& logits :
         {std::vector<float>{nan, 0, 0}, std::vector<float>{0, 1, nan}, std::vector<float>{inf, 0, 0}, std::vector<float>(3, -inf)}) {
      for (const float value : forward(kernels, context, {1, 3}, logits)) EXPECT_TRUE(std::isnan(value)) << logits[0] << ": " << value;
      EXPECT_TRUE(std::isnan(cross_entropy(kernels, context, call, logits)[0])) << logits[0];
    }
  }
}

TEST(Softmax, ReferenceGradientsAreDerivatives) {
  Context context(1);
  const Matrix m{3, 5};
  const auto x = random_values<double>(15, 1), dy = random_values<double>(15, 2);
  test::expect_gradient(
      backward(oracle(), context, m, forward(oracle(), context, m, x), dy),
      test::numerical_gradient(x, [&](const std::vector<double>& at) { return test::dot(forward(oracle(), context, m, at), dy); }));
  for (const double smoothing : {0.0, 0.2}) {
    const Call<double> call = in_double(random_call({4, 5}, smoothing, true));
    const auto logits = random_values<double>(20, 3), scale = random_values<double>(4, 4);
    test::expect_gradient(cross_entropy_backward(oracle(), context, call, logits, scale),
                          test::numerical_gradient(logits, [&](const std::vector<double>& at) {
                            auto losses = cross_entropy(oracle(), context, call, at);
                            losses.resize(4);
                            return test::dot(losses, scale);
                          }));
  }
}

}  // namespace
}  // namespace fovea
