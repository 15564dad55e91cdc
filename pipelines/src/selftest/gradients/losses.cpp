// Losses of elements, rows, regions and descriptors.
#include "fovea/autograd/ops/binary_cross_entropy.hpp"
#include "fovea/autograd/ops/box_loss.hpp"
#include "fovea/autograd/ops/contrastive_loss.hpp"
#include "fovea/autograd/ops/dice_loss.hpp"
#include "fovea/autograd/ops/hardest_losses.hpp"
#include "fovea/autograd/ops/huber_loss.hpp"
#include "fovea/autograd/ops/kl_divergence.hpp"
#include "fovea/autograd/ops/l1_loss.hpp"
#include "fovea/autograd/ops/log_softmax.hpp"
#include "fovea/autograd/ops/logistic_loss.hpp"
#include "fovea/autograd/ops/lovasz_softmax.hpp"
#include "fovea/autograd/ops/mse_loss.hpp"
#include "fovea/autograd/ops/multiclass_hinge.hpp"
#include "fovea/autograd/ops/nll_loss.hpp"
#include "fovea/autograd/ops/sigmoid_focal_loss.hpp"
#include "fovea/autograd/ops/smooth_l1_loss.hpp"
#include "fovea/autograd/ops/soft_cross_entropy.hpp"
#include "fovea/autograd/ops/softmax_focal_loss.hpp"
#include "fovea/autograd/ops/triplet_loss.hpp"
#include "fovea/autograd/ops/tversky_loss.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

