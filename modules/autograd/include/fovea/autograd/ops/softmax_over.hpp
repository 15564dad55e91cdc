// Scores to probabilities along any axis, and over the pixels of an image.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// exp(x - max) / sum along `axis` (negative ones count from the end); softmax(x) is softmax_over(x, -1), over the channels of images. f32
/// or f64.
Variable softmax_over(const Variable& x, int axis);

/// x [N,H,W,C] -> [N,H,W,C]: over all pixels of each channel of each image, which then add up to 1: where a channel looks.
Variable spatial_softmax(const Variable& x);

}  // namespace fovea
