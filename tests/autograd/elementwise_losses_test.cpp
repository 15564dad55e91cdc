// Losses between two tensors of one shape: the formulas, gradients in both precisions, extreme values, messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "fovea/autograd/ops/binary_cross_entropy.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/huber_loss.hpp"
#include "fovea/autograd/ops/kl_divergence.hpp"
#include "fovea/autograd/ops/l1_loss.hpp"
#include "fovea/autograd/ops/logistic_loss.hpp"
#include "fovea/autograd/ops/mse_loss.hpp"
#include "fovea/autograd/ops/sigmoid_focal_loss.hpp"
#include "fovea/autograd/ops/smooth_l1_loss.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Loss {
  const char* name;
  std::function<Variable(const Variable& x, const Variable& t, Reduction)> run;
  std::function<double(double x, double t)> formula;
  bool target_has_gradient = false;
  bool signs = false;  ///< targets are +1 and -1, else in (0, 1)
};

double probability(double x) { return 1 / (1 + std::exp(-x)); }
double focal(double x, double t, double alpha, double gamma) {
  const double p = probability(x), right = p * t + (1 - p) * (1 - t), weight = alpha < 0 ? 1 : alpha * t + (1 - alpha) * (1 - t);
  return -weight * std::pow(1 - right, gamma) * (t * std::log(p) + (1 - t) * std::log(1 - p));
}
double huber(double d, double delta) { return std::abs(d) <= delta ? d * d / 2 : delta * (std::abs(d) - delta / 2); }

const Loss kLosses[] = {
    {"mse_loss", [](auto& x, auto& t, Reduction r) { return mse_loss(x, t, r); }, [](double x, double t) { return (x - t) * (x - t); },
     true},
    {"l1_loss", [](auto& x, auto& t, Reduction r) { return l1_loss(x, t, r); }, [](double x, double t) { return std::abs(x - t); }, true},
    {"huber_loss", [](auto& x, auto& t, Reduction r) { return huber_loss(x, t, {.delta = 0.3, .reduction = r}); },
     [](double x, double t) { return huber(x - t, 0.3); }, true},
    {"smooth_l1_loss", [](auto& x, auto& t, Reduction r) { return smooth_l1_loss(x, t, {.beta = 0.3, .reduction = r}); },
     [](double x, double t) { return huber(x - t, 0.3) / 0.3; }, true},
    {"logistic_loss", [](auto& x, auto& t, Reduction r) { return logistic_loss(x, t.value(), r); },
     [](double x, double t) { return std::log(1 + std::exp(-t * x)); }, false, true},
    {"binary_cross_entropy", [](auto& x, auto& t, Reduction r) { return binary_cross_entropy(x, t.value(), {.reduction = r}); },
     [](double x, double t) { return -t * std::log(probability(x)) - (1 - t) * std::log(1 - probability(x)); }},
    {"sigmoid_focal_loss", [](auto& x, auto& t, Reduction r) { return sigmoid_focal_loss(x, t.value(), {.reduction = r}); },
     [](double x, double t) { return focal(x, t, 0.25, 2); }},
    {"sigmoid_focal_loss",
     [](auto& x, auto& t, Reduction r) { return sigmoid_focal_loss(x, t.value(), {.alpha = -1, .gamma = 0, .reduction = r}); },
     [](double x, double t) { return focal(x, t, -1, 0); }},
    {"sigmoid_focal_loss",
     [](auto& x, auto& t, Reduction r) { return sigmoid_focal_loss(x, t.value(), {.alpha = 0.7, .gamma = 1.5, .reduction = r}); },
     [](double x, double t) { return focal(x, t, 0.7, 1.5); }},
    {"kl_divergence", [](auto& x, auto& t, Reduction r) { return kl_divergence(x, t.value(), {.reduction = r}); },
     [](double x, double t) { return t * (std::log(t) - x); }},
    {"kl_divergence", [](auto& x, auto& t, Reduction r) { return kl_divergence(x, t.value(), {.log_target = true, .reduction = r}); },
     [](double x, double t) { return std::exp(t) * (t - x); }},
};
const Shape kShapes[] = {{1}, {17}, {2, 3, 5, 7}, {9000}, {}};

/// Away from the kinks of |x - t| at 0 and 0.3: x and t are odd and even multiples of 1 / 4096, |x| < 1.
Tensor inputs(const Shape& shape, std::uint64_t seed, int odd) {
  RandomStream stream(seed);
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back((2 * (static_cast<double>(stream.below(4095)) - 2047) + odd) / 4096);
  return Tensor::from(values, shape);
}
Tensor targets(const Loss& loss, const Shape& shape) {
  std::vector<double> values = inputs(shape, 2, 0).to_vector<double>();
  for (double& value : values) value = loss.signs ? (value > 0 ? 1 : -1) : std::max(std::abs(value), 2.0 / 4096);
  return Tensor::from(values, shape);
}

