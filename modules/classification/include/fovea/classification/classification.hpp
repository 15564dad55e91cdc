// What a classifier says of an image.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

struct RankedLabel {
  std::int64_t index;  ///< of the class
  std::string label;
  float score;  ///< probability
};

/// One image's result: the most probable class, and all probabilities in class order (they add up to 1).
struct Classification {
  std::int64_t index = -1;
  std::string label;
  float score = 0;
  std::vector<float> probabilities;
  std::vector<std::string> labels;  ///< class names, in class order

  /// The `count` most probable classes, best first; of equal ones the lower index first.
  std::vector<RankedLabel> top(std::int64_t count) const;
};

/// From one row of probabilities to a result. Throws ShapeError when their number is not that of the labels.
Classification decode_classification(std::span<const float> probabilities, std::span<const std::string> labels);

/// The network's logits for a batch of images [N,H,W,C], computed with activations of type `precision` (f32 or bf16); the logits are f32.
Variable logits_of(Layer& network, const Tensor& batch, DType precision);

/// Softmax of the network's logits for a batch [N,H,W,C]: [N,classes] f32. The network is in evaluation mode; nothing is recorded.
Tensor classify_batch(Layer& network, const Tensor& batch, DType precision = DType::f32);

}  // namespace fovea
