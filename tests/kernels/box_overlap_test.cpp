#include "fovea/kernels/box_overlap.hpp"

#include <array>
#include <numbers>
#include <tuple>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::BoxOverlap, kernels::BoxPlanes, kernels::BoxRun, kernels::Context;
using test::converted, test::on_any_threads, test::oracle;

constexpr BoxOverlap kKinds[] = {BoxOverlap::iou, BoxOverlap::giou, BoxOverlap::diou, BoxOverlap::ciou};

/// The planes of some boxes behind each other: x1, y1, x2, y2, aspect.
template <class T>
struct Boxes {
  std::vector<T> values;
  std::int64_t count = 0;

  BoxPlanes<T> planes() const {
    const T* const p = values.data();
    return {p, p + count, p + 2 * count, p + 3 * count, p + 4 * count};
  }
  T at(int plane, std::int64_t i) const { return values[static_cast<std::size_t>(plane * count + i)]; }
};

template <class T>
Boxes<T> boxes_of(const std::vector<std::array<T, 4>>& corners) {
  Boxes<T> boxes{.count = std::ssize(corners)};
  for (int plane = 0; plane < 4; ++plane)
    for (const auto& box : corners) boxes.values.push_back(box[static_cast<std::size_t>(plane)]);
  for (const auto& box : corners) boxes.values.push_back(std::atan2(std::max(T{0}, box[2] - box[0]), std::max(T{0}, box[3] - box[1])));
  return boxes;
}

/// Most of them overlap; every seventh is inverted or has no area.
Boxes<float> random_boxes(std::int64_t count, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<std::array<float, 4>> corners;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto x = static_cast<float>(stream.uniform(0, 40)), y = static_cast<float>(stream.uniform(0, 40));
    const auto w = static_cast<float>(stream.uniform(1, 50)), h = static_cast<float>(stream.uniform(1, 50));
    corners.push_back({x, y, i % 7 == 3 ? x - w : x + w, i % 14 == 5 ? y : y + h});
  }
  return boxes_of(corners);
}

template <class T>
std::vector<T> overlaps(const kernels::TypedKernels<T>& kernels, Context& context, BoxOverlap kind, const Boxes<T>& a, const Boxes<T>& b) {
  std::vector<T> y(static_cast<std::size_t>(a.count * b.count), T{-9});
  kernels.box_overlap.pairs(context, kind, a.count, a.planes(), b.count, b.planes(), y.data());
  return y;
}

/// Written apart from the kernels: lengths of intervals on each axis.
struct Interval {
  double begin, end;
  double length() const { return end > begin ? end - begin : 0; }
};
double naive_overlap(BoxOverlap kind, const Boxes<float>& a, std::int64_t i, const Boxes<float>& b, std::int64_t j) {
  double common = 1, area_a = 1, area_b = 1, hull = 1, squared_distance = 0, squared_diagonal = 0, size_a[2], size_b[2];
  for (int axis = 0; axis < 2; ++axis) {
    const Interval u{a.at(axis, i), a.at(axis + 2, i)}, v{b.at(axis, j), b.at(axis + 2, j)};
    size_a[axis] = u.length();
    size_b[axis] = v.length();
    common *= Interval{std::max(u.begin, v.begin), std::min(u.end, v.end)}.length();
    area_a *= u.length();
    area_b *= v.length();
    const double around = Interval{std::min(u.begin, v.begin), std::max(u.end, v.end)}.length();
    hull *= around;
    squared_diagonal += around * around;
    squared_distance += std::pow((u.begin + u.end) / 2 - (v.begin + v.end) / 2, 2);
  }
  const double all = area_a + area_b - common, iou = all > 0 ? common / all : 0;
  if (kind == BoxOverlap::iou) return iou;
  if (kind == BoxOverlap::giou) return hull > 0 ? iou - (hull - all) / hull : iou;
  const double diou = squared_diagonal > 0 ? iou - squared_distance / squared_diagonal : iou;
  if (kind == BoxOverlap::diou) return diou;
  const double angle = std::atan2(size_a[0], size_a[1]) - std::atan2(size_b[0], size_b[1]);
  const double v = std::pow(angle * 2 / std::numbers::pi, 2);
  return v > 0 ? diou - v / (1 - iou + v) * v : diou;
}

