// Inverted dropout (Srivastava et al. 2014, section 10).
#pragma once

#include "fovea/autograd/variable.hpp"
#include "fovea/base/random.hpp"

namespace fovea {

/// Zeroes each element with `probability` in [0, 1) and divides the others by 1 - probability. The mask is named by `stream`'s next
/// value, so equal streams give equal masks on any machine. Throws OptionError on another probability.
Variable dropout(const Variable& x, double probability, RandomStream& stream);

}  // namespace fovea
