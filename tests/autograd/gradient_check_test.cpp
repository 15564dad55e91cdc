// The gradient check itself: it must accept right gradients and refuse wrong ones.
#include "support/gradient_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match;
using testing::HasSubstr;

/// f = 10 x^4 + x^2 with f' = 40 x^3 + sign * 2 x: the example of a hand-derived gradient whose second sign is wrong.
class Quartic final : public Function {
 public:
  explicit Quartic(double sign) : sign_(sign) {}
  const char* name() const override { return "quartic"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override { return {in[0]}; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    x_ = SavedTensor(in[0]);
    Tensor y = in[0].clone();
    for (double& value : std::span(y.mutable_data<double>(), static_cast<std::size_t>(y.numel())))
      value = 10 * value * value * value * value + value * value;
    return {y};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = dy[0].clone();
    const double* x = x_.get(name()).data<double>();
    for (std::int64_t i = 0; i < dx.numel(); ++i) dx.mutable_data<double>()[i] *= 40 * x[i] * x[i] * x[i] + sign_ * 2 * x[i];
    return {dx};
  }

 private:
  double sign_;
  SavedTensor x_;
};

/// The identity, with a backward pass that is off in one element by the factor `factor`, or leaves the gradient out.
class AlmostIdentity final : public Function {
 public:
  explicit AlmostIdentity(double factor, bool forgets = false) : factor_(factor), forgets_(forgets) {}
  const char* name() const override { return "almost_identity"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override { return {in[0]}; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override { return {in[0].clone()}; }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    if (forgets_) return {Tensor{}};
    Tensor dx = dy[0].clone();
    dx.mutable_data<double>()[dx.numel() - 1] *= factor_;
    return {dx};
  }

 private:
  double factor_;
  bool forgets_;
};

test::VariableFunction quartic(double sign) {
  return [sign](const std::vector<Variable>& in) { return apply_one(std::make_unique<Quartic>(sign), in[0]); };
}

test::VariableFunction almost_identity(double factor, bool forgets = false) {
  return [=](const std::vector<Variable>& in) { return apply_one(std::make_unique<AlmostIdentity>(factor, forgets), in[0]); };
}

TEST(GradientCheck, AcceptsARightGradient) {
  EXPECT_TRUE(gradients_match(quartic(1), {test::uniform({7}, 1)}));
  EXPECT_TRUE(gradients_match(almost_identity(1), {test::uniform({2, 3}, 1)}));
}

TEST(GradientCheck, CatchesTheFlippedSign) {
  const testing::AssertionResult result = gradients_match(quartic(-1), {test::f64({1}, Shape{1})});
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("input 0, element 0"));
}

TEST(GradientCheck, CatchesOneElementThatIsSlightlyOff) {
  EXPECT_FALSE(gradients_match(almost_identity(1.0001), {test::uniform({2, 3}, 1)}));
  EXPECT_FALSE(gradients_match(almost_identity(0), {test::uniform({2, 3}, 1)}));
}

TEST(GradientCheck, CatchesAMissingGradient) {
  const testing::AssertionResult result = gradients_match(almost_identity(1, true), {test::uniform({2}, 1)});
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("got no gradient"));
}

TEST(GradientCheck, CatchesGradientsThatDependOnWhoAsks) {
  // The second input's gradient is doubled when the first wants one too.
  const auto f = [](const std::vector<Variable>& in) {
    return in[0].requires_grad() && in[1].requires_grad() ? in[0] + in[1] : in[0] + 2 * in[1];
  };
  const testing::AssertionResult result = gradients_match(f, {test::uniform({3}, 1), test::uniform({3}, 2)});
  EXPECT_FALSE(result);
}

TEST(GradientCheck, ChecksADrawOfLargeInputs) {
  EXPECT_TRUE(gradients_match(quartic(1), {test::uniform({1000}, 1)}, {.most_elements = 20}));
  EXPECT_FALSE(gradients_match(quartic(-1), {test::uniform({1000}, 1)}, {.most_elements = 20}));
}

TEST(GradientCheck, AcceptsAnEmptyBatch) { EXPECT_TRUE(gradients_match(quartic(1), {test::uniform({0, 4}, 1)})); }

TEST(DistinctValues, KeepTheirDistance) {
  for (const std::int64_t count : {1, 2, 7, 400}) {
    const std::vector<double> values = test::distinct_values(count, 3);
    const std::set<double> sorted(values.begin(), values.end());
    ASSERT_EQ(static_cast<std::int64_t>(sorted.size()), count);
    double previous = -3;
    for (const double value : sorted) {
      EXPECT_GT(std::abs(value), 0.49 / static_cast<double>(count));
      EXPECT_LT(std::abs(value), 1.0);
      EXPECT_GT(value - previous, 1.0 / static_cast<double>(count));
      previous = value;
    }
  }
}

}  // namespace
}  // namespace fovea
