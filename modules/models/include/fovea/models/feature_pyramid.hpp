// What stands between a backbone and a head.
#pragma once

#include <vector>

#include "fovea/models/backbone.hpp"
#include "fovea/models/conv_norm.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// Feature maps to feature maps, from fine to coarse both.
class Neck : public Module {
 public:
  virtual FeatureMaps forward(const FeatureMaps& maps) = 0;
  /// What forward() gives.
  virtual std::vector<FeatureMapShape> output_shape() const = 0;
};

struct FeaturePyramidOptions {
  std::int64_t channels = 256;    ///< of every map that it gives
  bool depthwise = false;         ///< the 3x3 convolutions are a filter per channel and a 1x1 convolution
  std::int64_t extra_levels = 0;  ///< so many coarser maps, each half of the one before
  ActivationKind activation = ActivationKind::relu;
};

/// Every map gets what the coarser ones know: a 1x1 convolution to `channels`, plus the next coarser result enlarged to its size (nearest
/// pixel), then a 3x3 convolution; all with norms, which the paper does not have. Lin et al., "Feature pyramid networks", CVPR 2017,
/// section
/// 3. Extra levels are 3x3 convolutions with stride 2, the first of the coarsest map that comes in: P6 and P7 of Lin et al., "Focal loss",
/// ICCV 2017, section 4. Children lateral.0, ..., output.0, ... and extra.0, ..., from fine to coarse. Throws OptionError without maps.
class FeaturePyramid final : public Neck {
 public:
  FeaturePyramid(const std::vector<FeatureMapShape>& inputs, const FeaturePyramidOptions& options = {});
  FeatureMaps forward(const FeatureMaps& maps) override;
  std::vector<FeatureMapShape> output_shape() const override { return shapes_; }

 private:
  std::vector<FeatureMapShape> shapes_;
  Sequential lateral_, output_, extra_;
};

}  // namespace fovea
