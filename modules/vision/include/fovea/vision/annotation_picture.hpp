// Pictures with what is known of them drawn in.
#pragma once

#include <span>
#include <string>

#include "fovea/vision/annotated_image.hpp"

namespace fovea {

/// A colour (BGR) for class `index` >= 0 that is told apart from those of its neighbours; the same in every picture.
cv::Scalar class_color(std::int64_t index);

/// The picture (8 bits, grey or BGR), as BGR: label maps and masks tinted, outlines, boxes with the class's name, key points. Pixels
/// labelled `ignored` are not tinted, nor are those of class 0, the background. Names may be fewer than classes: numbers stand in.
/// Throws ShapeError for other pictures.
cv::Mat draw_annotations(const AnnotatedImage& sample, std::span<const std::string> names, int ignored = 255);

}  // namespace fovea
