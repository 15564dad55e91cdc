// Channels to pixels and back.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [N,H,W,C factor^2] -> [N, H factor, W factor, C]: channel (c * factor + a) * factor + b goes to channel c at row a and column b of its
/// square (Shi et al. 2016, "Real-time single image and video super-resolution", equation 4; torch's order of channels). Throws ShapeError
/// "[pixel_shuffle] ..." unless factor^2 divides the channels.
Variable pixel_shuffle(const Variable& x, std::int64_t factor);

/// The way back: [N, H factor, W factor, C] -> [N,H,W,C factor^2].
Variable pixel_unshuffle(const Variable& x, std::int64_t factor);

}  // namespace fovea
