// Pictures of what happens inside a network.
#pragma once

#include <opencv2/core/mat.hpp>
#include <span>

#include "fovea/nn/activation_statistics.hpp"

namespace fovea {

/// A sheet of charts, one per operation: the histogram of its output as shares of all values, with mean, deviation, zeros and dead channels
/// in the title. Throws OptionError when there is nothing to draw.
cv::Mat draw_activation_statistics(std::span<const ActivationStatistics> statistics);

}  // namespace fovea