TEST(ElementwiseLosses, AreTheirFormulas) {
  for (const Loss& loss : kLosses)
    for (const Shape& shape : kShapes) {
      const Tensor x = inputs(shape, 1, 1), t = targets(loss, shape);
      std::vector<double> each;
      double total = 0;
      for (std::int64_t i = 0; i < x.numel(); ++i) {
        each.push_back(loss.formula(x.data<double>()[i], t.data<double>()[i]));
        total += each.back();
      }
      const auto run = [&](Reduction reduction) { return loss.run(Variable(x), Variable(t), reduction).value(); };
      EXPECT_TRUE(test::near(run(Reduction::none), each, shape, 1e-14)) << loss.name;
      EXPECT_TRUE(test::near(run(Reduction::sum), {total}, {}, 1e-13)) << loss.name;
      EXPECT_TRUE(test::near(run(Reduction::mean), {total / static_cast<double>(x.numel())}, {}, 1e-13)) << loss.name;
    }
}

TEST(ElementwiseLosses, Gradients) {
  for (const Loss& loss : kLosses)
    for (const Shape& shape : {Shape{1}, Shape{17}, Shape{2, 3, 5, 7}, Shape{0, 4}})
      for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
        if (shape.numel() == 0 && reduction == Reduction::mean) continue;
        const Tensor x = inputs(shape, 1, 1), t = targets(loss, shape);
        if (loss.target_has_gradient) {
          const auto f = [&](const std::vector<Variable>& in) { return loss.run(in[0], in[1], reduction); };
          EXPECT_TRUE(test::gradients_match(f, {x, t})) << loss.name;
          EXPECT_TRUE(test::f32_follows_f64(f, {x, t})) << loss.name;
        } else {
          const auto f = [&](const std::vector<Variable>& in) { return loss.run(in[0], Variable(t.to(in[0].dtype())), reduction); };
          EXPECT_TRUE(test::gradients_match(f, {x})) << loss.name;
          EXPECT_TRUE(test::f32_follows_f64(f, {x}, 4e-6)) << loss.name;
        }
      }
}

TEST(ElementwiseLosses, TheSumsBitsDoNotDependOnThreads) {
  const Tensor x = test::uniform({100'003}, 1).to(DType::f32), t = test::uniform({100'003}, 2).to(DType::f32);
  const auto run = [&](int threads) {
    kernels::Context context(threads);
    const kernels::ContextGuard guard(context);
    return mse_loss(Variable(x), Variable(t)).item();
  };
  EXPECT_EQ(run(1), run(2));
  EXPECT_EQ(run(1), run(3));
}

TEST(ElementwiseLosses, TheMeanOfNothingIsNanAndTheSumZero) {
  const Variable none(Tensor::zeros({0, 3}));
  for (const Loss& loss : kLosses) {
    EXPECT_TRUE(std::isnan(loss.run(none, none, Reduction::mean).item())) << loss.name;
    EXPECT_EQ(loss.run(none, none, Reduction::sum).item(), 0) << loss.name;
    EXPECT_EQ(loss.run(none, none, Reduction::none).shape(), (Shape{0, 3})) << loss.name;
  }
}

TEST(ElementwiseLosses, HugeLogitsGiveFiniteLossesAndGradients) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor yes = Tensor::from<double>({1, 1, 0, 0}, {4}).to(dtype), signs = Tensor::from<double>({1, 1, -1, -1}, {4}).to(dtype);
    const auto check = [&](const std::function<Variable(const Variable&)>& f, const std::vector<double>& losses,
                           const std::vector<double>& gradients) {
      const Variable x(Tensor::from<double>({10'000, -10'000, 10'000, -10'000}, {4}).to(dtype), true);
      const Variable loss = f(x);
      EXPECT_EQ(test::values_of(loss.value()), losses);
      backward(loss, Tensor::full({4}, 1, dtype));
      EXPECT_EQ(test::values_of(x.grad()), gradients);
    };
    const std::vector<double> losses{0, 10'000, 10'000, 0}, gradients{0, -1, 1, 0};
    check([&](const Variable& x) { return binary_cross_entropy(x, yes, {.reduction = Reduction::none}); }, losses, gradients);
    check([&](const Variable& x) { return logistic_loss(x, signs, Reduction::none); }, losses, gradients);
    check([&](const Variable& x) { return sigmoid_focal_loss(x, yes, {.alpha = -1, .reduction = Reduction::none}); }, losses, gradients);
    check([&](const Variable& x) { return sigmoid_focal_loss(x, yes, {.alpha = -1, .gamma = 0.5, .reduction = Reduction::none}); }, losses,
          gradients);
  }
}

