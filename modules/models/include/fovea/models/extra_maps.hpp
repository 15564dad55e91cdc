// Coarser feature maps behind a backbone's.
#pragma once

#include <vector>

#include "fovea/models/feature_pyramid.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// A map that is made of the one before it: a 1x1 convolution to half of `channels`, then a 3x3 convolution, both with
/// ReLU.
struct ExtraMap {
  std::int64_t channels = 256;
  bool padded = true;               ///< halves the map, rounded up; otherwise it loses a cell on every side
  std::int64_t nominal_stride = 0;  ///< that heads place their boxes by; 0: twice that of the map before
};

struct ExtraMapsOptions {
  std::vector<ExtraMap> maps;
  bool norm = true;         ///< batch norms behind the convolutions, which have biases otherwise
  bool depthwise = false;   ///< the 3x3 convolutions are a filter per channel and a 1x1 convolution
  double first_length = 0;  ///< above 0: the channel vectors of the finest map get this length, times a learned factor per channel
};

/// The backbone's maps, and behind the coarsest of them the extra ones. Liu et al., "SSD", ECCV 2016, section 2.1 and figure 2;
/// `first_length` is 20 there for conv4_3, whose values are larger than those of the others (section 3.1). Children extra.0.0, ...
/// and the parameter `scale` [channels]. Throws OptionError without maps, or for an extra one of less than 2 channels.
class ExtraMaps final : public Neck {
 public:
  ExtraMaps(const std::vector<FeatureMapShape>& inputs, const ExtraMapsOptions& options);
  FeatureMaps forward(const FeatureMaps& maps) override;
  std::vector<FeatureMapShape> output_shape() const override { return shapes_; }
  void reset_parameters(RandomStream& stream) override;

  Variable scale;

 private:
  ExtraMapsOptions options_;
  std::vector<FeatureMapShape> shapes_;
  Sequential extra_;
};

/// The extra maps of SSD300 (figure 2): 512, 256, 256 and 256 channels, sides 10, 5, 3 and 1.
ExtraMapsOptions ssd300_extra_maps();

}  // namespace fovea
