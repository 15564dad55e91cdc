// ZFNet.
#pragma once

#include <vector>

#include "fovea/models/sequential_backbone.hpp"

namespace fovea {

struct ZfNetOptions {
  std::int64_t channels = 3;                                    ///< of the input; images have at least 61x61 pixels, usually 224x224
  std::int64_t classes = 1000;                                  ///< 0: no classifier (Backbone)
  std::vector<std::int64_t> widths = {96, 256, 384, 384, 256};  ///< filters of the five convolutions; 512, 1024,
                                                                ///< 512 at the end in table 3
  std::int64_t hidden = 4096;                                   ///< units of the two hidden layers
  double dropout = 0.5;
};

/// Zeiler and Fergus, "Visualizing and understanding convolutional networks",
/// ECCV 2014, figure 3: AlexNet with 7x7 filters of stride 2 first, 5x5 of
/// stride 2 next, and no groups. Maxima count windows that only begin inside
/// the image (110 -> 55, 26 -> 13). [N,H,W,C] -> logits [N,classes]. Children
/// features.0, .4, .8, .10, .12 and classifier.0, .3, .6.
class ZfNet final : public SequentialBackbone {
 public:
  explicit ZfNet(const ZfNetOptions& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  Sequential classifier_;
};

}  // namespace fovea
