// Losses of pairs and triplets of descriptors, and the choice of the hardest losses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fovea/autograd/ops/contrastive_loss.hpp"
#include "fovea/autograd/ops/hardest_losses.hpp"
#include "fovea/autograd/ops/triplet_loss.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Shape kShapes[] = {{1, 1}, {7, 3}, {5, 17}, {300, 64}};
const Reduction kReductions[] = {Reduction::mean, Reduction::sum, Reduction::none};

double distance(const Tensor& a, const Tensor& b, std::int64_t row, double epsilon = 0) {
  double sum = 0;
  for (std::int64_t i = row * a.extent(1); i < (row + 1) * a.extent(1); ++i)
    sum += std::pow(a.data<double>()[i] - b.data<double>()[i] + epsilon, 2);
  return std::sqrt(sum);
}

Tensor marks(std::int64_t rows) {
  std::vector<std::int64_t> same;
  for (std::int64_t i = 0; i < rows; ++i) same.push_back(i % 3 == 0 ? 1 : 0);
  return Tensor::from(same, {rows});
}

TEST(ContrastiveLoss, FormulaAndGradients) {
  for (const Shape& shape : kShapes) {
    const Tensor a = uniform(shape, 1), b = uniform(shape, 2), same = marks(shape[0]);
    const double margin = std::sqrt(static_cast<double>(shape[1])) * 0.8;  // some pairs within, some beyond
    std::vector<double> each;
    for (std::int64_t row = 0; row < shape[0]; ++row) {
      const double d = distance(a, b, row);
      each.push_back(row % 3 == 0 ? d * d / 2 : std::pow(std::max(0.0, margin - d), 2) / 2);
    }
    EXPECT_TRUE(test::near(contrastive_loss(Variable(a), Variable(b), same, {.margin = margin, .reduction = Reduction::none}).value(), each,
                           {shape[0]}, 1e-14));
    for (const Reduction reduction : kReductions) {
      const auto f = [&](const std::vector<Variable>& in) {
        return contrastive_loss(in[0], in[1], same, {.margin = margin, .reduction = reduction});
      };
      EXPECT_TRUE(test::gradients_match(f, {a, b}));
      EXPECT_TRUE(test::f32_follows_f64(f, {a, b}, 4e-6));
    }
  }
}

TEST(ContrastiveLoss, PairsThatCoincideGetNoGradientAndNoNan) {
  const Variable a(Tensor::full({2, 3}, 1), true), b(Tensor::full({2, 3}, 1), true);
  const Variable loss = contrastive_loss(a, b, Tensor::from<std::int64_t>({1, 0}, {2}), {.margin = 2, .reduction = Reduction::sum});
  EXPECT_EQ(loss.item(), 2);
  backward(loss);
  EXPECT_EQ(a.grad().to_vector<float>(), std::vector<float>(6, 0));
  const Variable none(Tensor::zeros({0, 3}));
  EXPECT_EQ(contrastive_loss(none, none, Tensor::zeros({0}, DType::i64), {.reduction = Reduction::sum}).item(), 0);
}

