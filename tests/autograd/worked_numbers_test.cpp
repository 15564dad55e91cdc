// Numbers that lectures on the subject work out by hand: CS231n (2018), S. Gould's notes on deep learning for computer vision (2024)
// and a course summary. Where a slide is known to misprint, the corrected number stands here with a remark.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/batch_norm.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/linear.hpp"
#include "fovea/autograd/ops/matmul.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::f64;
using test::near;
using testing::ElementsAre;

Variable leaf(const std::vector<double>& values, const Shape& shape) { return Variable(f64(values, shape), true); }
Variable constant(const std::vector<double>& values, const Shape& shape) { return Variable(f64(values, shape)); }

TEST(WorkedNumbers, TheProductOfASum) {  // CS231n lecture 4; primer, chapter 4
  const Variable x = leaf({-2}, {}), y = leaf({5}, {}), z = leaf({-4}, {});
  const Variable f = (x + y) * z;
  EXPECT_EQ(f.item(), -12);
  backward(f);
  EXPECT_EQ(x.grad().item(), -4);
  EXPECT_EQ(y.grad().item(), -4);
  EXPECT_EQ(z.grad().item(), 3);
}

TEST(WorkedNumbers, TheSquaredNormOfAProduct) {  // CS231n lecture 4: f = |Wx|^2, dW = 2 q x^T, dx = 2 W^T q
  const Variable w = leaf({.1, .5, -.3, .8}, {2, 2}), x = leaf({.2, .4}, {2, 1});
  const Variable q = matmul(w, x), f = sum(q * q);
  EXPECT_TRUE(near(q.value(), {.22, .26}, {2, 1}, 1e-15));
  EXPECT_NEAR(f.item(), .116, 1e-15);
  backward(f);
  EXPECT_TRUE(near(w.grad(), {.088, .176, .104, .208}, {2, 2}, 1e-15));
  EXPECT_TRUE(near(x.grad(), {-.112, .636}, {2, 1}, 1e-15));
}

TEST(WorkedNumbers, TheTwoLayerExercise) {  // CS231n lecture 4: L = |ReLU(X W1) W2|^2
  const auto loss = [](const std::vector<Variable>& in) {
    const Variable scores = matmul(relu(matmul(in[0], in[1])), in[2]);
    return sum(scores * scores);
  };
  EXPECT_TRUE(test::gradients_match(loss, {test::uniform({4, 3}, 1), test::uniform({3, 5}, 2), test::uniform({5, 2}, 3)}));
}

TEST(WorkedNumbers, LinearScores) {  // CS231n lecture 2; the slide's ship score 61.95 leaves out the bias
  const Variable x = constant({56, 231, 24, 2}, {1, 4});
  const Variable weight = constant({.2, -.5, .1, 2, 1.5, 1.3, 2.1, 0, 0, .25, .2, -.3}, {3, 4});
  const Variable bias = constant({1.1, 3.2, -1.2}, {3});
  EXPECT_TRUE(near(linear(x, weight, bias).value(), {-96.8, 437.9, 60.75}, {1, 3}, 1e-14));
}

const std::vector<double> kScores = {3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1};  // cat, car, frog of three images
const std::vector<std::int64_t> kClasses = {0, 1, 2};

TEST(WorkedNumbers, SoftmaxAndItsLoss) {  // CS231n lecture 3; another slide's 0.89 is the decimal logarithm
  const Variable scores = constant(kScores, {3, 3});
  const Tensor probabilities = softmax(scores).value();
  EXPECT_NEAR(probabilities.data<double>()[0], .13, .005);
  EXPECT_NEAR(probabilities.data<double>()[1], .87, .005);
  EXPECT_NEAR(probabilities.data<double>()[2], .00, .005);
  const Tensor losses = cross_entropy(scores, Tensor::from(kClasses, {3}), {.reduction = Reduction::none}).value();
  EXPECT_NEAR(losses.data<double>()[0], 2.0404, 5e-5);
  EXPECT_NEAR(losses.data<double>()[1], 0.0791, 5e-5);
  EXPECT_NEAR(losses.data<double>()[2], 6.1565, 5e-5);
}

TEST(WorkedNumbers, CrossEntropyIsNeverQuiteSatisfied) {  // CS231n lecture 3
  const Variable scores = constant({10, -2, 3, 10, 9, 9, 10, -100, -100}, {3, 3});
  const Tensor losses = cross_entropy(scores, Tensor::zeros({3}, DType::i64), {.reduction = Reduction::none}).value();
  EXPECT_NEAR(losses.data<double>()[0], 9.18e-4, 5e-7);
  EXPECT_NEAR(losses.data<double>()[1], 0.5514, 5e-5);
  EXPECT_NEAR(losses.data<double>()[2], 0, 1e-40);
}

