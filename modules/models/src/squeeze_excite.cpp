#include "fovea/models/squeeze_excite.hpp"

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/reshape.hpp"

namespace fovea {

SqueezeExcite::SqueezeExcite(std::int64_t channels, std::int64_t squeezed, const SqueezeExciteOptions& options)
    : fc1(channels, squeezed, {.kernel = 1}), fc2(squeezed, channels, {.kernel = 1}), options_(options) {
  register_module("fc1", fc1);
  register_module("fc2", fc2);
}

Variable SqueezeExcite::forward(const Variable& x) {
  const Variable mean = reshape(global_average_pool2d(x), {x.extent(0), 1, 1, x.extent(3)});
  return x * activate(fc2(activate(fc1(mean), options_.activation)), options_.gate);
}

}  // namespace fovea
