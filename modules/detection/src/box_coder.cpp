#include "fovea/detection/box_coder.hpp"

#include <algorithm>

#include "fovea/detection/probability.hpp"

namespace fovea {

namespace {

constexpr double kNearestToBorder = 1e-6;

struct CenterSize {
  double x, y, width, height;
};

CenterSize center_size(const Box& box) {
  return {(static_cast<double>(box.x1) + box.x2) / 2, (static_cast<double>(box.y1) + box.y2) / 2, static_cast<double>(box.x2) - box.x1,
          static_cast<double>(box.y2) - box.y1};
}

Box box_of(const CenterSize& b) {
  return {static_cast<float>(b.x - b.width / 2), static_cast<float>(b.y - b.height / 2), static_cast<float>(b.x + b.width / 2),
          static_cast<float>(b.y + b.height / 2)};
}

double growth(double log_scale) { return std::exp(std::min(log_scale, static_cast<double>(kLargestLogScale))); }

double finite_logit(double p) { return logit_of(std::clamp(p, kNearestToBorder, 1 - kNearestToBorder)); }

float single(double value) { return static_cast<float>(value); }

}  // namespace

BoxCode encode_deltas(const Box& box, const Box& anchor, const BoxCode& weights) {
  const CenterSize b = center_size(box), a = center_size(anchor);
  return {single(weights.x * (b.x - a.x) / a.width), single(weights.y * (b.y - a.y) / a.height),
          single(weights.w * std::log(b.width / a.width)), single(weights.h * std::log(b.height / a.height))};
}

Box decode_deltas(const BoxCode& code, const Box& anchor, const BoxCode& weights) {
  const CenterSize a = center_size(anchor);
  return box_of({a.x + a.width * code.x / weights.x, a.y + a.height * code.y / weights.y, a.width * growth(code.w / weights.w),
                 a.height * growth(code.h / weights.h)});
}

BoxCode encode_grid(const Box& box, const GridCell& cell, const AnchorSize& anchor, float scale) {
  const CenterSize b = center_size(box);
  const auto code = [&](double center, std::int64_t place) {
    return single(finite_logit((center / cell.stride - static_cast<double>(place) + (scale - 1) / 2) / scale));
  };
  return {code(b.x, cell.column), code(b.y, cell.row), single(std::log(b.width / anchor.width)),
          single(std::log(b.height / anchor.height))};
}

Box decode_grid(const BoxCode& code, const GridCell& cell, const AnchorSize& anchor, float scale) {
  const auto center = [&](double x, std::int64_t place) {
    return (static_cast<double>(place) + scale * sigmoid_of<double>(x) - (scale - 1) / 2) * cell.stride;
  };
  return box_of({center(code.x, cell.column), center(code.y, cell.row), anchor.width * growth(code.w), anchor.height * growth(code.h)});
}

BoxCode encode_offsets(const Box& box, const GridCell& cell) {
  const CenterSize b = center_size(box);
  return {single(b.x / cell.stride - static_cast<double>(cell.column)), single(b.y / cell.stride - static_cast<double>(cell.row)),
          single(std::log(b.width / cell.stride)), single(std::log(b.height / cell.stride))};
}

Box decode_offsets(const BoxCode& code, const GridCell& cell) {
  return box_of({(static_cast<double>(cell.column) + code.x) * cell.stride, (static_cast<double>(cell.row) + code.y) * cell.stride,
                 growth(code.w) * cell.stride, growth(code.h) * cell.stride});
}

SideDistances encode_sides(const Box& box, const GridCell& cell) {
  const double x = static_cast<double>(cell.column) + 0.5, y = static_cast<double>(cell.row) + 0.5;
  return {single(x - box.x1 / cell.stride), single(y - box.y1 / cell.stride), single(box.x2 / cell.stride - x),
          single(box.y2 / cell.stride - y)};
}

Box decode_sides(const SideDistances& sides, const GridCell& cell) {
  const double x = static_cast<double>(cell.column) + 0.5, y = static_cast<double>(cell.row) + 0.5;
  return {single((x - sides.left) * cell.stride), single((y - sides.top) * cell.stride), single((x + sides.right) * cell.stride),
          single((y + sides.bottom) * cell.stride)};
}

}  // namespace fovea
