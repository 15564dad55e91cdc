// The work that is compared, as the driver names it.
#pragma once

#include <cstdint>
#include <string>

namespace fovea::compare {

enum class Pass : std::uint8_t { forward, backward_data, backward_filter };

/// One pass of a convolution of square stride and padding. Operands in plain layouts: x [n,h,w,c], filter [k,r,s,c/groups], y [n,p,q,k].
struct ConvProblem {
  std::int64_t n, c, h, w, k, r, s, stride, pad, groups;
  Pass pass;
  std::string precision;  ///< "f32" or "bf16", of all three operands

  std::int64_t p() const { return (h + 2 * pad - r) / stride + 1; }
  std::int64_t q() const { return (w + 2 * pad - s) / stride + 1; }
  std::int64_t x_count() const { return n * h * w * c; }
  std::int64_t filter_count() const { return k * r * s * c / groups; }
  std::int64_t y_count() const { return n * p() * q() * k; }
  /// Of the direct algorithm, whatever the library does: two per multiplication.
  double operations() const { return 2.0 * static_cast<double>(y_count()) * static_cast<double>(r * s * c / groups); }
};

/// y = a b with a, b and y [size,size], row-major.
struct MatmulProblem {
  std::int64_t size;
  std::string precision;  ///< of a and b

  std::int64_t count() const { return size * size; }
  double operations() const { return 2.0 * static_cast<double>(count()) * static_cast<double>(size); }
};

/// Seeds of operand_value().
enum OperandSeed : std::uint32_t { kXSeed = 1, kFilterSeed = 2, kYSeed = 3, kASeed = 4, kBSeed = 5 };

}  // namespace fovea::compare