TEST(WorkedNumbers, TheInitialLossIsTheLogarithmOfTheClasses) {  // CS231n lectures 3 and 6: log 10 = 2.3
  for (const std::int64_t classes : {2, 10, 1000}) {
    const Variable scores(Tensor::zeros({5, classes}, DType::f64));
    EXPECT_NEAR(cross_entropy(scores, Tensor::from<std::int64_t>({0, 1, 0, 1, 1}, {5})).item(), std::log(static_cast<double>(classes)),
                1e-14);
  }
  EXPECT_NEAR(cross_entropy(Variable(Tensor::zeros({1, 10}, DType::f64)), Tensor::zeros({1}, DType::i64)).item(), 2.302585, 5e-7);
}

/// Multiclass hinge: sum over j of max(0, s_j - s_y + 1), without j = y unless `with_target`.
double hinge(const Variable& scores, std::int64_t target, bool with_target = false) {
  const std::int64_t classes = scores.extent(1);
  std::vector<double> differences;  // rows e_j - e_target
  for (std::int64_t j = 0; j < classes; ++j)
    for (std::int64_t k = 0; k < classes && (j != target || with_target); ++k) differences.push_back((k == j) - (k == target));
  const Variable matrix = constant(differences, {classes - (with_target ? 0 : 1), classes});
  return sum(relu(affine(linear(scores, matrix), 1, 1))).item();
}

TEST(WorkedNumbers, HingeLosses) {  // CS231n lecture 3
  const Tensor scores = f64(kScores, {3, 3});
  const double expected[] = {2.9, 0, 12.9};
  double total = 0;
  for (std::int64_t i = 0; i < 3; ++i) {
    const Variable row(scores.slice(i, i + 1));
    EXPECT_NEAR(hinge(row, i), expected[i], 1e-14);
    EXPECT_NEAR(hinge(row, i, true), expected[i] + 1, 1e-14);
    total += hinge(row, i);
  }
  EXPECT_NEAR(total / 3, 5.27, .005);
  EXPECT_EQ(hinge(2.0 * Variable(scores.slice(1, 2)), 1), 0);
  EXPECT_EQ(hinge(Variable(Tensor::zeros({1, 10}, DType::f64)), 3), 9);  // C - 1
}

TEST(WorkedNumbers, L2PrefersSpreadWeights) {  // CS231n lecture 3
  const Variable x = constant({1, 1, 1, 1}, {4}), peaked = constant({1, 0, 0, 0}, {4}), spread = constant({.25, .25, .25, .25}, {4});
  EXPECT_EQ(sum(x * peaked).item(), 1);
  EXPECT_EQ(sum(x * spread).item(), 1);
  EXPECT_EQ(sum(peaked * peaked).item(), 1);
  EXPECT_EQ(sum(spread * spread).item(), .25);
}

TEST(WorkedNumbers, ForwardDifferences) {  // CS231n lecture 3: 1.25347 becomes 1.25322, 1.25353, 1.25347 at h = 1e-4
  const std::vector<double> at = {.34, -1.11, .78}, slope = {-2.5, .6, 0};
  const auto loss = [&](const Variable& w) { return affine(sum((w - constant(at, {3})) * constant(slope, {3})), 1, 1.25347); };
  const double expected[] = {1.25322, 1.25353, 1.25347};
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<double> moved = at;
    moved[i] += 1e-4;
    EXPECT_NEAR(loss(constant(moved, {3})).item(), expected[i], 1e-12);
    EXPECT_NEAR((expected[i] - 1.25347) / 1e-4, slope[i], 1e-9);
  }
  const Variable w = leaf(at, {3});
  backward(loss(w));
  EXPECT_THAT(w.grad().to_vector<double>(), ElementsAre(-2.5, .6, 0));
}

TEST(WorkedNumbers, ReshapeAndTranspose) {  // Gould, section 1.3
  const Variable x = constant({8, 5, 1, 3, 6, 2}, {2, 3});
  EXPECT_TRUE(near(reshape(x, {3, 2}).value(), {8, 5, 1, 3, 6, 2}, {3, 2}, 0));  // [[8,5],[1,3],[6,2]]
  EXPECT_TRUE(near(reshape(x, {-1}).value(), {8, 5, 1, 3, 6, 2}, {6}, 0));
  const Variable identity = constant({1, 0, 0, 1}, {2, 2});
  EXPECT_TRUE(near(matmul(x, identity, {.transpose_a = true}).value(), {8, 3, 5, 6, 1, 2}, {3, 2}, 0));
  EXPECT_TRUE(near(matmul(constant({8, 5, 3, 6}, {2, 2}), identity, {.transpose_a = true}).value(), {8, 3, 5, 6}, {2, 2}, 0));
}