TEST(ContrastiveLoss, RefusesWhatDoesNotFit) {
  const Variable a(Tensor::zeros({2, 3}));
  const Tensor same = Tensor::zeros({2}, DType::i64);
  EXPECT_THAT(
      [&] {
        contrastive_loss(a, Variable(Tensor::zeros({2, 4})), same);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[contrastive_loss] the second input has shape [2,4], expected [2,3]")));
  EXPECT_THAT([&] { contrastive_loss(a, a, Tensor::zeros({3}, DType::i64)); },
              ThrowsMessage<ShapeError>(HasSubstr("[contrastive_loss] the marks of pairs has shape [3], expected [2]")));
  EXPECT_THAT([&] { contrastive_loss(a, a, Tensor::zeros({2})); }, ThrowsMessage<ShapeError>(HasSubstr("marked in i64, found f32")));
  EXPECT_THAT([&] { contrastive_loss(a, a, {}); }, ThrowsMessage<ShapeError>(HasSubstr("undefined")));
  EXPECT_THAT([&] { contrastive_loss(a, a, same, {.margin = 0}); }, ThrowsMessage<OptionError>(HasSubstr("found 0")));
  const Variable flat(Tensor::zeros({6}));
  EXPECT_THAT([&] { contrastive_loss(flat, flat, same); }, ThrowsMessage<ShapeError>(HasSubstr("wants 2 axes [N,D], found [6]")));
}

TEST(TripletLoss, FormulaAndGradients) {
  for (const Shape& shape : kShapes) {
    const Tensor a = uniform(shape, 1), p = uniform(shape, 2), n = uniform(shape, 3);
    std::vector<double> each;
    for (std::int64_t row = 0; row < shape[0]; ++row)
      each.push_back(std::max(0.0, distance(a, p, row, 1e-6) - distance(a, n, row, 1e-6) + 0.2));
    EXPECT_TRUE(test::near(triplet_loss(Variable(a), Variable(p), Variable(n), {.margin = 0.2, .reduction = Reduction::none}).value(), each,
                           {shape[0]}, 1e-14));
    if (shape[0] > 1) {
      EXPECT_THAT(each, testing::Contains(0));
    }
    for (const Reduction reduction : kReductions) {
      const auto f = [&](const std::vector<Variable>& in) {
        return triplet_loss(in[0], in[1], in[2], {.margin = 0.2, .reduction = reduction});
      };
      EXPECT_TRUE(test::gradients_match(f, {a, p, n}));
      EXPECT_TRUE(test::f32_follows_f64(f, {a, p, n}, 4e-6));
    }
  }
  const Variable same(Tensor::full({1, 3}, 1), true), none(Tensor::zeros({0, 3}));
  const Variable loss = triplet_loss(same, same, same, {.epsilon = 0});
  EXPECT_EQ(loss.item(), 1);
  backward(loss);
  EXPECT_EQ(same.grad().to_vector<float>(), std::vector<float>(3, 0)) << "no direction, no NaN";
  EXPECT_EQ(triplet_loss(none, none, none, {.reduction = Reduction::none}).shape(), (Shape{0}));
}

TEST(TripletLoss, RefusesWhatDoesNotFit) {
  const Variable a(Tensor::zeros({2, 3})), wide(Tensor::zeros({2, 4}));
  EXPECT_THAT([&] { triplet_loss(a, wide, a); },
              ThrowsMessage<ShapeError>(HasSubstr("[triplet_loss] the positives has shape [2,4], expected [2,3]")));
  EXPECT_THAT([&] { triplet_loss(a, a, wide); }, ThrowsMessage<ShapeError>(HasSubstr("[triplet_loss] the negatives has shape [2,4]")));
  EXPECT_THAT([&] { triplet_loss(a, a, a, {.margin = -1}); }, ThrowsMessage<OptionError>(HasSubstr("found -1")));
  EXPECT_THAT([&] { triplet_loss(a, a, a, {.epsilon = -1}); }, ThrowsMessage<OptionError>(HasSubstr("found -1")));
}

TEST(HardestLosses, KeepsByNumberShareAndThreshold) {
  const Variable losses(test::f64({0.5, 3, 1, 3, 0, 2, 0.25}, {7}), true);
  const auto kept = [&](const HardestLossesOptions& options) {
    HardestLossesOptions apart = options;
    apart.reduction = Reduction::none;
    return hardest_losses(losses, apart).value().to_vector<double>();
  };
  EXPECT_THAT(kept({.keep = 1}), ElementsAre(0, 3, 0, 0, 0, 0, 0)) << "of equal ones the first";
  EXPECT_THAT(kept({.keep = 3}), ElementsAre(0, 3, 0, 3, 0, 2, 0));
  EXPECT_THAT(kept({.keep = 100}), ElementsAre(0.5, 3, 1, 3, 0, 2, 0.25));
  EXPECT_THAT(kept({.keep_fraction = 0.5}), ElementsAre(0, 3, 1, 3, 0, 2, 0)) << "3.5, rounded up";
  EXPECT_THAT(kept({.threshold = 0.5}), ElementsAre(0.5, 3, 1, 3, 0, 2, 0));
  EXPECT_THAT(kept({.keep = 2, .threshold = 5}), ElementsAre(0, 3, 0, 3, 0, 0, 0)) << "at least so many";
  EXPECT_EQ(hardest_losses(losses, {.keep = 3}).item(), 8.0 / 3);
  EXPECT_EQ(hardest_losses(losses, {.keep = 3, .reduction = Reduction::sum}).item(), 8);
  backward(hardest_losses(losses, {.keep = 3}));
  EXPECT_THAT(losses.grad().to_vector<double>(), ElementsAre(0, 1.0 / 3, 0, 1.0 / 3, 0, 1.0 / 3, 0));
}

TEST(HardestLosses, ALossThatIsNotANumberIsKept) {
  const Variable losses(test::f64({1, std::nan(""), 2}, {3}));
  EXPECT_TRUE(std::isnan(hardest_losses(losses, {.keep = 1}).item()));
}

TEST(HardestLosses, Gradients) {
  for (const Shape& shape : {Shape{1}, Shape{17}, Shape{2, 3, 5}, Shape{0, 4}})
    for (const Reduction reduction : kReductions) {
      if (shape.numel() == 0 && reduction == Reduction::mean) continue;
      const auto f = [&](const std::vector<Variable>& in) {
        return hardest_losses(in[0], {.keep_fraction = 0.3, .threshold = 0.9, .reduction = reduction});
      };
      EXPECT_TRUE(test::gradients_match(f, {test::distinct(shape, 1)}));
      EXPECT_TRUE(test::f32_follows_f64(f, {test::distinct(shape, 1)}));
    }
}

TEST(HardestLosses, RefusesToKeepNothing) {
  const Variable losses(Tensor::zeros({3}));
  EXPECT_THAT([&] { hardest_losses(losses, {}); },
              ThrowsMessage<OptionError>(HasSubstr("[hardest_losses] wants a number, a share or a threshold")));
  EXPECT_THROW(hardest_losses(losses, {.keep = -1}), OptionError);
  EXPECT_THROW(hardest_losses(losses, {.keep_fraction = 1.5}), OptionError);
  EXPECT_THROW(hardest_losses(losses, {.threshold = std::nan("")}), OptionError);
}

}  // namespace
}  // namespace fovea
