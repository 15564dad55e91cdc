// Networks that give a class for every pixel, of images of any size.
#pragma once

#include "fovea/autograd/ops/window.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// What continues an image beyond its borders.
enum class EdgeFill : std::uint8_t {
  mirror,  ///< its own rows and columns from the border inwards, again and again where they do not suffice
  zero,    ///< the mean colour, after the usual preprocessing
};

/// x [N,H,W,C] with rows and columns around it. As pad2d, but a mirrored image may grow by more than itself, and one of a single row or
/// column by that one. Throws ShapeError "[pad2d] ..." for images without pixels that are to grow.
Variable grown_image(const Variable& x, const Padding& padding, EdgeFill fill);

/// Rows at the bottom and columns at the right that make both sides multiples of `multiple` and at least `least`.
Padding padding_to_multiple(Extent2 image, std::int64_t multiple, std::int64_t least = 0);

/// [N,H,W,C] -> logits [N, output_size(H x W), classes]. Layers that halve images again and again want sides that can be halved so often:
/// images of other sizes are continued beyond their borders before, and the result is cut back after.
class SegmentationNetwork : public Layer {
 public:
  Variable forward(const Variable& x) final;
  /// The size of the result for images of a size: that of the images, but for networks that say otherwise.
  virtual Extent2 output_size(Extent2 image) const { return image; }
  /// What forward() puts around images of a size.
  virtual Padding padding_of(Extent2 image) const = 0;

 protected:
  explicit SegmentationNetwork(EdgeFill edges) : edges_(edges) {}
  /// The layers: grown images to logits, of which the first output_size() rows and columns are kept.
  virtual Variable logits_of(const Variable& grown) = 0;

 private:
  EdgeFill edges_;
};

}  // namespace fovea
