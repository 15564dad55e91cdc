#include "fovea/nn/upsample.hpp"

#include "fovea/base/error.hpp"

namespace fovea {

Upsample::Upsample(const UpsampleOptions& options) : options_(options) {
  const bool has_factor = options.factor != 0, has_output = options.output != Extent2{0};
  if (has_factor == has_output || (has_factor && !(options.factor > 0)) ||
      (has_output && (options.output.height < 1 || options.output.width < 1)))
    throw OptionError("[upsample] wants either a positive factor or an output of at least 1x1");
}

Variable Upsample::forward(const Variable& x) {
  const ResizeOptions resize{.interpolation = options_.interpolation, .align_corners = options_.align_corners};
  return options_.factor != 0 ? rescale2d(x, options_.factor, options_.factor, resize) : resize2d(x, options_.output, resize);
}

MaxUnpool2d::MaxUnpool2d(const Pool2dGeometry& geometry) : geometry_(geometry) {
  if (geometry.dilation != Extent2{1})
    throw OptionError("[max_unpool2d] knows no dilation: give the size that was pooled to max_unpool2d()");
}

Variable MaxUnpool2d::forward(const Variable& x, const Tensor& indices) const {
  const auto& g = geometry_;
  const Extent2 output{(x.extent(1) - 1) * g.stride.height - g.padding.top - g.padding.bottom + g.window.height,
                       (x.extent(2) - 1) * g.stride.width - g.padding.left - g.padding.right + g.window.width};
  return max_unpool2d(x, indices, output);
}

}  // namespace fovea
