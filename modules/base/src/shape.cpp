#include "fovea/base/shape.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "fovea/base/error.hpp"

namespace fovea {

Shape::Shape(std::span<const std::int64_t> extents) {
  if (extents.size() > kMaxRank) throw ShapeError(fmt::format("a shape has at most {} extents, found {}", kMaxRank, extents.size()));
  constexpr std::int64_t kLimit = std::int64_t{1} << 62;
  std::int64_t count = 1;
  for (const std::int64_t extent : extents) {
    if (extent < 0) throw ShapeError(fmt::format("extents are >= 0, found [{}]", fmt::join(extents, ",")));
    if (extent > 0 && count > kLimit / extent)
      throw ShapeError(fmt::format("a tensor of [{}] would have more than 2^62 elements", fmt::join(extents, ",")));
    count *= std::max<std::int64_t>(extent, 1);
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }
}

std::int64_t Shape::at(int axis) const {
  const int from_front = axis < 0 ? axis + rank_ : axis;
  if (from_front < 0 || from_front >= rank_) throw ShapeError(fmt::format("axis {} of a tensor of shape {}", axis, to_string()));
  return (*this)[from_front];
}

std::int64_t Shape::numel() const {
  std::int64_t count = 1;
  for (const std::int64_t extent : *this) count *= extent;
  return count;
}

bool Shape::operator==(const Shape& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

std::string Shape::to_string() const { return fmt::format("[{}]", fmt::join(begin(), end(), ",")); }

}  // namespace fovea
