// The extents of a dense tensor.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace fovea {

/// Up to kMaxRank extents, each >= 0, outermost first. Rank 0 is a scalar of one element.
/// Construction throws ShapeError on a negative extent, too many extents, or an element count beyond 2^62.
class Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents) : Shape(std::span<const std::int64_t>(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const std::int64_t> extents);

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return extents_[static_cast<std::size_t>(axis)]; }
  /// Extent of `axis`; negative axes count from the end. Throws ShapeError when out of range.
  std::int64_t at(int axis) const;
  /// Product of the extents; 1 for a scalar.
  std::int64_t numel() const;

  const std::int64_t* begin() const { return extents_.data(); }
  const std::int64_t* end() const { return extents_.data() + rank_; }
  std::span<const std::int64_t> extents() const { return {begin(), end()}; }

  bool operator==(const Shape& other) const;

  /// "[32,56,56,64]"
  std::string to_string() const;

 private:
  std::array<std::int64_t, kMaxRank> extents_{};
  int rank_ = 0;
};

}  // namespace fovea
