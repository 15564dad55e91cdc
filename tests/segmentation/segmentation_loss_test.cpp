// Weighted sums of losses, against the formulas as they stand. The losses themselves: tests/autograd.
#include "fovea/segmentation/segmentation_loss.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fovea/base/error.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using Kind = SegmentationLossKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kIgnored = 255, kClasses = 3;
const Shape kShapes[] = {{1, 1, 1}, {2, 3, 5}, {1, 7, 2}, {0, 4, 4}};  // [N,H,W]

Tensor logits_for(const Shape& pixels) {
  const Shape shape{pixels[0], pixels[1], pixels[2], kClasses};
  return Tensor::from(test::random_values<double>(shape.numel(), 1), shape);
}

/// Every fourth pixel ignored, but never the first.
Tensor targets_for(const Shape& pixels) {
  std::vector<std::int64_t> targets;
  for (std::int64_t i = 0; i < pixels.numel(); ++i) targets.push_back(i % 4 == 3 ? kIgnored : (i * i + 1) % kClasses);
  return Tensor::from(targets, pixels);
}

Tensor weights_for(const Shape& pixels) {
  std::vector<double> weights;
  for (std::int64_t i = 0; i < pixels.numel(); ++i) weights.push_back(0.25 + static_cast<double>(i % 5));
  return Tensor::from(weights, pixels);
}

struct Oracle {
  std::vector<std::vector<double>> p;  // softmax of the pixels that count
  std::vector<std::int64_t> y;
  std::vector<double> w;

  Oracle(const Tensor& logits, const Tensor& targets, const Tensor& weights) {
    for (std::int64_t i = 0; i < targets.numel(); ++i) {
      if (targets.data<std::int64_t>()[i] == kIgnored) continue;
      std::vector<double> row;
      double sum = 0;
      for (std::int64_t c = 0; c < kClasses; ++c) sum += row.emplace_back(std::exp(logits.data<double>()[i * kClasses + c]));
      for (double& value : row) value /= sum;
      p.push_back(row);
      y.push_back(targets.data<std::int64_t>()[i]);
      w.push_back(weights.defined() ? weights.data<double>()[i] : 1);
    }
  }
  double of(Kind kind, const SegmentationLossOptions& o) const {
    if (kind == Kind::cross_entropy || kind == Kind::focal) return of_pixels(kind == Kind::focal, o);
    if (kind == Kind::lovasz) return lovasz();
    return kind == Kind::dice ? overlap(0.5, 0.5, o.smooth / 2) : overlap(o.alpha, o.beta, o.smooth);
  }

 private:
  double of_pixels(bool focal, const SegmentationLossOptions& o) const {
    double sum = 0, divisor = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double q = p[i][static_cast<std::size_t>(y[i])], c = o.class_weights.defined() ? o.class_weights.data<double>()[y[i]] : 1;
      sum -= w[i] * c * (focal ? std::pow(1 - q, o.gamma) : 1) * std::log(q);
      divisor += w[i] * (focal ? 1 : c);
    }
    return divisor > 0 ? sum / divisor : 0;
  }
  double overlap(double alpha, double beta, double smooth) const {
    double total = 0;
    for (std::size_t c = 0; c < kClasses; ++c) {
      double both = 0, extra = 0, missing = 0;
      for (std::size_t i = 0; i < y.size(); ++i) {
        const bool is = y[i] == static_cast<std::int64_t>(c);
        (is ? both : extra) += p[i][c];
        missing += is ? 1 - p[i][c] : 0;
      }
      total += 1 - (both + smooth) / (both + alpha * extra + beta * missing + smooth);
    }
    return total / kClasses;
  }
  /// Berman et al. 2018, algorithm 1: the errors from the largest on, each times what it adds to the Jaccard loss of those before it.
  double lovasz() const {
    double total = 0, present = 0;
    for (std::size_t c = 0; c < kClasses; ++c) {
      std::vector<std::pair<double, bool>> errors;
      for (std::size_t i = 0; i < y.size(); ++i) {
        const bool is = y[i] == static_cast<std::int64_t>(c);
        errors.emplace_back(is ? 1 - p[i][c] : p[i][c], is);
      }
      const auto positives = static_cast<double>(std::count_if(errors.begin(), errors.end(), [](const auto& e) { return e.second; }));
      if (positives == 0) continue;
      ++present;
      std::sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
      double wrong_inside = 0, wrong_outside = 0, before = 0;
      for (const auto& [error, is] : errors) {
        (is ? wrong_inside : wrong_outside) += 1;
        const double jaccard = 1 - (positives - wrong_inside) / (positives + wrong_outside);
        total += error * (jaccard - before);
        before = jaccard;
      }
    }
    return present > 0 ? total / present : 0;
  }
};