TEST(WorkedNumbers, XorFromThreeLinearUnits) {  // Gould, section 2.1.2: hidden NAND and OR, output AND
  const auto step = [](const Variable& x) {
    std::vector<double> fired;
    for (const double value : x.value().span<double>()) fired.push_back(value > 0 ? 1 : 0);
    return constant(fired, x.shape());
  };
  const Variable inputs = constant({0, 0, 0, 1, 1, 0, 1, 1}, {4, 2});
  const Variable hidden = step(linear(inputs, constant({-1, -1, 1, 1}, {2, 2}), constant({1.5, -.5}, {2})));
  EXPECT_THAT(hidden.value().to_vector<double>(), ElementsAre(1, 0, 1, 1, 1, 1, 0, 1));
  const Variable output = step(linear(hidden, constant({1, 1}, {1, 2}), constant({-1.5}, {1})));
  EXPECT_THAT(output.value().to_vector<double>(), ElementsAre(0, 1, 1, 0));
}

TEST(WorkedNumbers, GradientDescentWithExactLineSearch) {  // Gould, section 2.4: l = (t1^2 + g t2^2) / 2 from (g, 1), g = 10
  const double gamma = 10, rate = 2 / (1 + gamma);
  const double iterates[][2] = {{10, 1}, {8.181818, -.818182}, {6.694215, .669421}, {5.477085, -.547709}};
  const double losses[] = {55, 36.818182, 24.646882, 16.499152};
  Variable theta = leaf({gamma, 1}, {2});
  for (int t = 0; t < 4; ++t) {
    const Variable loss = 0.5 * sum(theta * theta * constant({1, gamma}, {2}));
    EXPECT_TRUE(near(theta.value(), {iterates[t][0], iterates[t][1]}, {2}, 1e-7));
    EXPECT_NEAR(loss.item(), losses[t], 5e-7);
    backward(loss);
    theta = Variable(affine(theta - rate * Variable(theta.grad()), 1).value(), true);
  }
}

TEST(WorkedNumbers, DampedNewton) {  // Gould, section 7.2.1: f = 10 x^4 + x^2, f'' = 120 x^2 + 2
  const auto derivative = [](double at) {
    const Variable x = leaf({at}, {}), square = x * x;
    backward(10.0 * (square * square) + square);
    return x.grad().item();
  };
  double x = 1, buggy = 1;
  for (const double expected : {.655738, .420846, .256433, .136387}) EXPECT_NEAR(x -= derivative(x) / (120 * x * x + 2), expected, 5e-7);
  // With the sign of the second terms flipped it settles elsewhere, where f' is not zero.
  for (const double expected : {.677966, .468983, .338290})
    EXPECT_NEAR(buggy -= (derivative(buggy) - 4 * buggy) / (120 * buggy * buggy - 2), expected, 5e-7);
  for (int i = 0; i < 40; ++i) buggy -= (derivative(buggy) - 4 * buggy) / (120 * buggy * buggy - 2);
  EXPECT_NEAR(buggy, std::sqrt(1.0 / 20), 1e-12);
  EXPECT_NEAR(10 * std::pow(buggy, 4) + buggy * buggy, .075, 1e-12);
  EXPECT_GT(derivative(buggy), .8);
}

TEST(WorkedNumbers, BatchedInputsAreIndependentAndParametersSum) {  // Gould, section 3.3.1: y = A x + b over a batch of two
  const Variable x = leaf({1, 2, 3, 4}, {2, 2}), a = leaf({1, -1, 2, 0}, {2, 2}), b = leaf({0, 0}, {2});
  backward(linear(x, a, b), f64({1, 10, 100, 1000}, {2, 2}));
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(21, -1, 2100, -100));
  EXPECT_THAT(a.grad().to_vector<double>(), ElementsAre(1 * 1 + 100 * 3, 1 * 2 + 100 * 4, 10 * 1 + 1000 * 3, 10 * 2 + 1000 * 4));
  EXPECT_THAT(b.grad().to_vector<double>(), ElementsAre(101, 1010));
}

TEST(WorkedNumbers, BatchNormCanUndoItself) {  // CS231n lecture 6: gamma = the deviation and beta = the mean give the identity
  const Variable x(test::uniform({16, 3}, 1)), unit(Tensor::full({3}, 1, DType::f64)), zero(Tensor::zeros({3}, DType::f64));
  const BatchNormResult statistics = batch_norm(x, unit, zero, 0);
  Tensor deviation = statistics.variance.clone();
  for (std::int64_t c = 0; c < 3; ++c) deviation.mutable_data<double>()[c] = std::sqrt(deviation.data<double>()[c]);
  EXPECT_TRUE(near(batch_norm(x, Variable(deviation), Variable(statistics.mean), 0).output.value(), x.value(), 1e-14));
}

}  // namespace
}  // namespace fovea