TEST(BinaryCrossEntropy, PositiveWeightsBelongToTheLastAxis) {
  const Tensor targets = Tensor::from<double>({1, 1, 0, 1}, {2, 2}), weights = Tensor::from<double>({3, 0.5}, {2});
  const Variable zeros(Tensor::zeros({2, 2}, DType::f64));
  const double log2 = std::log(2.0);
  const Variable loss = binary_cross_entropy(zeros, targets, {.reduction = Reduction::none, .positive_weights = weights});
  EXPECT_TRUE(test::near(loss.value(), {3 * log2, 0.5 * log2, log2, 0.5 * log2}, {2, 2}, 1e-15));
  EXPECT_THAT([&] { binary_cross_entropy(zeros, targets, {.positive_weights = Tensor::zeros({3}, DType::f64)}); },
              ThrowsMessage<ShapeError>(HasSubstr("[binary_cross_entropy] positive weights has shape [3], expected [2]")));
}

TEST(BinaryCrossEntropy, IsTheCrossEntropyOfTwoClasses) {
  const Tensor logit = test::uniform({5}, 3);
  std::vector<double> pairs;
  for (const double z : logit.to_vector<double>()) pairs.insert(pairs.end(), {0, z});
  const Tensor classes = Tensor::from<std::int64_t>({0, 1, 1, 0, 1}, {5});
  EXPECT_NEAR(binary_cross_entropy(Variable(logit), classes.to(DType::f64)).item(),
              cross_entropy(Variable(Tensor::from(pairs, {5, 2})), classes).item(), 1e-15);
}

TEST(SmoothL1Loss, WithoutWidthIsTheAbsoluteError) {
  const Variable x(test::uniform({9}, 1)), t(test::uniform({9}, 2));
  EXPECT_EQ(smooth_l1_loss(x, t, {.beta = 0}).item(), l1_loss(x, t).item());
  EXPECT_EQ(smooth_l1_loss(x, x, {.beta = 0}).item(), 0);
}

TEST(KlDivergence, OfADistributionFromItselfIsZero) {
  const Tensor p = Tensor::from<double>({0.5, 0.25, 0.25, 0, 1, 0}, {2, 3});
  const Variable log_p(Tensor::from<double>({std::log(0.5), std::log(0.25), std::log(0.25), -50, 0, -50}, {2, 3}));
  EXPECT_EQ(kl_divergence(log_p, p, {.batch_mean = true}).item(), 0);
  EXPECT_THAT([&] { kl_divergence(log_p, p, {.reduction = Reduction::sum, .batch_mean = true}); },
              ThrowsMessage<OptionError>(HasSubstr("[kl_divergence]")));
}

TEST(ElementwiseLosses, RefuseWhatDoesNotFit) {
  const Variable x(Tensor::zeros({2, 3})), other(Tensor::zeros({3, 2})), wide(Tensor::zeros({2, 3}, DType::f64)),
      half(Tensor::zeros({2, 3}, DType::bf16)), whole(Tensor::zeros({2, 3}, DType::i64));
  for (const Loss& loss : kLosses) {
    const std::string name = "[" + std::string(loss.name) + "]";
    EXPECT_THAT([&] { loss.run(x, other, Reduction::mean); },
                ThrowsMessage<ShapeError>(HasSubstr(name + " the target has shape [3,2], expected [2,3]")));
    EXPECT_THAT([&] { loss.run(x, wide, Reduction::mean); }, ThrowsMessage<ShapeError>(HasSubstr(name + " the target has type f64")));
    EXPECT_THAT([&] { loss.run(half, half, Reduction::mean); }, ThrowsMessage<ShapeError>(HasSubstr(name + " is computed in f32 or f64")));
    EXPECT_THAT([&] { loss.run(whole, whole, Reduction::mean); },
                ThrowsMessage<ShapeError>(HasSubstr(name + " wants f32 or f64, found i64")));
  }
  EXPECT_THAT([&] { huber_loss(x, x, {.delta = 0}); }, ThrowsMessage<OptionError>(HasSubstr("[huber_loss] delta is positive, found 0")));
  EXPECT_THAT([&] { smooth_l1_loss(x, x, {.beta = -1}); }, ThrowsMessage<OptionError>(HasSubstr("found -1")));
  EXPECT_THAT([&] { sigmoid_focal_loss(x, x.value(), {.gamma = -1}); }, ThrowsMessage<OptionError>(HasSubstr("gamma is at least 0")));
  EXPECT_THAT([&] { sigmoid_focal_loss(x, x.value(), {.alpha = 1.5}); }, ThrowsMessage<OptionError>(HasSubstr("alpha is at most 1")));
  EXPECT_THAT([&] { binary_cross_entropy(x, {}); }, ThrowsMessage<ShapeError>(HasSubstr("the targets are undefined")));
  EXPECT_THAT([&] { logistic_loss(x, {}); }, ThrowsMessage<ShapeError>(HasSubstr("the signs are undefined")));
  EXPECT_THAT([&] { kl_divergence(x, {}); }, ThrowsMessage<ShapeError>(HasSubstr("the targets are undefined")));
  EXPECT_THAT([&] { sigmoid_focal_loss(x, {}); }, ThrowsMessage<ShapeError>(HasSubstr("the targets are undefined")));
}

}  // namespace
}  // namespace fovea
