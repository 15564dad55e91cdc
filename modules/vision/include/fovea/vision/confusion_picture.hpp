// A confusion matrix as a picture.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <span>
#include <string>

namespace fovea {

/// The square of (true class `row`, predicted class `column`) in the picture of a matrix of these classes.
cv::Rect confusion_cell(std::span<const std::string> names, int row, int column);

/// Rows are true classes, columns predicted ones. `counts` holds names.size() rows of names.size() counts, none negative. A cell's colour
/// is its part of its row: white for none, dark blue for all; a row without samples is white. Counts are written where the cells have room
/// for them (up to about 25 classes); long class names are ended by "..". Throws ShapeError when the number of counts does not fit,
/// OptionError for negative counts and for no classes.
cv::Mat draw_confusion(const std::string& title, std::span<const std::string> names, std::span<const std::int64_t> counts);

}  // namespace fovea
