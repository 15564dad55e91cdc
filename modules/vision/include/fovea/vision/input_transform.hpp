// From the pictures of a data set to the inputs of a network in training.
#pragma once

#include <cstdint>
#include <memory>

#include "fovea/vision/augmentation.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

/// What changes sample `index` of a data set in one epoch is drawn from this: neither workers nor the order of the samples change it. The
/// stream that orders the epoch is another one.
RandomStream sample_stream(std::uint64_t seed, std::int64_t epoch, std::int64_t index);

/// All that happens to a picture of one size on its way to the network's size. `augmentation`, which may be null, draws from `stream`. One
/// that sets the size sees the whole picture; others see it in the network's size.
std::unique_ptr<Transform> input_transform(cv::Size picture, const Preprocessing& preprocessing, const Augmentation* augmentation,
                                           RandomStream stream);

}  // namespace fovea
