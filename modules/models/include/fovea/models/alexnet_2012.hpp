// AlexNet as first published.
#pragma once

#include <vector>

#include "fovea/models/sequential_backbone.hpp"

namespace fovea {

struct AlexNet2012Options {
  /// Whether convolutions see all channels or, as two streams do that live on
  /// two processors, half of them.
  enum class Streams : std::uint8_t {
    two,    ///< as published: the second, fourth and fifth convolution see their
            ///< own stream's half
    apart,  ///< the third as well, so that the streams meet only in the fully
            ///< connected layers
    one,    ///< none: one stream of all channels
  };
  Streams streams = Streams::two;
  std::int64_t channels = 3;                                    ///< of the input; images have at least 67x67 pixels, usually 227x227
  std::int64_t classes = 1000;                                  ///< 0: no classifier (Backbone)
  std::vector<std::int64_t> widths = {96, 256, 384, 384, 256};  ///< filters of the five convolutions, of both streams together
  std::int64_t hidden = 4096;                                   ///< units of the two hidden layers
  double dropout = 0.5;
};

/// Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep
/// convolutional neural networks", NIPS 2012, section 3: five convolutions with
/// ReLU, local response norm behind the first two, maxima of 3x3 with stride 2,
/// three fully connected layers with dropout on 6x6 windows. [N,H,W,C] ->
/// logits [N,classes]. The paper's images of 224x224 would leave 54x54 after
/// the first layer; 227x227 give the 55x55 that it counts. Children features.0,
/// .4, .8, .10, .12 and classifier.0, .3, .6.
class AlexNet2012 final : public SequentialBackbone {
 public:
  explicit AlexNet2012(const AlexNet2012Options& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  Sequential classifier_;
};

}  // namespace fovea
