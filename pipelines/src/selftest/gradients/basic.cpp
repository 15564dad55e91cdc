// Sums, products, norms and losses of the first hour.
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/batch_norm.hpp"
#include "fovea/autograd/ops/clone.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/dropout.hpp"
#include "fovea/autograd/ops/linear.hpp"
#include "fovea/autograd/ops/matmul.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/random.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

namespace {

const std::vector<Shape> kShapes = {{1}, {17}, {2, 3, 5, 7}, {0, 4}};

void check_arithmetic(GradientSuite& suite) {
  for (const Shape& shape : kShapes) {
    const Tensor a = uniform(shape, 1), b = uniform(shape, 2);
    suite.check("add", [](const Inputs& in) { return in[0] + in[1]; }, {a, b});
    suite.check("subtract", [](const Inputs& in) { return in[0] - in[1]; }, {a, b});
    suite.check("multiply", [](const Inputs& in) { return in[0] * in[1]; }, {a, b});
    suite.check("affine", [](const Inputs& in) { return affine(in[0], -1.5, 0.25); }, {a});
    suite.check("sum", sum, {a});
    if (shape.numel() > 0) suite.check("mean", mean, {a});
    suite.check("clone", clone, {a});
    suite.check("relu", [](const Inputs& in) { return relu(in[0]); }, {distinct(shape)});
    suite.check("dropout",
                [](const Inputs& in) {
                  RandomStream stream(5);
                  return dropout(in[0], 0.4, stream);
                },
                {a});
  }
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 12}, Shape{0, 4}}) suite.check("flatten", flatten, {uniform(shape)});
  suite.check("reshape", [](const Inputs& in) { return reshape(in[0], {4, 6}); }, {uniform({2, 3, 4})});
  suite.check("concat", [](const Inputs& in) { return concat(in); }, {uniform({2, 3, 5, 1}, 1), uniform({2, 3, 5, 4}, 2)});
  suite.check("concat", [](const Inputs& in) { return concat(in); }, {uniform({0, 3}, 1), uniform({0, 2}, 2)});
}

void check_products(GradientSuite& suite) {
  for (const std::int64_t rows : {0, 1, 5}) {
    suite.check("linear", [](const Inputs& in) { return linear(in[0], in[1], in[2]); },
                {uniform({rows, 7}, 1), uniform({3, 7}, 2), uniform({3}, 3)});
    for (const bool ta : {false, true})
      for (const bool tb : {false, true})
        suite.check("matmul", [=](const Inputs& in) { return matmul(in[0], in[1], {.transpose_a = ta, .transpose_b = tb}); },
                    {uniform(ta ? Shape{6, rows} : Shape{rows, 6}, 1), uniform(tb ? Shape{3, 6} : Shape{6, 3}, 2)});
  }
}

void check_norms(GradientSuite& suite) {
  for (const Shape& shape : {Shape{2, 3, 5, 4}, Shape{5, 1, 1, 3}, Shape{7, 17}}) {
    const Shape channels{shape.at(-1)};
    const Tensor gamma = uniform(channels, 2, 0.5, 1.5), beta = uniform(channels, 3), mean = uniform(channels, 4),
                 variance = uniform(channels, 5, 0.5, 1.5);
    suite.check("batch_norm", [](const Inputs& in) { return batch_norm(in[0], in[1], in[2]).output; }, {uniform(shape), gamma, beta});
    suite.check("batch_norm_fixed", [=](const Inputs& in) { return batch_norm_fixed(in[0], in[1], in[2], mean, variance); },
                {uniform(shape), gamma, beta});
    suite.check("batch_norm_activation", [](const Inputs& in) { return batch_norm_activation(in[0], in[1], in[2]).output; },
                {uniform(shape), gamma, beta});
    suite.check("batch_norm_activation", [](const Inputs& in) { return batch_norm_activation(in[0], in[1], in[2], in[3]).output; },
                {uniform(shape), gamma, beta, uniform(shape, 6)});
    suite.check("batch_norm_activation_fixed",
                [=](const Inputs& in) { return batch_norm_activation_fixed(in[0], in[1], in[2], mean, variance, in[3]); },
                {uniform(shape), gamma, beta, uniform(shape, 6)});
  }
}

void check_classifier_losses(GradientSuite& suite) {
  for (const Shape& shape : {Shape{1, 1}, Shape{5, 7}, Shape{2, 3, 3, 4}, Shape{0, 4}}) suite.check("softmax", softmax, {uniform(shape)});
  const Tensor targets = Tensor::from(std::vector<std::int64_t>{0, 2, -100, 1}, {4});
  const Tensor weights = uniform({3}, 9, 0.5, 1.5);
  for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
    for (const double smoothing : {0.0, 0.1})
      suite.check("cross_entropy",
                  [=](const Inputs& in) {
                    return cross_entropy(in[0], targets, {.reduction = reduction, .label_smoothing = smoothing, .class_weights = weights});
                  },
                  {uniform({4, 3})});
  const Tensor none = Tensor::from(std::vector<std::int64_t>{}, {0});
  suite.check("cross_entropy", [=](const Inputs& in) { return cross_entropy(in[0], none, {.reduction = Reduction::sum}); },
              {uniform({0, 3})});
}

}  // namespace

void check_basic_gradients(GradientSuite& suite) {
  check_arithmetic(suite);
  check_products(suite);
  check_norms(suite);
  check_classifier_losses(suite);
}

}  // namespace fovea::selftest_detail
