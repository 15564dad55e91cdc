// Losses of rows of class scores: the formulas, gradients in both precisions, the lectures' numbers, messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/log_softmax.hpp"
#include "fovea/autograd/ops/multiclass_hinge.hpp"
#include "fovea/autograd/ops/nll_loss.hpp"
#include "fovea/autograd/ops/soft_cross_entropy.hpp"
#include "fovea/autograd/ops/softmax_focal_loss.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::Each;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kIgnored = -100;

Shape rows_of(const Shape& scores) { return Shape(scores.extents().first(static_cast<std::size_t>(scores.rank() - 1))); }

Tensor targets_of(const Shape& scores, bool ignore) {
  const Shape rows = rows_of(scores);
  std::vector<std::int64_t> targets;
  for (std::int64_t i = 0; i < rows.numel(); ++i) targets.push_back(ignore && i % 3 == 0 ? kIgnored : (5 * i + 1) % scores.at(-1));
  return Tensor::from(targets, rows);
}
Tensor weights_of(const Shape& scores, DType dtype) {
  std::vector<double> weights;
  for (std::int64_t c = 0; c < scores.at(-1); ++c) weights.push_back(0.25 * static_cast<double>(c + 1));
  return Tensor::from(weights, {scores.at(-1)}).to(dtype);
}

/// A row's scores, its target and the class weights to the row's loss and what a mean divides by for it.
using Formula = std::function<std::pair<double, double>(const std::vector<double>& s, std::size_t target, const std::vector<double>& w)>;
struct Loss {
  const char* name;
  std::function<Variable(const Variable& scores, const Tensor& targets, Reduction)> run;
  Formula formula;
};

double log_probability(const std::vector<double>& s, std::size_t k) {
  double sum = 0;
  for (const double value : s) sum += std::exp(value);
  return s[k] - std::log(sum);
}
Formula hinge(double margin, int power) {
  return [=](const auto& s, std::size_t y, const auto&) {
    double sum = 0;
    for (std::size_t j = 0; j < s.size(); ++j)
      if (j != y) sum += std::pow(std::max(0.0, s[j] - s[y] + margin), power);
    return std::pair{sum, 1.0};
  };
}
Formula focal(double gamma, bool weighted) {
  return [=](const auto& s, std::size_t y, const auto& w) {
    const double log_p = log_probability(s, y);
    return std::pair{-(weighted ? w[y] : 1) * std::pow(1 - std::exp(log_p), gamma) * log_p, 1.0};
  };
}

const Loss kLosses[] = {
    {"nll_loss",
     [](auto& s, auto& t, Reduction r) { return nll_loss(s, t, {.reduction = r, .class_weights = weights_of(s.shape(), s.dtype())}); },
     [](const auto& s, std::size_t y, const auto& w) {
       return std::pair{-w[y] * s[y], w[y]};
     }},
    {"multiclass_hinge", [](auto& s, auto& t, Reduction r) { return multiclass_hinge(s, t, {.reduction = r}); }, hinge(1, 1)},
    {"multiclass_hinge",
     [](auto& s, auto& t, Reduction r) { return multiclass_hinge(s, t, {.margin = 0.5, .squared = true, .reduction = r}); }, hinge(0.5, 2)},
    {"softmax_focal_loss", [](auto& s, auto& t, Reduction r) { return softmax_focal_loss(s, t, {.reduction = r}); }, focal(2, false)},
    {"softmax_focal_loss",
     [](auto& s, auto& t, Reduction r) {
       return softmax_focal_loss(s, t, {.gamma = 0.5, .reduction = r, .class_weights = weights_of(s.shape(), s.dtype())});
     },
     focal(0.5, true)},
};
const Shape kShapes[] = {{1, 2}, {5}, {7, 10}, {2, 3, 5, 4}, {1001, 17}};

TEST(ClassLosses, AreTheirFormulas) {
  for (const Loss& loss : kLosses)
    for (const Shape& shape : kShapes)
      for (const bool ignore : {false, true}) {
        SCOPED_TRACE(std::string(loss.name) + " of " + shape.to_string());
        const Tensor scores = uniform(shape, 1), targets = targets_of(shape, ignore);
        const std::vector<double> weights = weights_of(shape, DType::f64).to_vector<double>();
        const std::int64_t classes = shape.at(-1);
        std::vector<double> each;
        double total = 0, divisor = 0;
        for (std::int64_t row = 0; row < targets.numel(); ++row) {
          const std::int64_t target = targets.data<std::int64_t>()[row];
          each.push_back(0);
          if (target == kIgnored) continue;
          const double* s = scores.data<double>() + row * classes;
          const auto [value, weight] = loss.formula({s, s + classes}, static_cast<std::size_t>(target), weights);
          each.back() = value;
          total += value;
          divisor += weight;
        }
        const auto run = [&](Reduction reduction) { return loss.run(Variable(scores), targets, reduction).value(); };
        EXPECT_TRUE(test::near(run(Reduction::none), each, rows_of(shape), 1e-13));
        EXPECT_TRUE(test::near(run(Reduction::sum), {total}, {}, 1e-13));
        if (divisor > 0) {
          EXPECT_TRUE(test::near(run(Reduction::mean), {total / divisor}, {}, 1e-13));
        } else {
          EXPECT_TRUE(std::isnan(run(Reduction::mean).item()));
        }
      }
}

