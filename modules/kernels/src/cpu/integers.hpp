// Integer helpers of the instruction-set sources, which share no inline code with the rest of the library, std:: included.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

constexpr std::int64_t minimum(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
constexpr std::int64_t maximum(std::int64_t a, std::int64_t b) { return a > b ? a : b; }
constexpr std::int64_t clamped(std::int64_t value, std::int64_t low, std::int64_t high) { return maximum(low, minimum(value, high)); }
/// For a >= 0, b > 0.
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
constexpr std::int64_t round_up(std::int64_t a, std::int64_t b) { return ceil_div(a, b) * b; }
/// Bytes of `count` floats, rounded up to whole cache lines so that the parts of a workspace stay aligned.
constexpr std::size_t float_bytes(std::int64_t count) { return static_cast<std::size_t>(round_up(count, 16)) * sizeof(float); }

/// Hands out the parts of a workspace, each 64-byte aligned.
class Slices {
 public:
  explicit Slices(void* workspace) : next_(static_cast<float*>(workspace)) {}
  /// Room for `count` elements of at most four bytes.
  template <class T = float>
  T* take(std::int64_t count) {
    static_assert(sizeof(T) <= sizeof(float));
    float* slice = next_;
    next_ += round_up(count, 16);
    return reinterpret_cast<T*>(slice);
  }

 private:
  float* next_;
};

/// A run of [begin, end).
struct Range {
  std::int64_t begin, end;
};

/// Part `index` of `parts` nearly equal parts of [0, count), each but the last a multiple of `unit` long.
constexpr Range part_of(std::int64_t count, std::int64_t parts, std::int64_t index, std::int64_t unit = 1) {
  const std::int64_t units = ceil_div(count, unit);
  return {minimum(count, units * index / parts * unit), minimum(count, units * (index + 1) / parts * unit)};
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
