// Between boxes and the numbers that networks are trained to give for them.
#pragma once

#include <cmath>
#include <cstdint>

#include "fovea/vision/box.hpp"

namespace fovea {

/// Width and height of a box that predictions start from, in pixels of the network's input.
struct AnchorSize {
  float width = 0, height = 0;
  float area() const { return width * height; }
  bool operator==(const AnchorSize&) const = default;
};

/// A place of a feature map: it covers [column, column + 1] x [row, row + 1] times `stride` pixels.
struct GridCell {
  std::int64_t column = 0, row = 0;
  float stride = 1;
};

/// Where the centre and how large: what the numbers mean is the coder's to say.
struct BoxCode {
  float x = 0, y = 0, w = 0, h = 0;
  bool operator==(const BoxCode&) const = default;
};

/// From a point to the four sides of a box, in any unit.
struct SideDistances {
  float left = 0, top = 0, right = 0, bottom = 0;
  bool operator==(const SideDistances&) const = default;
};

/// The box with this centre and size.
inline Box box_around(float x, float y, float width, float height) {
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

/// exp(w) is cut off here: no box is larger than 1000 / 16 anchors, which is beyond any image, so that an untrained network gives no
/// infinite box (a constant of Girshick's Detectron, 2018).
inline const float kLargestLogScale = std::log(1000.0f / 16);

/// R-CNN: with the anchor's centre (px, py) and size (pw, ph),
///   box centre = (px + pw x / weights.x, py + ph y / weights.y), size = (pw exp(w / weights.w), ph exp(h / weights.h)).
/// Girshick et al., "Rich feature hierarchies", CVPR 2014, appendix C; the weights are those of Fast R-CNN's implementation. A box or an
/// anchor without area has no code: its logarithms are infinite.
BoxCode encode_deltas(const Box& box, const Box& anchor, const BoxCode& weights = {1, 1, 1, 1});
Box decode_deltas(const BoxCode& code, const Box& anchor, const BoxCode& weights = {1, 1, 1, 1});

/// YOLOv2 and v3: centre = (column + s(x), row + s(y)) stride, size = (anchor width exp(w), anchor height exp(h)), with s the sigmoid, or
/// s'(x) = scale s(x) - (scale - 1) / 2, which reaches a cell's border (YOLOv4's scale_x_y). Redmon and Farhadi, "YOLO9000", CVPR 2017,
/// section 2; Bochkovskiy et al., "YOLOv4", 2020, section 3.4. Encoding wants the centre in the cell (or within `scale` of it); what lies
/// on the border or beyond gets the nearest finite code, s = 1e-6 or 1 - 1e-6.
BoxCode encode_grid(const Box& box, const GridCell& cell, const AnchorSize& anchor, float scale = 1);
Box decode_grid(const BoxCode& code, const GridCell& cell, const AnchorSize& anchor, float scale = 1);

/// YOLOX: centre = (column + x, row + y) stride, size = (exp(w), exp(h)) stride. Ge et al., "YOLOX", 2021, section 2.1.
BoxCode encode_offsets(const Box& box, const GridCell& cell);
Box decode_offsets(const BoxCode& code, const GridCell& cell);

/// FCOS: the sides are so many strides left, above, right and below of the middle of the cell. Tian et al., "FCOS", ICCV 2019, eq. 1.
/// Negative distances say that the point is outside.
SideDistances encode_sides(const Box& box, const GridCell& cell);
Box decode_sides(const SideDistances& sides, const GridCell& cell);

}  // namespace fovea
