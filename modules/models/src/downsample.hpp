// The shortcut of a residual block where its shape changes.
#pragma once

#include <cstdint>
#include <optional>

#include "fovea/nn/sequential.hpp"

namespace fovea {

/// A strided 1x1 convolution and a norm (He et al. 2016, section 3.3, option B), or nothing where the identity does.
void make_downsample(std::optional<Sequential>& downsample, std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride);

}  // namespace fovea
