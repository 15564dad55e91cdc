// LeNet-5 with the sizes of its paper.
#pragma once

#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"

namespace fovea {

struct LeNet5ClassicOptions {
  std::int64_t height = 28, width = 28, channels = 1;  ///< of the input; at least 12x12
  std::int64_t classes = 10;
};

/// conv 5x5 p2, 6 - ReLU - max 2/2 - conv 5x5, 16 - ReLU - max 2/2 - fully connected 120 - ReLU - 84 - ReLU - classes:
/// [N,H,W,C] -> logits [N,classes]. LeCun et al., "Gradient-based learning applied to document recognition", 1998, section II.B, with
/// rectifiers, maximum pooling, full connections between the convolutions and a linear last layer. Children: conv1, conv2, fc1, fc2, fc3.
class LeNet5Classic final : public Layer {
 public:
  explicit LeNet5Classic(const LeNet5ClassicOptions& options = {});
  Variable forward(const Variable& x) override;

  Conv2d conv1, conv2;
  Linear fc1, fc2, fc3;
};

}  // namespace fovea
