// How the MobileNets scale their channels.
#pragma once

#include <cstdint>

namespace fovea {

/// The multiple of `divisor` next to `channels`, at least `divisor`, and never less than nine tenths of `channels` (the authors' published
/// code for Sandler et al. 2018).
std::int64_t rounded_channels(double channels, std::int64_t divisor = 8);

}  // namespace fovea
