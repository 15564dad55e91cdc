// U-Net whose way down is a classifier's.
#pragma once

#include <memory>
#include <vector>

#include "fovea/models/backbone.hpp"
#include "fovea/models/double_conv.hpp"
#include "fovea/models/segmentation_network.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct BackboneUNetOptions {
  std::int64_t classes = 2;
  std::int64_t width = 16;        ///< channels at the image's size; twice as many where the size is half ...
  std::int64_t most_width = 256;  ///< ... up to this
  DoubleConvOptions::Norm norm = DoubleConvOptions::Norm::batch;
  EdgeFill edges = EdgeFill::mirror;  ///< of images whose sides cannot be halved often enough
};

/// The U-Net's way up (Ronneberger et al. 2015) behind any backbone: from the coarsest of its maps, enlarge to the size of the next finer
/// one (nearest pixel), put that before it, two convolutions; at the image's size without a map, if the backbone has none there. [N,H,W,C]
/// -> logits [N,H,W,classes] for images of any size. Children: backbone, dec.0 (the coarsest) ..., out. Throws OptionError for options out
/// of range.
class BackboneUNet final : public SegmentationNetwork {
 public:
  /// A backbone for 0 classes.
  BackboneUNet(std::unique_ptr<Backbone> backbone, const BackboneUNetOptions& options = {});
  Padding padding_of(Extent2 image) const override;

 protected:
  Variable logits_of(const Variable& grown) override;

 private:
  std::unique_ptr<Backbone> backbone_;
  std::int64_t coarsest_;  // stride
  ModuleList<DoubleConv> dec_;
  std::unique_ptr<Conv2d> out_;
};

}  // namespace fovea
