// Layers that change the size of images without parameters.
#pragma once

#include "fovea/autograd/ops/resize2d.hpp"
#include "fovea/autograd/ops/unpool2d.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

struct UpsampleOptions {
  double factor = 0;   ///< of rows and columns; the result's are rounded down
  Extent2 output = 0;  ///< the result's size, in place of a factor
  Interpolation interpolation = Interpolation::nearest;
  bool align_corners = false;  ///< for bilinear and bicubic, see resize2d
};

/// [N,H,W,C] -> [N,P,Q,C]: the image by a factor or to a size, up or down (torch's Upsample).
class Upsample final : public Layer {
 public:
  /// Throws OptionError unless exactly one of factor and output is given.
  explicit Upsample(const UpsampleOptions& options);
  Variable forward(const Variable& x) override;

 private:
  UpsampleOptions options_;
};

/// Puts maxima back where max_pool2d_with_indices found them; no Layer, for it wants the places too.
class MaxUnpool2d final : public Module {
 public:
  /// The geometry of the pooling; its dilation is 1.
  explicit MaxUnpool2d(const Pool2dGeometry& geometry = {});
  /// x and indices [N,P,Q,C] -> [N,H,W,C] with H = (P - 1) stride - top - bottom + window, columns likewise.
  Variable forward(const Variable& x, const Tensor& indices) const;
  /// The same with the size that was pooled, which strides beyond the window leave open.
  Variable forward(const Variable& x, const Tensor& indices, Extent2 output) const { return max_unpool2d(x, indices, output); }

 private:
  Pool2dGeometry geometry_;
};

}  // namespace fovea
