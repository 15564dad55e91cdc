#include "fovea/autograd/ops/cross_entropy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  const char* name;
  Shape logits;
  double smoothing = 0;
  bool weighted = false;
  int ignore_every = 0;  // each so-manieth target is ignored
};

const Case kCases[] = {
    {"one row, one class", {1, 1}},
    {"one vector", {5}},
    {"plain", {7, 10}},
    {"two classes", {3, 2}},
    {"many classes", {2, 67}},
    {"smoothing", {4, 5}, 0.1},
    {"weights", {6, 4}, 0, true},
    {"ignored rows", {9, 3}, 0, false, 2},
    {"all of it", {11, 5}, 0.2, true, 3},
    {"a label for every pixel", {2, 3, 5, 4}, 0.1, true, 4},
};
const Reduction kReductions[] = {Reduction::mean, Reduction::sum, Reduction::none};

constexpr std::int64_t kIgnored = 255;

Shape rows_of(const Shape& logits) { return Shape(logits.extents().first(static_cast<std::size_t>(logits.rank() - 1))); }

Tensor targets_of(const Case& c) {
  const Shape rows = rows_of(c.logits);
  std::vector<std::int64_t> targets;
  RandomStream stream(9);
  for (std::int64_t i = 0; i < rows.numel(); ++i) {
    const auto target = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(c.logits.at(-1))));
    targets.push_back(c.ignore_every > 0 && i % c.ignore_every == 0 ? kIgnored : target);
  }
  return Tensor::from(targets, rows);
}

Tensor weights_of(const Case& c) {
  if (!c.weighted) return {};
  std::vector<double> weights;
  for (std::int64_t i = 0; i < c.logits.at(-1); ++i) weights.push_back(0.25 * static_cast<double>(i + 1));  // exact in f32
  return Tensor::from(weights, {c.logits.at(-1)});
}

CrossEntropyOptions options_of(const Case& c, Reduction reduction, DType dtype = DType::f64) {
  const Tensor weights = weights_of(c);
  return {.reduction = reduction,
          .ignore_index = kIgnored,
          .label_smoothing = c.smoothing,
          .class_weights = weights.defined() ? weights.to(dtype) : Tensor{}};
}

/// -sum of weight[k] q[k] log p[k] for every row, and what the mean divides by.
std::vector<double> oracle(const Case& c, const Tensor& logits, double& divisor) {
  const std::int64_t classes = logits.extent(-1);
  const Tensor targets = targets_of(c), weights = weights_of(c);
  const auto weight = [&](std::int64_t k) { return weights.defined() ? weights.data<double>()[k] : 1; };
  std::vector<double> losses;
  divisor = 0;
  for (std::int64_t row = 0; row < targets.numel(); ++row) {
    const std::int64_t target = targets.data<std::int64_t>()[row];
    double normalizer = 0, loss = 0;
    for (std::int64_t k = 0; k < classes; ++k) normalizer += std::exp(logits.data<double>()[row * classes + k]);
    for (std::int64_t k = 0; k < classes && target != kIgnored; ++k) {
      const double q = (k == target ? 1 - c.smoothing : 0) + c.smoothing / static_cast<double>(classes);
      loss -= weight(k) * q * std::log(std::exp(logits.data<double>()[row * classes + k]) / normalizer);
    }
    losses.push_back(loss);
    if (target != kIgnored) divisor += weight(target);
  }
  return losses;
}

TEST(CrossEntropy, ForwardIsTheFormula) {
  for (const Case& c : kCases) {
    const Tensor logits = uniform(c.logits, 1), targets = targets_of(c);
    double divisor = 0, total = 0;
    const std::vector<double> rows = oracle(c, logits, divisor);
    for (const double loss : rows) total += loss;
    const auto run = [&](Reduction reduction) { return cross_entropy(Variable(logits), targets, options_of(c, reduction)).value(); };
    EXPECT_TRUE(test::near(run(Reduction::none), rows, targets.shape(), 1e-14)) << c.name;
    EXPECT_TRUE(test::near(run(Reduction::sum), {total}, {}, 1e-14)) << c.name;
    EXPECT_TRUE(test::near(run(Reduction::mean), {total / divisor}, {}, 1e-14)) << c.name;
  }
}

TEST(CrossEntropy, Gradients) {
  for (const Case& c : kCases)
    for (const Reduction reduction : kReductions) {
      const auto f = [&](const auto& in) { return cross_entropy(in[0], targets_of(c), options_of(c, reduction, in[0].dtype())); };
      EXPECT_TRUE(test::gradients_match(f, {uniform(c.logits, 1)})) << c.name;
      EXPECT_TRUE(test::f32_follows_f64(f, {uniform(c.logits, 1)})) << c.name;
    }
}

TEST(CrossEntropy, IgnoredRowsGetExactlyNoGradient) {
  const Variable logits(uniform({3, 4}, 1), true);
  backward(cross_entropy(logits, Tensor::from<std::int64_t>({1, -100, 2}, {3}), {.label_smoothing = 0.3}));
  EXPECT_THAT(logits.grad().slice(1, 2).to_vector<double>(), testing::Each(0));
  EXPECT_THAT(logits.grad().slice(0, 1).to_vector<double>(), testing::Each(testing::Ne(0)));
}

