// What a detector says of an image.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "fovea/vision/box.hpp"

namespace fovea {

/// One object that was found.
struct Detection {
  Box box;                  ///< in pixels of the original image
  float score = 0;          ///< in [0, 1]
  std::int64_t index = -1;  ///< of the class
  std::string label = {};   ///< name of the class; empty until named() gives it
  bool operator==(const Detection&) const = default;
};

/// All that was found in one image, best first; of equal scores that which the network gave first.
using Detections = std::vector<Detection>;

/// The same with labels[index] as labels. Throws OptionError for a class without a label.
Detections named(Detections found, std::span<const std::string> labels);

/// The picture (8 bits, grey or BGR), as BGR, with boxes, names and scores; classes have the colours of draw_annotations().
/// Throws ShapeError for other pictures.
cv::Mat draw(const cv::Mat& image, const Detections& found);

}  // namespace fovea
