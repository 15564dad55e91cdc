// Losses of overlap: Dice, Tversky, Lovasz-softmax.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/dice_loss.hpp"
#include "fovea/autograd/ops/lovasz_softmax.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/autograd/ops/tversky_loss.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kIgnored = 255;

/// Values in (0, 1), no two equal.
Tensor probabilities_of(const Shape& shape, std::uint64_t seed) {
  std::vector<double> values = distinct_values(shape.numel(), seed);
  for (double& value : values) value = (1 + value) / 2;
  return Tensor::from(values, shape);
}

Tensor labels_of(const Shape& shape, std::int64_t classes) {
  const Shape rows(shape.extents().first(static_cast<std::size_t>(shape.rank() - 1)));
  std::vector<std::int64_t> labels;
  RandomStream stream(3);
  for (std::int64_t i = 0; i < rows.numel(); ++i)
    labels.push_back(i % 5 == 2 ? kIgnored : static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(classes))));
  return Tensor::from(labels, rows);
}

const Shape kShapes[] = {{1, 1, 2, 2}, {2, 3, 5, 4}, {3, 7, 3}, {5, 2}, {2, 61, 47, 3}};

/// One class of pixels [begin, end), by the formula.
double tversky_of(const Tensor& p, const Tensor& labels, std::int64_t begin, std::int64_t end, std::int64_t c,
                  const TverskyLossOptions& o) {
  double both = 0, extra = 0, missing = 0;
  for (std::int64_t i = begin; i < end; ++i) {
    if (labels.data<std::int64_t>()[i] == kIgnored) continue;
    const double value = p.data<double>()[i * p.extent(-1) + c], t = labels.data<std::int64_t>()[i] == c ? 1 : 0;
    both += value * t;
    extra += value * (1 - t);
    missing += (1 - value) * t;
  }
  const double whole = both + o.alpha * extra + o.beta * missing + o.smooth;
  return whole > 0 ? 1 - (both + o.smooth) / whole : 0;
}

TEST(TverskyLoss, IsTheFormula) {
  for (const Shape& shape : kShapes)
    for (const bool per_image : {false, true})
      for (const double smooth : {0.0, 1.0}) {
        const TverskyLossOptions options{.alpha = 0.3, .beta = 0.7, .smooth = smooth, .per_image = per_image, .ignore_index = kIgnored};
        const Tensor p = probabilities_of(shape, 1), labels = labels_of(shape, shape.at(-1));
        const std::int64_t groups = per_image ? shape[0] : 1, pixels = labels.numel() / groups, classes = shape.at(-1);
        std::vector<double> each;
        for (std::int64_t group = 0; group < groups; ++group)
          for (std::int64_t c = 0; c < classes; ++c)
            each.push_back(tversky_of(p, labels, group * pixels, (group + 1) * pixels, c, options));
        const double total = std::accumulate(each.begin(), each.end(), 0.0);
        const auto run = [&](Reduction reduction) {
          TverskyLossOptions reduced = options;
          reduced.reduction = reduction;
          return tversky_loss(Variable(p), labels, reduced).value();
        };
        EXPECT_TRUE(test::near(run(Reduction::none), each, per_image ? Shape{groups, classes} : Shape{classes}, 1e-13));
        EXPECT_TRUE(test::near(run(Reduction::sum), {total}, {}, 1e-13));
        EXPECT_TRUE(test::near(run(Reduction::mean), {total / static_cast<double>(each.size())}, {}, 1e-13));
      }
}

TEST(TverskyLoss, Gradients) {
  for (const Shape& shape : {Shape{1, 1, 2, 2}, Shape{2, 3, 5, 4}, Shape{3, 7, 3}, Shape{2, 61, 47, 3}})
    for (const bool per_image : {false, true})
      for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
        const Tensor p = probabilities_of(shape, 1), labels = labels_of(shape, shape.at(-1)),
                     soft = probabilities_of(shape, 2).to(DType::f32);
        for (const bool dense : {false, true}) {
          const auto f = [&](const std::vector<Variable>& in) {
            return tversky_loss(
                in[0], dense ? soft.to(in[0].dtype()) : labels,
                {.alpha = 0.3, .beta = 0.7, .smooth = 0.5, .per_image = per_image, .reduction = reduction, .ignore_index = kIgnored});
          };
          EXPECT_TRUE(test::gradients_match(f, {p})) << shape.to_string();
          EXPECT_TRUE(test::f32_follows_f64(f, {p})) << shape.to_string();
        }
      }
}

TEST(TverskyLoss, NothingAndIgnoredPixelsGetNoGradient) {
  const Variable p(probabilities_of({1, 3, 2}, 1), true);
  backward(tversky_loss(p, Tensor::from<std::int64_t>({0, -100, 1}, {1, 3})));
  EXPECT_THAT(p.grad().reshape({3, 2}).slice(1, 2).to_vector<double>(), Each(0));
  EXPECT_NE(p.grad().data<double>()[0], 0);
  const Variable none(Tensor::zeros({0, 4, 3}), true);
  const Variable loss = tversky_loss(none, Tensor::zeros({0, 4}, DType::i64), {.reduction = Reduction::sum});
  EXPECT_EQ(loss.item(), 0) << "nothing was missed";
  backward(loss);
  EXPECT_EQ(none.grad().shape(), (Shape{0, 4, 3}));
}

