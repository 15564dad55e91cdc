#include "fovea/kernels/box_overlap.hpp"

#include <cmath>
#include <vector>

#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

using kernels::BoxOverlap;
using kernels::BoxPlanes;

struct BoxCase {
  BoxOverlap kind;
  std::int64_t a_count, b_count;
};

std::vector<BoxCase> cases() {
  std::vector<BoxCase> list;
  for (const BoxOverlap kind : {BoxOverlap::iou, BoxOverlap::giou, BoxOverlap::diou, BoxOverlap::ciou})
    for (const auto& [a, b] : {std::pair<std::int64_t, std::int64_t>{0, 3}, {1, 1}, {5, 17}, {65, 130}}) list.push_back({kind, a, b});
  return list;
}

/// Planes x1, y1, x2, y2, aspect of boxes around the origin, a fourth of them inverted.
template <class T>
std::vector<T> with_aspects(std::vector<T> planes) {
  const std::size_t count = planes.size() / 5;
  for (std::size_t i = 0; i < count; ++i) {
    planes[2 * count + i] += static_cast<T>(0.5);
    planes[3 * count + i] += static_cast<T>(0.5);
    planes[4 * count + i] =
        std::atan2(std::max(T{0}, planes[2 * count + i] - planes[i]), std::max(T{0}, planes[3 * count + i] - planes[count + i]));
  }
  return planes;
}
template <class T>
BoxPlanes<T> planes_of(const std::vector<T>& planes) {
  const T* const p = planes.data();
  const std::size_t count = planes.size() / 5;
  return {p, p + count, p + 2 * count, p + 3 * count, p + 4 * count};
}

constexpr auto kSlot = [](const auto& kernels) { return kernels.box_overlap.pairs; };
constexpr auto kBody = [](auto& run, const auto& kernels, const BoxCase& c) {
  const auto a = with_aspects(run.values(5 * c.a_count)), b = with_aspects(run.values(5 * c.b_count));
  auto y = run.empty(c.a_count * c.b_count);
  kernels.box_overlap.pairs(run.context(), c.kind, c.a_count, planes_of(a), c.b_count, planes_of(b), y.data());
  run.result(y);
};

constexpr auto kSearchSlot = [](const auto& kernels) { return kernels.box_overlap.any_above; };
/// Whether each box of a is above a threshold that no overlap is near to.
constexpr auto kSearchBody = [](auto& run, const auto& kernels, const BoxCase& c) {
  const auto a = with_aspects(run.values(5 * c.a_count)), b = with_aspects(run.values(5 * c.b_count));
  auto found = run.empty(c.a_count);
  const kernels::BoxRun all{0, c.b_count};
  for (std::size_t i = 0; i < found.size(); ++i) {
    using T = std::remove_reference_t<decltype(found[0])>;
    const std::size_t n = found.size();
    const T box[] = {a[i], a[n + i], a[2 * n + i], a[3 * n + i], a[4 * n + i]};
    found[i] = kernels.box_overlap.any_above(c.kind, planes_of(b), &all, 1, box, static_cast<T>(0.4321)) ? 1 : 0;
  }
  run.result(found);
};

}  // namespace

void check_box_overlap(Suite<float>& suite) {
  suite.check("box_overlap.pairs", {.scale = Scale::value}, cases(), kSlot, kBody);
  suite.check("box_overlap.any_above", {.scale = Scale::value}, cases(), kSearchSlot, kSearchBody);
}

}  // namespace fovea::selftest_detail