namespace {

constexpr Reduction kReductions[] = {Reduction::mean, Reduction::sum, Reduction::none};

void check_elementwise_losses(GradientSuite& suite) {
  for (const Shape& shape : {Shape{1}, Shape{17}, Shape{2, 3, 5, 7}, Shape{0, 4}})
    for (const Reduction reduction : kReductions) {
      if (shape.numel() == 0 && reduction == Reduction::mean) continue;  // not a number
      // Targets lie above all inputs by more than the kinks of the first and less than those of the second form.
      const Tensor x = uniform(shape, 1), above = uniform(shape, 2, 1.6, 2.6), target = uniform(shape, 3, 0.05, 0.95);
      const Tensor signs = uniform(shape, 4, 1, 1);
      suite.check("mse_loss", [=](const Inputs& in) { return mse_loss(in[0], in[1], reduction); }, {x, above});
      suite.check("l1_loss", [=](const Inputs& in) { return l1_loss(in[0], in[1], reduction); }, {x, above});
      suite.check("huber_loss", [=](const Inputs& in) { return huber_loss(in[0], in[1], {.delta = 0.5, .reduction = reduction}); },
                  {x, above});
      suite.check("huber_loss", [=](const Inputs& in) { return huber_loss(in[0], in[1], {.delta = 5, .reduction = reduction}); },
                  {x, above});
      suite.check("smooth_l1_loss", [=](const Inputs& in) { return smooth_l1_loss(in[0], in[1], {.beta = 0.3, .reduction = reduction}); },
                  {x, above});
      suite.check("smooth_l1_loss", [=](const Inputs& in) { return smooth_l1_loss(in[0], in[1], {.beta = 5, .reduction = reduction}); },
                  {x, above});
      suite.check("logistic_loss", [=](const Inputs& in) { return logistic_loss(in[0], signs, reduction); }, {x});
      suite.check("binary_cross_entropy", [=](const Inputs& in) { return binary_cross_entropy(in[0], target, {.reduction = reduction}); },
                  {x});
      suite.check("sigmoid_focal_loss", [=](const Inputs& in) { return sigmoid_focal_loss(in[0], target, {.reduction = reduction}); }, {x});
      suite.check("kl_divergence", [=](const Inputs& in) { return kl_divergence(in[0], target, {.reduction = reduction}); }, {x});
      suite.check("hardest_losses", [=](const Inputs& in) { return hardest_losses(in[0], {.keep_fraction = 0.4, .reduction = reduction}); },
                  {distinct(shape)});
    }
}

void check_row_losses(GradientSuite& suite) {
  const Tensor targets = Tensor::from(std::vector<std::int64_t>{0, 2, -100, 1, 2, 2}, {2, 3});
  const Tensor weights = uniform({3}, 9, 0.5, 1.5), scores = uniform({2, 3, 3}), distributions = uniform({2, 3, 3}, 2, 0, 1);
  for (const Shape& shape : {Shape{1, 1}, Shape{5, 7}, Shape{2, 3, 3, 4}, Shape{0, 4}})
    suite.check("log_softmax", log_softmax, {uniform(shape)});
  for (const Reduction reduction : kReductions) {
    suite.check("nll_loss", [=](const Inputs& in) { return nll_loss(in[0], targets, {.reduction = reduction, .class_weights = weights}); },
                {scores});
    suite.check("soft_cross_entropy",
                [=](const Inputs& in) {
                  return soft_cross_entropy(in[0], distributions,
                                            {.reduction = reduction, .label_smoothing = 0.1, .class_weights = weights});
                },
                {scores});
    for (const bool squared : {false, true})
      suite.check("multiclass_hinge",
                  [=](const Inputs& in) { return multiclass_hinge(in[0], targets, {.squared = squared, .reduction = reduction}); },
                  {scores});
    suite.check("softmax_focal_loss",
                [=](const Inputs& in) { return softmax_focal_loss(in[0], targets, {.reduction = reduction, .class_weights = weights}); },
                {scores});
    suite.check("contrastive_loss",
                [=](const Inputs& in) {
                  const Tensor same = Tensor::from(std::vector<std::int64_t>{1, 0, 0, 1, 0}, {5});
                  return contrastive_loss(in[0], in[1], same, {.margin = 1.5, .reduction = reduction});
                },
                {uniform({5, 3}, 1), uniform({5, 3}, 2)});
    suite.check("triplet_loss", [=](const Inputs& in) { return triplet_loss(in[0], in[1], in[2], {.reduction = reduction}); },
                {uniform({5, 3}, 1), uniform({5, 3}, 2), uniform({5, 3}, 3)});
  }
}

void check_region_losses(GradientSuite& suite) {
  const Tensor targets = Tensor::from(std::vector<std::int64_t>{0, 2, -100, 1, 2, 2, 0, 0, 1, 2, -100, 0}, {2, 2, 3});
  const Tensor probabilities = uniform({2, 2, 3, 3}, 1, 0.05, 0.95), soft = uniform({2, 2, 3, 3}, 2, 0, 1);
  for (const bool per_image : {false, true}) {
    for (const Reduction reduction : kReductions) {
      const TverskyLossOptions options{.alpha = 0.3, .beta = 0.7, .per_image = per_image, .reduction = reduction};
      suite.check("tversky_loss", [=](const Inputs& in) { return tversky_loss(in[0], targets, options); }, {probabilities});
      suite.check("tversky_loss", [=](const Inputs& in) { return tversky_loss(in[0], soft, options); }, {probabilities});
      suite.check("dice_loss",
                  [=](const Inputs& in) { return dice_loss(in[0], targets, {.per_image = per_image, .reduction = reduction}); },
                  {probabilities});
    }
    suite.check("lovasz_softmax", [=](const Inputs& in) { return lovasz_softmax(in[0], targets, {.per_image = per_image}); },
                {probabilities});
  }
}

/// Boxes of random corners and sizes; in the unit square, most of them overlap.
Tensor random_boxes(const Shape& shape, std::uint64_t seed) {
  std::vector<double> corners = uniform(shape, seed, 0, 0.5).to_vector<double>();
  for (std::size_t i = 0; i < corners.size(); ++i)
    if (i % 4 >= 2) corners[i] += corners[i - 2] + 0.1;
  return Tensor::from(corners, shape);
}

void check_box_losses(GradientSuite& suite) {
  for (const Shape& shape : {Shape{4}, Shape{17, 4}, Shape{2, 3, 4}, Shape{0, 4}})
    for (const BoxOverlap overlap : {BoxOverlap::iou, BoxOverlap::giou, BoxOverlap::diou, BoxOverlap::ciou})
      for (const Reduction reduction : {Reduction::sum, Reduction::none})
        suite.check("box_loss", [=](const Inputs& in) { return box_loss(in[0], in[1], {.overlap = overlap, .reduction = reduction}); },
                    {random_boxes(shape, 1), random_boxes(shape, 2)});
}

}  // namespace

void check_loss_gradients(GradientSuite& suite) {
  check_elementwise_losses(suite);
  check_row_losses(suite);
  check_region_losses(suite);
  check_box_losses(suite);
}

}  // namespace fovea::selftest_detail
