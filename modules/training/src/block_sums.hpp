// Sums over many elements.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/kernels/context.hpp"

namespace fovea {

inline constexpr std::int64_t kElementsPerTask = 32768;

/// The sum of part(begin, end) over blocks of fixed size, added in their order: the same bits for any number of threads.
template <class Part>
double sum_of_blocks(std::int64_t count, Part part) {
  std::vector<double> sums(static_cast<std::size_t>((count + kElementsPerTask - 1) / kElementsPerTask));
  parallel_for(kernels::Context::current().threads(), count, kElementsPerTask,
               [&](std::int64_t begin, std::int64_t end) { sums[static_cast<std::size_t>(begin / kElementsPerTask)] = part(begin, end); });
  double sum = 0;
  for (const double block : sums) sum += block;
  return sum;
}

}  // namespace fovea
