// The multi-layer perceptron.
#pragma once

#include <string>
#include <vector>

#include "fovea/nn/sequential.hpp"

namespace fovea {

struct MlpOptions {
  std::int64_t height = 28, width = 28, channels = 1;  ///< of the input
  std::int64_t classes = 10;
  std::vector<std::int64_t> hidden = {128};  ///< units of the hidden layers; none gives the linear classifier
  std::string activation = "relu";           ///< of the hidden layers: relu, sigmoid, tanh, gelu
  double dropout = 0;                        ///< after each hidden layer
};

/// Fully connected layers with an activation between them on all values of an image: [N,H,W,C] -> logits [N,classes]. Children 0, 3, 6,
/// ...: a linear layer every three numbers, as torchvision's MLP counts linear layers, activations and dropouts. The first layer's columns
/// are channels first in files. Throws OptionError for options out of range.
class Mlp final : public Layer {
 public:
  explicit Mlp(const MlpOptions& options = {});
  Variable forward(const Variable& x) override;

 private:
  Sequential layers_;
};

}  // namespace fovea
