#include "fovea/nn/pool2d.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"

namespace fovea {

FractionalMaxPool2d::FractionalMaxPool2d(const FractionalMaxPool2dOptions& options) : options_(options), stream_(construction_stream()) {
  if (!(options.ratio >= 1 && std::isfinite(options.ratio)))
    throw OptionError(fmt::format("[fractional_max_pool2d] the ratio is at least 1, found {}", options.ratio));
  register_stream("stream", stream_);
}

Variable FractionalMaxPool2d::forward(const Variable& x) {
  const auto boundaries = [&](int axis) {
    const std::int64_t extent = x.extent(axis);
    const auto output = static_cast<std::int64_t>(std::floor(static_cast<double>(extent) / options_.ratio));
    return fractional_boundaries(extent, std::max<std::int64_t>(output, 1), options_.steps, stream_);
  };
  if (x.shape().rank() != 4) throw ShapeError("[fractional_max_pool2d] input wants 4 axes [N,H,W,C], found " + x.shape().to_string());
  const std::vector<std::int64_t> rows = boundaries(1);
  return fractional_max_pool2d(x, rows, boundaries(2), options_.overlapping);
}

}  // namespace fovea
