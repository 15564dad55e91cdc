#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "fovea/base/error.hpp"
#include "fovea/kernels/conv2d.hpp"

namespace fovea::kernels {

Conv2dChoice conv2d_choice(bool training) {
  static const bool winograd = [] {
    const char* setting = std::getenv("FOVEA_WINOGRAD");
    const std::string_view value = setting == nullptr ? "1" : setting;
    if (value != "0" && value != "1") throw OptionError(fmt::format("FOVEA_WINOGRAD is 0 or 1, found \"{}\"", value));
    return value == "1";
  }();
  if (!winograd) return Conv2dChoice::direct;
  return training ? Conv2dChoice::by_batch : Conv2dChoice::by_image;
}

}  // namespace fovea::kernels