TEST(ClassLosses, Gradients) {
  for (const Loss& loss : kLosses)
    for (const Shape& shape : {Shape{1, 2}, Shape{5}, Shape{7, 10}, Shape{2, 3, 5, 4}, Shape{0, 4}})
      for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
        if (shape.numel() == 0 && reduction == Reduction::mean) continue;
        const auto f = [&](const std::vector<Variable>& in) { return loss.run(in[0], targets_of(shape, shape.numel() > 5), reduction); };
        EXPECT_TRUE(test::gradients_match(f, {uniform(shape, 1)})) << loss.name << shape.to_string();
        EXPECT_TRUE(test::f32_follows_f64(f, {uniform(shape, 1)}, 4e-6)) << loss.name << shape.to_string();
      }
}

TEST(ClassLosses, IgnoredRowsGetExactlyNoGradient) {
  for (const Loss& loss : kLosses) {
    const Variable scores(uniform({3, 4}, 1), true);
    backward(loss.run(scores, Tensor::from<std::int64_t>({1, kIgnored, 2}, {3}), Reduction::mean));
    EXPECT_THAT(scores.grad().slice(1, 2).to_vector<double>(), Each(0)) << loss.name;
    EXPECT_NE(scores.grad().data<double>()[1], 0) << loss.name;
  }
}