SegmentationLossOptions everything() {
  return {.terms = {{Kind::cross_entropy, 1}, {Kind::focal, 0.5}, {Kind::dice, 2}, {Kind::tversky, 0.25}, {Kind::lovasz, 3}},
          .class_weights = Tensor::from(std::vector<double>{0.5, 2, 1.25}, {kClasses}),
          .gamma = 1.5};
}

TEST(SegmentationLoss, IsTheFormula) {
  for (const Shape& pixels : kShapes)
    for (const Tensor& weights : {Tensor{}, weights_for(pixels)})
      for (const SegmentationLossOptions& options : {SegmentationLossOptions{}, everything()}) {
        const Tensor logits = logits_for(pixels), targets = targets_for(pixels);
        const Oracle oracle(logits, targets, weights);
        const SegmentationLosses losses = segmentation_loss(Variable(logits), targets, options, weights);
        ASSERT_EQ(losses.terms.size(), options.terms.size());
        double total = 0;
        for (std::size_t i = 0; i < options.terms.size(); ++i) {
          const double expected = oracle.of(options.terms[i].kind, options);
          EXPECT_NEAR(losses.terms[i], expected, 1e-12) << i << " of " << pixels.to_string();
          total += options.terms[i].weight * expected;
        }
        EXPECT_NEAR(losses.total.item(), total, 1e-12);
      }
}

TEST(SegmentationLoss, Gradients) {
  for (const Shape& pixels : kShapes)
    EXPECT_TRUE(test::gradients_match(
        [&](const auto& in) { return segmentation_loss(in[0], targets_for(pixels), everything(), weights_for(pixels)).total; },
        {logits_for(pixels)}))
        << pixels.to_string();
}

TEST(SegmentationLoss, IsZeroWhereNothingCounts) {
  const Shape pixels{1, 2, 2};
  Variable logits(logits_for(pixels), true);
  const SegmentationLossOptions options{.terms = {{Kind::cross_entropy, 1}, {Kind::focal, 1}, {Kind::lovasz, 1}}};
  const Variable total = segmentation_loss(logits, Tensor::full(pixels, kIgnored, DType::i64), options).total;
  EXPECT_EQ(total.item(), 0);
  backward(total);
  EXPECT_THAT(logits.grad().to_vector<double>(), testing::Each(0));
  // Nor do pixels of weight 0.
  EXPECT_EQ(segmentation_loss(logits, Tensor::zeros(pixels, DType::i64), {}, Tensor::zeros(pixels)).total.item(), 0);
}

TEST(SegmentationLoss, HasNames) {
  EXPECT_THAT(segmentation_loss_names(), ElementsAre("cross-entropy", "focal", "dice", "tversky", "lovasz"));
  EXPECT_EQ(segmentation_loss_named("lovasz"), Kind::lovasz);
  EXPECT_THAT([] { segmentation_loss_named("dise"); }, ThrowsMessage<OptionError>(HasSubstr("did you mean \"dice\"")));
}

TEST(SegmentationLoss, RefusesWhatDoesNotFit) {
  const Shape pixels{1, 2, 2};
  const Variable logits(logits_for(pixels));
  const Tensor targets = targets_for(pixels);
  const auto refused = [&](const Variable& x, const Tensor& t, const SegmentationLossOptions& o, const Tensor& w, const char* message) {
    EXPECT_THAT([&] { segmentation_loss(x, t, o, w); }, ThrowsMessage<Error>(HasSubstr(message)));
  };
  refused(Variable(Tensor::zeros({4, 3})), targets, {}, {}, "[segmentation_loss] logits are [N,H,W,classes], found [4,3]");
  refused(logits, Tensor::zeros({1, 2, 3}, DType::i64), {}, {}, "targets are i64 [1,2,2], found i64 [1,2,3]");
  refused(logits, Tensor::zeros(pixels), {}, {}, "targets are i64 [1,2,2], found f32");
  refused(logits, {}, {}, {}, "found none");
  refused(logits, Tensor::full(pixels, 3, DType::i64), {}, {}, "target 3 is outside [0, 3)");
  refused(logits, Tensor::full(pixels, -1, DType::i64), everything(), {}, "target -1 is outside [0, 3)");
  refused(logits, targets, {}, Tensor::zeros({1, 2, 1}), "pixel weights are floating [1,2,2], found f32 [1,2,1]");
  refused(logits, targets, {}, Tensor::full(pixels, -1), "pixel weights are at least 0, found -1");
  refused(logits, targets, {.class_weights = Tensor::full({2}, 1)}, {}, "class weights are floating [3], found f32 [2]");
  refused(logits, targets, {.terms = {}}, {}, "at least one term");
  refused(logits, targets, {.terms = {{Kind::dice, -1}}}, {}, "weight is at least 0, found -1");
  refused(logits, targets, {.terms = {{Kind::dice, 1}, {Kind::dice, 1}}}, {}, "once, found one twice");
}

}  // namespace
}  // namespace fovea
