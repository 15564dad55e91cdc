// U-Net.
#pragma once

#include <vector>

#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/conv_transpose2d.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// Two times 3x3 convolution, batch norm and ReLU, the image's size kept. Children, numbered as in a row of six layers: 0 and 3 the
/// convolutions, 1 and 4 the norms.
class DoubleConv final : public Layer {
 public:
  DoubleConv(std::int64_t in_channels, std::int64_t out_channels);
  Variable forward(const Variable& x) override;

  Conv2d conv1;
  BatchNorm2d norm1;
  Conv2d conv2;
  BatchNorm2d norm2;
};

struct UNetOptions {
  std::int64_t channels = 3;  ///< of the input, whose sides are multiples of 2^(levels - 1): 16 by default
  std::int64_t classes = 2;
  std::vector<std::int64_t> widths = {64, 128, 256, 512, 1024};  ///< channels of the levels, from the full image down
};

/// Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation", MICCAI 2015, figure 1, with padded convolutions
/// and batch norm, so that the result is as large as the image. Down: two convolutions a level, a maximum of 2x2 between levels. Up: a
/// transposed convolution 2x2, the level's features before it, two convolutions. [N,H,W,C] -> logits [N,H,W,classes]. Children: down.0
/// (the full image) ..., up.0 (the smallest) ..., dec.0 ..., out. Throws OptionError for options out of range, ShapeError "[unet] ..." for
/// images whose sides cannot be halved so often.
class UNet final : public Layer {
 public:
  explicit UNet(const UNetOptions& options = {});
  Variable forward(const Variable& x) override;

 private:
  ModuleList<DoubleConv> down_;
  ModuleList<ConvTranspose2d> up_;
  ModuleList<DoubleConv> dec_;
  Conv2d out_;
};

}  // namespace fovea
