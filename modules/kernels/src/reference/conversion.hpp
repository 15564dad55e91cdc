// Conversions, one element at a time.
#pragma once

#include "fovea/kernels/conversion.hpp"

namespace fovea::kernels::reference {

template <class From, class To>
void convert(Context&, std::int64_t count, const From* x, To* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<To>(x[i]);
}

}  // namespace fovea::kernels::reference
