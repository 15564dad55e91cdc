// What a segmenter is trained on: weighted sums of losses of pixels and of regions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "fovea/autograd/variable.hpp"

namespace fovea {

enum class SegmentationLossKind : std::uint8_t {
  cross_entropy,  ///< of pixels (cross_entropy.hpp)
  focal,          ///< of pixels (softmax_focal_loss.hpp)
  dice,           ///< of the classes' regions (dice_loss.hpp)
  tversky,        ///< of the classes' regions (tversky_loss.hpp)
  lovasz,         ///< of the classes' regions (lovasz_softmax.hpp)
};

/// "cross-entropy", "focal", "dice", "tversky", "lovasz".
std::vector<std::string> segmentation_loss_names();
/// Throws OptionError on unknown names, naming the nearest known one.
SegmentationLossKind segmentation_loss_named(const std::string& name);

struct SegmentationLossTerm {
  SegmentationLossKind kind = SegmentationLossKind::cross_entropy;
  double weight = 1;  ///< in the sum, at least 0
};

struct SegmentationLossOptions {
  std::vector<SegmentationLossTerm> terms = {{}};  ///< at least one, none twice
  std::int64_t ignore_index = 255;                 ///< pixels with this target do not count anywhere
  Tensor class_weights = {};                       ///< [classes] or undefined: of cross-entropy and focal loss
  double label_smoothing = 0;                      ///< of the cross-entropy
  double gamma = 2;                                ///< of the focal loss
  double alpha = 0.3, beta = 0.7;                  ///< of the Tversky loss: of false positives and of false negatives
  double smooth = 1;                               ///< of Dice and Tversky loss
  bool per_image = false;                          ///< regions of each image, instead of those of the whole batch
};

struct SegmentationLosses {
  Variable total;             ///< a scalar: the sum of weight * term
  std::vector<double> terms;  ///< in the order of the options, before weighting
};

/// Losses of logits [N,H,W,classes] against targets i64 [N,H,W]. `pixel_weights`, floating [N,H,W] or undefined, are those of the losses of
/// pixels: with w the map, c the class weights and l the loss of a pixel, cross-entropy is sum(w c l) / sum(w c), as without a map, where w
/// is 1, and focal loss sum(w c l) / sum(w). Losses of regions do not look at them. A batch in which nothing counts has the loss 0. Throws
/// ShapeError "[segmentation_loss] ..." on unfitting shapes, a target outside [0, classes) or weights that are negative or not finite,
/// OptionError on options out of range.
SegmentationLosses segmentation_loss(const Variable& logits, const Tensor& targets, const SegmentationLossOptions& options = {},
                                     const Tensor& pixel_weights = {});

}  // namespace fovea
