// What optimisers ask of their options, in one wording.
#pragma once

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

inline void check_fraction(const char* optimizer, const char* option, double value) {
  if (!(value >= 0 && value < 1)) throw OptionError(fmt::format("[{}] {} is in [0, 1), found {}", optimizer, option, value));
}
inline void check_not_negative(const char* optimizer, const char* option, double value) {
  if (!(value >= 0)) throw OptionError(fmt::format("[{}] {} is at least 0, found {}", optimizer, option, value));
}
inline void check_positive(const char* optimizer, const char* option, double value) {
  if (!(value > 0)) throw OptionError(fmt::format("[{}] {} is positive, found {}", optimizer, option, value));
}

}  // namespace fovea
