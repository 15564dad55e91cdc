#include "rounded_channels.hpp"

#include <algorithm>

namespace fovea {

std::int64_t rounded_channels(double channels, std::int64_t divisor) {
  const auto half = static_cast<double>(divisor) / 2;
  const std::int64_t rounded = std::max(divisor, static_cast<std::int64_t>(channels + half) / divisor * divisor);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + divisor : rounded;
}

}  // namespace fovea
