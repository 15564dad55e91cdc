// The neck of YOLOv2.
#pragma once

#include <vector>

#include "fovea/models/feature_pyramid.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// [N,H,W,C] -> [N, H / stride, W / stride, C stride^2] in the order of elements that Darknet's `reorg` layer has, and its trained weights
/// expect: the input's memory, channels first, is read as an image of C / stride^2 channels and stride times the sides, each of whose
/// stride x stride cells becomes channels. Throws ShapeError "[reorg] ..." unless the stride divides the sides, and its square the
/// channels.
Variable reorg(const Variable& x, std::int64_t stride);

struct PassthroughOptions {
  std::int64_t channels = 1024;  ///< of the two 3x3 convolutions on the coarsest map
  std::int64_t finer = 64;       ///< that the finer map is squeezed to, a multiple of 4; a cell gets those of its four
  ActivationKind activation = ActivationKind::leaky_relu;
};

/// One map of the two coarsest: two 3x3 convolutions on the coarsest, beside them a 1x1 convolution of the map twice as fine and its
/// reorg(), which come first. Redmon and Farhadi, "YOLO9000", CVPR 2017, section 2, "Fine-grained features", as in yolov2.cfg. Children
/// coarse.0, coarse.1, fine. Throws OptionError for other than two maps, the first with half the stride of the second.
class Passthrough final : public Neck {
 public:
  Passthrough(const std::vector<FeatureMapShape>& inputs, const PassthroughOptions& options = {});
  FeatureMaps forward(const FeatureMaps& maps) override;
  std::vector<FeatureMapShape> output_shape() const override { return {shape_}; }

 private:
  FeatureMapShape shape_;
  Sequential coarse_, fine_;
};

}  // namespace fovea
