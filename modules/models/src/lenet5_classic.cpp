#include "fovea/models/lenet5_classic.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

const LeNet5ClassicOptions& checked(const LeNet5ClassicOptions& o) {
  if (o.height < 12 || o.width < 12)
    throw OptionError(fmt::format("[lenet5-classic] images are at least 12x12, found {}x{}", o.width, o.height));
  if (o.classes < 2) throw OptionError(fmt::format("[lenet5-classic] at least 2 classes, found {}", o.classes));
  return o;
}

/// Of the image after both convolutions and poolings.
std::int64_t last_extent(std::int64_t image) { return (image / 2 - 4) / 2; }

LinearOptions flattened(const LeNet5ClassicOptions& o) { return {.flattened = {last_extent(o.height), last_extent(o.width), 16}}; }

}  // namespace

LeNet5Classic::LeNet5Classic(const LeNet5ClassicOptions& o)
    : conv1(checked(o).channels, 6, {.kernel = 5, .padding = 2}),
      conv2(6, 16, {.kernel = 5}),
      fc1(last_extent(o.height) * last_extent(o.width) * 16, 120, flattened(o)),
      fc2(120, 84),
      fc3(84, o.classes) {
  register_module("conv1", conv1);
  register_module("conv2", conv2);
  register_module("fc1", fc1);
  register_module("fc2", fc2);
  register_module("fc3", fc3);
}

Variable LeNet5Classic::forward(const Variable& x) {
  const Variable y1 = max_pool2d(relu(conv1(x)));
  const Variable y2 = max_pool2d(relu(conv2(y1)));
  return fc3(relu(fc2(relu(fc1(flatten(y2))))));
}

}  // namespace fovea
