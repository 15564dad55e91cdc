#include "fovea/nn/dropout.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

Dropout::Dropout(double probability) : probability_(probability), stream_(construction_stream()) {
  if (!(probability >= 0 && probability < 1))
    throw OptionError(fmt::format("[dropout] the probability is in [0, 1), found {}", probability));
  register_stream("stream", stream_);
}

Variable Dropout::forward(const Variable& x) { return is_training() ? dropout(x, probability_, stream_) : x; }

}  // namespace fovea
