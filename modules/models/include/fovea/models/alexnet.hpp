// AlexNet.
#pragma once

#include <vector>

#include "fovea/models/sequential_backbone.hpp"

namespace fovea {

struct AlexNetOptions {
  std::int64_t channels = 3;                                    ///< of the input; images have at least 63x63 pixels, usually 224x224
  std::int64_t classes = 1000;                                  ///< 0: no classifier (Backbone)
  std::vector<std::int64_t> widths = {64, 192, 384, 256, 256};  ///< filters of the five convolutions
  std::int64_t hidden = 4096;                                   ///< units of the two hidden layers
  double dropout = 0.5;
};

/// The one-stream form of Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, as torchvision has it: five
/// convolutions with ReLU, maxima of 3x3 with stride 2 after the first, second and fifth, 6x6 averages (which do nothing to images of
/// 224x224), three fully connected layers with dropout. [N,H,W,C] -> logits [N,classes]. Children features.0, .3, .6, .8, .10 and
/// classifier.1, .4, .6.
class AlexNet final : public SequentialBackbone {
 public:
  explicit AlexNet(const AlexNetOptions& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  Sequential classifier_;
};

}  // namespace fovea