TEST(DiceLoss, WorkedNumbers) {
  // Class 0: p 0.5, 1, 0, t 1, 1, 0: 2 * 1.5 / (1.5 + 2); class 1 is the rest: 2 * 1 / (1.5 + 1).
  const Variable p(test::f64({0.5, 0.5, 1, 0, 0, 1}, {1, 3, 2}));
  const Tensor labels = Tensor::from<std::int64_t>({0, 0, 1}, {1, 3});
  EXPECT_TRUE(
      test::near(dice_loss(p, labels, {.smooth = 0, .reduction = Reduction::none}).value(), {1 - 3 / 3.5, 1 - 2 / 2.5}, {2}, 1e-15));
  EXPECT_TRUE(
      test::near(dice_loss(p, labels, {.smooth = 1, .reduction = Reduction::none}).value(), {1 - 4 / 4.5, 1 - 3 / 3.5}, {2}, 1e-15));
  EXPECT_TRUE(test::near(tversky_loss(p, labels, {.alpha = 1, .beta = 1, .smooth = 0, .reduction = Reduction::none}).value(),
                         {1 - 1.5 / 2, 1 - 1 / 1.5}, {2}, 1e-15))
      << "both weights 1: the Jaccard index";
}

TEST(TverskyLoss, RefusesWhatDoesNotFit) {
  const Variable p(Tensor::zeros({2, 5, 3}));
  EXPECT_THAT(
      [&] {
        tversky_loss(p, Tensor::zeros({2, 4}, DType::i64));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[tversky_loss] targets has shape [2,4], expected [2,5]")));
  EXPECT_THAT(
      [&] {
        tversky_loss(p, Tensor::zeros({2, 5}));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[tversky_loss] the target has shape [2,5], expected [2,5,3]")));
  EXPECT_THAT(
      [&] {
        tversky_loss(p, Tensor::full({2, 5}, 3, DType::i64));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[tversky_loss] target 3 is outside [0, 3)")));
  EXPECT_THAT([&] { tversky_loss(p, {}); }, ThrowsMessage<ShapeError>(HasSubstr("[tversky_loss] the targets are undefined")));
  EXPECT_THAT([&] { tversky_loss(Variable(Tensor::zeros({3})), Tensor::zeros({}, DType::i64)); },
              ThrowsMessage<ShapeError>(HasSubstr("[tversky_loss] probabilities want axes [N,...,classes], found [3]")));
  EXPECT_THAT(
      [&] {
        tversky_loss(p, Tensor::zeros({2, 5}, DType::i64), {.alpha = -1});
      },
      ThrowsMessage<OptionError>(HasSubstr("found -1, 0.5 and 1")));
}

/// The Jaccard loss of class c when the pixels of `mistakes` are wrong and all others right: |M| / |foreground united with M|.
double jaccard_loss(const std::vector<bool>& foreground, const std::vector<bool>& mistakes) {
  double wrong = 0, united = 0;
  for (std::size_t i = 0; i < foreground.size(); ++i) {
    wrong += mistakes[i] ? 1 : 0;
    united += foreground[i] || mistakes[i] ? 1 : 0;
  }
  return united > 0 ? wrong / united : 0;
}

/// The Lovasz extension by its definition as an integral over thresholds (Berman et al. 2018, section 2.2): the mean of the set function
/// over the sets of errors at or above t, t from 0 to 1.
double lovasz_of(const std::vector<double>& errors, const std::vector<bool>& foreground) {
  std::vector<double> steps = errors;
  steps.push_back(0);
  std::sort(steps.begin(), steps.end());
  double integral = 0;
  for (std::size_t k = 1; k < steps.size(); ++k) {
    std::vector<bool> mistakes;
    for (const double error : errors) mistakes.push_back(error >= steps[k]);
    integral += (steps[k] - steps[k - 1]) * jaccard_loss(foreground, mistakes);
  }
  return integral;
}

double lovasz_oracle(const Tensor& p, const Tensor& labels, const LovaszSoftmaxOptions& o) {
  const std::int64_t classes = p.extent(-1), groups = o.per_image ? p.extent(0) : 1, pixels = labels.numel() / groups;
  double total = 0;
  for (std::int64_t group = 0; group < groups; ++group) {
    double sum = 0, counted = 0;
    for (std::int64_t c = 0; c < classes; ++c) {
      std::vector<double> errors;
      std::vector<bool> foreground;
      for (std::int64_t i = group * pixels; i < (group + 1) * pixels; ++i) {
        const std::int64_t label = labels.data<std::int64_t>()[i];
        if (label == o.ignore_index) continue;
        const double value = p.data<double>()[i * classes + c];
        foreground.push_back(label == c);
        errors.push_back(label == c ? 1 - value : value);
      }
      if (errors.empty() || (o.only_present_classes && std::count(foreground.begin(), foreground.end(), true) == 0)) continue;
      sum += lovasz_of(errors, foreground);
      counted += 1;
    }
    total += counted > 0 ? sum / counted : 0;
  }
  return total / static_cast<double>(groups);
}

const Shape kSmallShapes[] = {{1, 1, 2, 2}, {2, 3, 5, 4}, {3, 7, 6}, {5, 2}};

TEST(LovaszSoftmax, IsTheExtensionsDefinition) {
  for (const Shape& shape : kSmallShapes)
    for (const bool per_image : {false, true})
      for (const bool present : {false, true}) {
        const LovaszSoftmaxOptions options{.per_image = per_image, .only_present_classes = present, .ignore_index = kIgnored};
        const Tensor p = probabilities_of(shape, 1), labels = labels_of(shape, shape.at(-1));
        EXPECT_NEAR(lovasz_softmax(Variable(p), labels, options).item(), lovasz_oracle(p, labels, options), 1e-14) << shape.to_string();
      }
}

TEST(LovaszSoftmax, Gradients) {
  for (const Shape& shape : kSmallShapes)
    for (const bool per_image : {false, true})
      for (const bool present : {false, true}) {
        const auto f = [&](const std::vector<Variable>& in) {
          return lovasz_softmax(in[0], labels_of(shape, shape.at(-1)),
                                {.per_image = per_image, .only_present_classes = present, .ignore_index = kIgnored});
        };
        EXPECT_TRUE(test::gradients_match(f, {probabilities_of(shape, 1)})) << shape.to_string();
        EXPECT_TRUE(test::f32_follows_f64(f, {probabilities_of(shape, 1)})) << shape.to_string();
      }
  const auto behind_softmax = [](const std::vector<Variable>& in) {
    return lovasz_softmax(softmax(in[0]), labels_of({2, 9, 3}, 3), {.ignore_index = kIgnored});
  };
  EXPECT_TRUE(test::gradients_match(behind_softmax, {test::uniform({2, 9, 3}, 4)}));
}

TEST(LovaszSoftmax, OfSurePredictionsIsOneMinusTheIou) {
  // Class 0: 2 pixels, 1 of them found, 1 more wrongly: IoU 1/3. Class 1: 2 pixels, 1 found, 1 wrong: 1/3. Class 2 is right: 1.
  const Variable p(test::f32({1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1}, {1, 5, 3}));
  const Tensor labels = Tensor::from<std::int64_t>({0, 0, 1, 1, 2}, {1, 5});
  EXPECT_NEAR(lovasz_softmax(p, labels).item(), (2.0 / 3 + 2.0 / 3 + 0) / 3, 1e-7);
}

TEST(LovaszSoftmax, NothingCountsNothing) {
  const Variable none(Tensor::zeros({0, 4, 3}), true), ignored(Tensor::full({2, 3}, 0.5), true);
  EXPECT_EQ(lovasz_softmax(none, Tensor::zeros({0, 4}, DType::i64)).item(), 0);
  EXPECT_EQ(lovasz_softmax(none, Tensor::zeros({0, 4}, DType::i64), {.per_image = true}).item(), 0);
  const Variable loss = lovasz_softmax(ignored, Tensor::full({2}, kIgnored, DType::i64), {.ignore_index = kIgnored});
  EXPECT_EQ(loss.item(), 0);
  backward(loss);
  EXPECT_THAT(ignored.grad().to_vector<float>(), Each(0));
}

TEST(LovaszSoftmax, RefusesWhatDoesNotFit) {
  const Variable p(Tensor::zeros({2, 5, 3}));
  EXPECT_THAT(
      [&] {
        lovasz_softmax(p, Tensor::zeros({2, 5}));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[lovasz_softmax] targets are i64, found f32")));
  EXPECT_THAT(
      [&] {
        lovasz_softmax(p, Tensor::full({2, 5}, -1, DType::i64));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[lovasz_softmax] target -1 is outside [0, 3)")));
  EXPECT_THAT([&] { lovasz_softmax(Variable(Tensor::zeros({3})), Tensor::zeros({}, DType::i64)); },
              ThrowsMessage<ShapeError>(HasSubstr("[lovasz_softmax] probabilities want axes")));
}

TEST(RegionLosses, BitsDoNotDependOnThreads) {
  const Tensor p = probabilities_of({2, 61, 47, 3}, 1).to(DType::f32), labels = labels_of({2, 61, 47, 3}, 3);
  const auto run = [&](int threads) {
    kernels::Context context(threads);
    const kernels::ContextGuard guard(context);
    const Variable x(p, true);
    const Variable loss = tversky_loss(x, labels, {.ignore_index = kIgnored}) + lovasz_softmax(x, labels, {.ignore_index = kIgnored});
    backward(loss);
    std::vector<float> all = x.grad().to_vector<float>();
    all.push_back(static_cast<float>(loss.item()));
    return all;
  };
  const auto alone = run(1);
  EXPECT_TRUE(run(2) == alone);
  EXPECT_TRUE(run(3) == alone);
}

}  // namespace
}  // namespace fovea
