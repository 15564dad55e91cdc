// U-Net.
#pragma once

#include <optional>
#include <vector>

#include "fovea/models/double_conv.hpp"
#include "fovea/models/segmentation_network.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct UNetOptions {
  enum class Border : std::uint8_t {
    same,    ///< padded convolutions; the result is as large as the image
    valid,   ///< the paper's: convolutions without padding, the features of the way down cropped; the result is smaller
    mirror,  ///< the same on images that are mirrored at their borders before; the result is as large as the image
  };
  enum class Up : std::uint8_t {
    transposed,  ///< a transposed convolution 2x2
    bilinear,    ///< a 1x1 convolution and bilinear interpolation: fewer weights, no chequered patterns
  };
  std::int64_t channels = 3;  ///< of the input, which may have any size
  std::int64_t classes = 2;
  std::vector<std::int64_t> widths = {64, 128, 256, 512, 1024};  ///< channels of the levels, from the full image down: the depth too
  Border border = Border::same;
  DoubleConvOptions::Norm norm = DoubleConvOptions::Norm::batch;  ///< the paper has none
  Up up = Up::transposed;
  double dropout = 0;                 ///< at the end of the way down (section 3.1)
  EdgeFill edges = EdgeFill::mirror;  ///< of images whose sides cannot be halved often enough
};

/// Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation", MICCAI 2015, figure 1. Down: two convolutions a
/// level, a maximum of 2x2 between levels. Up: twice the size, the level's features before it, two convolutions. [N,H,W,C] -> logits
/// [N, output_size(H x W), classes]. Children: down.0 (the full image) ..., up.0 (the smallest) ..., dec.0 ..., out. Throws OptionError for
/// options out of range.
///     UNet paper{{.channels = 1, .border = UNetOptions::Border::valid, .norm = DoubleConvOptions::Norm::none, .dropout = 0.5}};
///     paper.output_size(572);  // 388 x 388
class UNet final : public SegmentationNetwork {
 public:
  explicit UNet(const UNetOptions& options = {});
  /// The image's size; with Border::valid smaller by margin(): result pixel (0, 0) is image pixel (margin() / 2, margin() / 2). Throws
  /// ShapeError "[unet] ..." when nothing is left.
  Extent2 output_size(Extent2 image) const override;
  Padding padding_of(Extent2 image) const override;
  /// Rows and columns that convolutions without padding take off, both sides together: 184 for five levels, 0 with Border::same.
  std::int64_t margin() const;

 protected:
  Variable logits_of(const Variable& grown) override;

 private:
  std::int64_t whole_extent(std::int64_t wanted) const;

  UNetOptions::Border border_;
  ModuleList<DoubleConv> down_;
  std::optional<Dropout> dropout_;
  ModuleList<Layer> up_;
  ModuleList<DoubleConv> dec_;
  Conv2d out_;
};

}  // namespace fovea
