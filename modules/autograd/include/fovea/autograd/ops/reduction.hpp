// How the losses of elements, rows or regions become one.
#pragma once

#include <cstdint>

namespace fovea {

/// `mean` divides by what the operation says that it counts and is NaN over nothing; `none` keeps them apart.
enum class Reduction : std::uint8_t { mean, sum, none };

constexpr const char* name_of(Reduction reduction) {
  return reduction == Reduction::mean ? "mean" : reduction == Reduction::sum ? "sum" : "none";
}

}  // namespace fovea
