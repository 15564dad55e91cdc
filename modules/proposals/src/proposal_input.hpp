// What every proposal source asks of its input.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

inline void check_proposal_input(const cv::Mat& image, const char* operation) {
  if (image.empty() || (image.type() != CV_8UC3 && image.type() != CV_8UC1))
    throw ShapeError(fmt::format("[{}] wants an 8-bit BGR or grey image, found {}x{} of type {}", operation, image.cols, image.rows,
                                 cv::typeToString(image.type())));
}

inline void check_max_boxes(std::int64_t max_boxes, const char* operation) {
  if (max_boxes < 0) throw OptionError(fmt::format("[{}] the number of boxes is 0 (all) or more, found {}", operation, max_boxes));
}

}  // namespace fovea