TEST(ClassLosses, RefuseWhatDoesNotFit) {
  const Variable scores(Tensor::zeros({2, 3}));
  for (const Loss& loss : kLosses) {
    const std::string name = "[" + std::string(loss.name) + "]";
    const auto run = [&](const Variable& s, const Tensor& targets) { return [=, &loss] { loss.run(s, targets, Reduction::mean); }; };
    EXPECT_THAT(run(scores, Tensor::from<std::int64_t>({0, 3}, {2})),
                ThrowsMessage<ShapeError>(HasSubstr(name + " target 3 is outside [0, 3)")));
    EXPECT_THAT(run(scores, Tensor::from<std::int64_t>({-1, 0}, {2})),
                ThrowsMessage<ShapeError>(HasSubstr(name + " target -1 is outside")));
    EXPECT_THAT(run(scores, Tensor::zeros({3}, DType::i64)),
                ThrowsMessage<ShapeError>(HasSubstr(name + " targets has shape [3], expected [2]")));
    EXPECT_THAT(run(scores, Tensor::zeros({2})), ThrowsMessage<ShapeError>(HasSubstr(name + " targets are i64, found f32")));
    EXPECT_THAT(run(scores, {}), ThrowsMessage<ShapeError>(HasSubstr(name + " the targets are undefined")));
  }
  const Tensor targets = Tensor::zeros({2}, DType::i64);
  EXPECT_THAT(
      [&] {
        nll_loss(Variable(Tensor::zeros({2, 0})), targets);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[nll_loss] scores want a last axis of at least one class, found [2,0]")));
  EXPECT_THAT([&] { nll_loss(scores, targets, {.class_weights = Tensor::zeros({2})}); },
              ThrowsMessage<ShapeError>(HasSubstr("[nll_loss] class weights has shape [2], expected [3]")));
  EXPECT_THAT([&] { softmax_focal_loss(scores, targets, {.class_weights = Tensor::zeros({3}, DType::f64)}); },
              ThrowsMessage<ShapeError>(HasSubstr("[softmax_focal_loss] class weights has type f64, expected f32")));
  EXPECT_THAT([&] { softmax_focal_loss(scores, targets, {.gamma = -1}); }, ThrowsMessage<OptionError>(HasSubstr("found -1")));
  EXPECT_THAT([&] { multiclass_hinge(scores, targets, {.margin = 0}); }, ThrowsMessage<OptionError>(HasSubstr("found 0")));
}

// CS231n 2018, lecture 3: three images, scores of cat, car and frog; the right classes are cat, car and frog.
TEST(MulticlassHinge, TheLecturesNumbers) {
  const Variable scores(test::f64({3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1}, {3, 3}));
  const Tensor targets = Tensor::from<std::int64_t>({0, 1, 2}, {3});
  const auto run = [&](const Variable& s, bool squared, Reduction reduction) {
    return multiclass_hinge(s, targets, {.squared = squared, .reduction = reduction}).value();
  };
  EXPECT_TRUE(test::near(run(scores, false, Reduction::none), {2.9, 0, 12.9}, {3}, 1e-14));
  EXPECT_NEAR(run(scores, false, Reduction::mean).item(), 5.27, 0.005);
  EXPECT_TRUE(test::near(run(scores, true, Reduction::none), {8.41, 0, 83.25}, {3}, 1e-13));
  std::vector<double> doubled = scores.value().to_vector<double>();
  for (double& value : doubled) value *= 2;
  EXPECT_EQ(run(Variable(test::f64(doubled, {3, 3})), false, Reduction::none).to_vector<double>()[1], 0)
      << "twice the weights, the same loss";
  EXPECT_NEAR(run(Variable(Tensor::zeros({3, 3})), false, Reduction::mean).item(), 2, 1e-6) << "classes - 1 at first";
}

// The same lecture: hinge and softmax for class 0.
TEST(MulticlassHinge, StopsWhereTheMarginIsReachedAndCrossEntropyDoesNot) {
  const Variable scores(test::f64({10, -2, 3, 10, 9, 9, 10, -100, -100}, {3, 3}));
  const Tensor targets = Tensor::zeros({3}, DType::i64);
  EXPECT_EQ(multiclass_hinge(scores, targets, {.reduction = Reduction::sum}).item(), 0);
  const std::vector<double> entropy = cross_entropy(scores, targets, {.reduction = Reduction::none}).value().to_vector<double>();
  EXPECT_NEAR(entropy[0], 9.18e-4, 5e-7);
  EXPECT_NEAR(entropy[1], 0.5514, 5e-5);
  EXPECT_NEAR(entropy[2], 0, 1e-15);
}

TEST(NllLoss, OfLogSoftmaxIsTheCrossEntropy) {
  const Variable scores(test::f64({3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1}, {3, 3}), true), again(scores.value(), true);
  const Tensor targets = Tensor::from<std::int64_t>({0, 1, 2}, {3});
  const Variable loss = nll_loss(log_softmax(scores), targets), fused = cross_entropy(again, targets);
  EXPECT_NEAR(loss.item(), (2.0404 + 0.0791 + 6.1565) / 3, 5e-5);  // the lecture's
  EXPECT_NEAR(loss.item(), fused.item(), 1e-15);
  backward(loss);
  backward(fused);
  EXPECT_TRUE(test::near(scores.grad(), again.grad(), 1e-15));
}

TEST(LogSoftmax, FormulaGradientsAndHugeScores) {
  for (const Shape& shape : {Shape{1, 1}, Shape{5}, Shape{2, 3, 3, 4}, Shape{3000, 7}, Shape{0, 4}}) {
    const Tensor x = uniform(shape, 1);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double* row = x.data<double>() + i / shape.at(-1) * shape.at(-1);
      expected.push_back(log_probability({row, row + shape.at(-1)}, static_cast<std::size_t>(i % shape.at(-1))));
    }
    EXPECT_TRUE(test::near(log_softmax(Variable(x)).value(), expected, shape, 1e-14));
    const auto f = [](const std::vector<Variable>& in) { return log_softmax(in[0]); };
    EXPECT_TRUE(test::gradients_match(f, {x}));
    EXPECT_TRUE(test::f32_follows_f64(f, {x}));
  }
  EXPECT_EQ(log_softmax(Variable(test::f32({10'000, 0, -10'000}, {3}))).value().to_vector<float>(),
            (std::vector<float>{0, -10'000, -20'000}));
  EXPECT_THAT([] { log_softmax(Variable(Tensor::zeros({}))); }, ThrowsMessage<ShapeError>(HasSubstr("[log_softmax]")));
}

struct SoftCase {
  double smoothing;
  bool weighted;
};

TEST(SoftCrossEntropy, FormulaAndGradients) {
  for (const Shape& shape : {Shape{1, 3}, Shape{4}, Shape{7, 10}, Shape{2, 3, 5, 4}})
    for (const auto& [smoothing, weighted] : {SoftCase{0, false}, SoftCase{0.1, false}, SoftCase{0.2, true}}) {
      const Tensor logits = uniform(shape, 1), q = Tensor::from(test::random_values<double>(shape.numel(), 2), shape);
      const std::int64_t classes = shape.at(-1);
      const std::vector<double> w = weights_of(shape, DType::f64).to_vector<double>();
      std::vector<double> each(static_cast<std::size_t>(rows_of(shape).numel()));
      double total = 0;
      for (std::size_t row = 0; row < each.size(); ++row) {
        const double* z = logits.data<double>() + static_cast<std::int64_t>(row) * classes;
        for (std::int64_t c = 0; c < classes; ++c) {
          const double target =
              (1 - smoothing) * q.data<double>()[static_cast<std::int64_t>(row) * classes + c] + smoothing / static_cast<double>(classes);
          each[row] -=
              (weighted ? w[static_cast<std::size_t>(c)] : 1) * target * log_probability({z, z + classes}, static_cast<std::size_t>(c));
        }
        total += each[row];
      }
      const auto run = [&, smoothing = smoothing, weighted = weighted](const Variable& x, Reduction reduction) {
        return soft_cross_entropy(
            x, q.to(DType::f32).to(x.dtype()),
            {.reduction = reduction, .label_smoothing = smoothing, .class_weights = weighted ? weights_of(shape, x.dtype()) : Tensor{}});
      };
      EXPECT_TRUE(test::near(run(Variable(logits), Reduction::none).value(), each, rows_of(shape), 1e-6));
      EXPECT_NEAR(run(Variable(logits), Reduction::mean).item(), total / static_cast<double>(each.size()), 1e-6);
      for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
        const auto f = [&](const std::vector<Variable>& in) { return run(in[0], reduction); };
        EXPECT_TRUE(test::gradients_match(f, {logits}));
        EXPECT_TRUE(test::f32_follows_f64(f, {logits}, 4e-6));
      }
    }
}

