// LeNet-5 in the lectures' modern form.
#pragma once

#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"

namespace fovea {

struct LeNet5Options {
  std::int64_t height = 28, width = 28, channels = 1;  ///< of the input; at least 4x4
  std::int64_t classes = 10;
  std::int64_t filters1 = 20, filters2 = 50, hidden = 500;
};

/// conv 5x5 p2 - ReLU - max 2/2 - conv 5x5 p2 - ReLU - max 2/2 - fully connected - ReLU - fully connected: [N,H,W,C] -> logits [N,classes].
/// LeCun et al., "Gradient-based learning applied to document recognition", 1998, with rectifiers and maximum pooling. Children: conv1,
/// conv2, fc1, fc2.
class LeNet5 final : public Layer {
 public:
  explicit LeNet5(const LeNet5Options& options = {});
  Variable forward(const Variable& x) override;

  Conv2d conv1, conv2;
  Linear fc1, fc2;
};

}  // namespace fovea
