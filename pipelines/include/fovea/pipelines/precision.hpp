// The precision of a computation, as users name it.
#pragma once

#include <string>

#include "fovea/base/dtype.hpp"

namespace fovea {

/// "f32" or "bf16": the type of activations and their gradients. Weights, statistics, sums and losses are f32 in both, and so are files.
/// Throws OptionError naming the text.
DType parse_precision(const std::string& text);

}  // namespace fovea