TEST(SoftCrossEntropy, OfOneHotTargetsIsTheCrossEntropy) {
  const Variable logits(uniform({3, 4}, 5));
  const Tensor one_hot = test::f64({0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0}, {3, 4});
  EXPECT_NEAR(soft_cross_entropy(logits, one_hot, {.label_smoothing = 0.1}).item(),
              cross_entropy(logits, Tensor::from<std::int64_t>({1, 3, 0}, {3}), {.label_smoothing = 0.1}).item(), 1e-15);
}

TEST(SoftCrossEntropy, RefusesWhatDoesNotFit) {
  const Variable logits(Tensor::zeros({2, 3}));
  EXPECT_THAT([&] { soft_cross_entropy(logits, Tensor::zeros({2})); },
              ThrowsMessage<ShapeError>(HasSubstr("[soft_cross_entropy] the distributions has shape [2], expected [2,3]")));
  EXPECT_THAT(
      [&] {
        soft_cross_entropy(logits, Tensor::zeros({2, 3}, DType::i64));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[soft_cross_entropy] the distributions has type i64")));
  EXPECT_THAT([&] { soft_cross_entropy(logits, {}); }, ThrowsMessage<ShapeError>(HasSubstr("undefined")));
  EXPECT_THAT(
      [&] {
        soft_cross_entropy(logits, Tensor::zeros({2, 3}), {.label_smoothing = 1});
      },
      ThrowsMessage<OptionError>(HasSubstr("[soft_cross_entropy] label smoothing is in [0, 1), found 1")));
  EXPECT_THAT(
      [&] {
        soft_cross_entropy(logits, Tensor::zeros({2, 3}), {.class_weights = Tensor::zeros({2})});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[soft_cross_entropy] class weights has shape [2], expected [3]")));
}

TEST(SoftmaxFocalLoss, WithoutGammaIsTheCrossEntropy) {
  const Variable logits(uniform({6, 5}, 5));
  const Tensor targets = targets_of({6, 5}, true);
  EXPECT_NEAR(softmax_focal_loss(logits, targets, {.gamma = 0}).item(), cross_entropy(logits, targets).item(), 1e-15);
}

TEST(SoftmaxFocalLoss, SureAnswersGiveFiniteLosses) {
  for (const double gamma : {0.0, 0.5, 2.0}) {
    const Variable logits(test::f32({10'000, 0, 0, -10'000, 0, 0}, {2, 3}), true);
    const Variable loss = softmax_focal_loss(logits, Tensor::zeros({2}, DType::i64), {.gamma = gamma, .reduction = Reduction::sum});
    EXPECT_NEAR(loss.item(), 10'000 + std::log(2.0), 1e-2);
    backward(loss);
    EXPECT_TRUE(test::near(logits.grad(), {0, 0, 0, -1, 0.5, 0.5}, {2, 3}, 1e-6));
  }
}

}  // namespace
}  // namespace fovea