TEST(BoxOverlap, IsTheDefinitionAndTheReferencesBits) {
  const auto& reference = kernels::reference_table().f32;
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const BoxOverlap kind : kKinds)
      for (const auto& [m, n] : {std::pair<std::int64_t, std::int64_t>{0, 3}, {3, 0}, {1, 1}, {2, 15}, {3, 17}, {40, 33}, {300, 257}}) {
        SCOPED_TRACE(std::string(name) + ", kind " + std::to_string(static_cast<int>(kind)) + ", " + std::to_string(m) + " and " +
                     std::to_string(n));
        const Boxes<float> a = random_boxes(m, 1), b = random_boxes(n, 2);
        const auto actual = on_any_threads([&](Context& context) { return overlaps(kernels, context, kind, a, b); });
        Context context(1);
        EXPECT_EQ(actual, overlaps(reference, context, kind, a, b));
        for (std::int64_t i = 0; i < m; ++i)
          for (std::int64_t j = 0; j < n; ++j)
            ASSERT_NEAR(actual[static_cast<std::size_t>(i * n + j)], naive_overlap(kind, a, i, b, j), 2e-6) << i << ' ' << j;
      }
}

TEST(BoxOverlap, DoublesAreTheDefinition) {
  const Boxes<float> a = random_boxes(20, 3), b = random_boxes(30, 4);
  const Boxes<double> wide_a{converted<double>(a.values), a.count}, wide_b{converted<double>(b.values), b.count};
  Context context(1);
  for (const BoxOverlap kind : kKinds) {
    const auto exact = overlaps(oracle(), context, kind, wide_a, wide_b);
    for (std::int64_t i = 0; i < a.count; ++i)
      for (std::int64_t j = 0; j < b.count; ++j)
        ASSERT_NEAR(exact[static_cast<std::size_t>(i * b.count + j)], naive_overlap(kind, a, i, b, j),
                    kind == BoxOverlap::ciou ? 1e-7 : 1e-14);
  }
}

TEST(BoxOverlap, HandWorked) {
  // 10 x 10 boxes that share a half: I = 50, U = 150, C = 150, d^2 = 25, c^2 = 325; then apart: C = 300, d^2 = 400, c^2 = 1000.
  const Boxes<float> a = boxes_of<float>({{0, 0, 10, 10}}),
                     b = boxes_of<float>({{5, 0, 15, 10}, {20, 0, 30, 10}, {0, 0, 10, 10}, {3, 3, 3, 3}});
  for (const auto& [name, kernels] : test::f32_kernels()) {
    Context context(1);
    EXPECT_EQ(overlaps(kernels, context, BoxOverlap::iou, a, b), (std::vector<float>{1.0f / 3, 0, 1, 0})) << name;
    EXPECT_EQ(overlaps(kernels, context, BoxOverlap::giou, a, b), (std::vector<float>{1.0f / 3, -1.0f / 3, 1, 0})) << name;
    EXPECT_EQ(overlaps(kernels, context, BoxOverlap::diou, a, b), (std::vector<float>{1.0f / 3 - 25.0f / 325, -0.4f, 1, -0.04f})) << name;
    EXPECT_EQ(overlaps(kernels, context, BoxOverlap::ciou, a, b)[2], 1) << name;
  }
}

TEST(BoxOverlap, FindsWhetherAnyIsAbove) {
  const Boxes<float> boxes = random_boxes(75, 5);
  const std::vector<BoxRun> lists[] = {{}, {{0, 0}}, {{0, 75}}, {{3, 4}, {10, 12}}, {{1, 18}, {40, 75}}, {{5, 21}, {21, 37}, {70, 75}}};
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const BoxOverlap kind : kKinds)
      for (const auto& runs : lists)
        for (std::int64_t i = 0; i < boxes.count; ++i)
          for (const float threshold : {0.0f, 0.3f, 0.9999f, 1.0f}) {
            const float box[] = {boxes.at(0, i), boxes.at(1, i), boxes.at(2, i), boxes.at(3, i), boxes.at(4, i)};
            const auto arguments = std::tuple(kind, boxes.planes(), runs.data(), std::ssize(runs), box, threshold);
            bool expected = false;
            Context context(1);
            for (const BoxRun& run : runs)
              for (std::int64_t j = run.begin; j < run.end; ++j) {
                float overlap = 0;
                const BoxPlanes<float> p = boxes.planes(), one{p.x1 + j, p.y1 + j, p.x2 + j, p.y2 + j, p.aspect + j};
                kernels.box_overlap.pairs(context, kind, 1, one, 1, {box, box + 1, box + 2, box + 3, box + 4}, &overlap);
                expected |= overlap > threshold;
              }
            EXPECT_EQ(std::apply(kernels.box_overlap.any_above, arguments), expected) << name << ' ' << i;
          }
}

}  // namespace
}  // namespace fovea
