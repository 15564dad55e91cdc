// bfloat16: the upper half of an f32.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace fovea {

/// A floating-point number of 16 bits: 1 sign, 8 exponent and 7 fraction bits. It has the range of f32 and about 2 1/2 decimal digits.
/// It is a way to store activations and their gradients; arithmetic on it converts to float.
struct bf16 {
  std::uint16_t bits;

  bf16() = default;
  /// The nearest value, of two equally near ones the one whose last bit is 0. A NaN stays one and becomes quiet.
  explicit constexpr bf16(float value) : bits(rounded(std::bit_cast<std::uint32_t>(value))) {}
  /// Rounded once, not first to float and then again.
  template <class T>
  requires std::is_arithmetic_v<T>
  explicit constexpr bf16(T value) : bf16(rounded_to_odd(static_cast<double>(value))) {}
  static constexpr bf16 from_bits(std::uint16_t bits) {
    bf16 value{};
    value.bits = bits;
    return value;
  }

  /// Exact.
  constexpr operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

 private:
  static constexpr std::uint16_t rounded(std::uint32_t word) {
    if ((word & 0x7FFFFFFF) > 0x7F800000) return static_cast<std::uint16_t>(word >> 16 | 0x0040);
    return static_cast<std::uint16_t>((word + 0x7FFF + (word >> 16 & 1)) >> 16);
  }
  /// The float next to `value` towards zero with its last bit set where it is not exact: rounding that to fewer bits rounds `value`.
  static constexpr float rounded_to_odd(double value) {
    const auto nearest = static_cast<float>(value);
    const double exact = nearest;
    if (exact == value || value != value) return nearest;
    const auto word = std::bit_cast<std::uint32_t>(nearest);
    const bool beyond = value < 0 ? exact < value : exact > value;
    return std::bit_cast<float>((beyond ? word - 1 : word) | 1);
  }
};

static_assert(sizeof(bf16) == 2 && std::is_trivially_copyable_v<bf16> && std::is_trivially_default_constructible_v<bf16>);

}  // namespace fovea
