// Masks from outlines, by the rule of COCO's tools: another rule gives other pixels at the border, and other numbers.
#pragma once

#include <cstdint>
#include <span>

#include "fovea/vision/rle_mask.hpp"

namespace fovea {

/// The mask of a polygon x0 y0 x1 y1 ... in pixels, closed from the last point to the first. The outline is drawn on a grid five times
/// as fine; a pixel belongs to the object when the centre of its column crosses an odd number of edges above it. (The rule of
/// cocodataset/cocoapi, common/maskApi.c, rleFrPoly.) Two numbers are a point, four a line: their masks are empty.
/// Throws OptionError for an odd number of numbers, numbers that are not within ±2^24, an outline of more than 2^28 fine pixels, and as
/// make_mask.
RleMask mask_from_polygon(std::span<const double> xy, std::int64_t height, std::int64_t width);

/// The mask of the rectangle [x, x + box_width] x [y, y + box_height], by the same rule.
RleMask mask_from_box(double x, double y, double box_width, double box_height, std::int64_t height, std::int64_t width);

}  // namespace fovea