TEST(CrossEntropy, TheMeanOfNoRowsIsNanAndTheSumZero) {
  const Tensor none = Tensor::zeros({0}, DType::i64), ignored = Tensor::full({2}, -100, DType::i64);
  for (const auto& [shape, targets] : {std::pair{Shape{0, 4}, none}, std::pair{Shape{2, 4}, ignored}}) {
    const Variable logits(Tensor::zeros(shape), true);
    EXPECT_TRUE(std::isnan(cross_entropy(logits, targets).item()));
    EXPECT_EQ(cross_entropy(logits, targets, {.reduction = Reduction::sum}).item(), 0);
    backward(cross_entropy(logits, targets));
    EXPECT_EQ(logits.grad().shape(), shape);
    EXPECT_EQ(logits.grad().to_vector<float>(), std::vector<float>(static_cast<std::size_t>(shape.numel()), 0.F));
  }
  EXPECT_EQ(cross_entropy(Variable(Tensor::zeros({0, 4})), none, {.reduction = Reduction::none}).shape(), (Shape{0}));
}

TEST(CrossEntropy, HugeLogitsGiveFiniteLosses) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Variable logits(Tensor::from<double>({10'000, 0, -10'000, 0, 10'000, 0}, {2, 3}).to(dtype), true);
    const Variable loss = cross_entropy(logits, Tensor::from<std::int64_t>({0, 0}, {2}));
    EXPECT_EQ(loss.item(), 5'000);
    backward(loss);
    EXPECT_THAT(test::values_of(logits.grad()), testing::ElementsAre(0, 0, 0, -0.5, 0.5, 0));
  }
}

TEST(CrossEntropy, ChangingTargetsOrWeightsAfterwardsDoesNotMatter) {
  const Tensor values = uniform({3, 4}, 1);
  const auto gradient = [&](bool change) {
    const Variable logits(values.clone(), true);
    Tensor targets = Tensor::from<std::int64_t>({1, 0, 3}, {3}), weights = test::f64({1, 2, 3, 4}, {4});
    const Variable loss = cross_entropy(logits, targets, {.class_weights = weights});
    if (change) {
      targets.fill_(2);
      weights.fill_(7);
    }
    backward(loss);
    return logits.grad();
  };
  EXPECT_TRUE(test::identical(gradient(true), gradient(false)));
}

TEST(CrossEntropy, RefusesTargetsThatDoNotFit) {
  const Variable logits(Tensor::zeros({2, 3}));
  const auto run = [&](const Tensor& targets) { cross_entropy(logits, targets); };
  EXPECT_THAT(
      [&] {
        run(Tensor::from<std::int64_t>({0, 3}, {2}));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] target 3 is outside [0, 3)")));
  EXPECT_THAT(
      [&] {
        run(Tensor::from<std::int64_t>({-1, 0}, {2}));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] target -1 is outside [0, 3)")));
  EXPECT_THAT([&] { run(Tensor::zeros({3}, DType::i64)); },
              ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] targets has shape [3], expected [2]")));
  EXPECT_THAT([&] { run(Tensor::zeros({2}, DType::i32)); },
              ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] targets are i64, found i32")));
  EXPECT_THAT([&] { run({}); }, ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] the targets are undefined")));
}

TEST(CrossEntropy, RefusesLogitsThatDoNotFit) {
  const Tensor targets = Tensor::zeros({2}, DType::i64);
  EXPECT_THAT(
      [&] {
        cross_entropy(Variable(Tensor::zeros({2, 0})), targets);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] logits want a last axis of at least one class, found [2,0]")));
  EXPECT_THAT([&] { cross_entropy(Variable(Tensor::zeros({})), targets); }, ThrowsMessage<ShapeError>(HasSubstr("found []")));
  EXPECT_THAT(
      [&] {
        cross_entropy(Variable(Tensor::zeros({2, 3}, DType::i64)), targets);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] wants f32 or f64, found i64")));
  EXPECT_THAT([&] { cross_entropy({}, targets); }, ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] input 0 is undefined")));
}

TEST(CrossEntropy, RefusesOptionsThatDoNotFit) {
  const Variable logits(Tensor::zeros({2, 3}));
  const Tensor targets = Tensor::zeros({2}, DType::i64);
  EXPECT_THAT([&] { cross_entropy(logits, targets, {.class_weights = Tensor::zeros({2})}); },
              ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] class weights has shape [2], expected [3]")));
  EXPECT_THAT([&] { cross_entropy(logits, targets, {.class_weights = Tensor::zeros({3}, DType::f64)}); },
              ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] class weights has type f64, expected f32")));
  for (const double bad : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THAT([&] { cross_entropy(logits, targets, {.label_smoothing = bad}); },
                ThrowsMessage<OptionError>(HasSubstr("[cross_entropy] label smoothing is in [0, 1), found")));
}

}  // namespace
}  // namespace fovea
