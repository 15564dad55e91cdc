#include "fovea/models/lenet5.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

const LeNet5Options& checked(const LeNet5Options& o) {
  if (o.height < 4 || o.width < 4) throw OptionError(fmt::format("[lenet5] images are at least 4x4, found {}x{}", o.width, o.height));
  if (o.classes < 2) throw OptionError(fmt::format("[lenet5] at least 2 classes, found {}", o.classes));
  return o;
}

}  // namespace

LeNet5::LeNet5(const LeNet5Options& o)
    : conv1(checked(o).channels, o.filters1, {.kernel = 5, .padding = 2}),
      conv2(o.filters1, o.filters2, {.kernel = 5, .padding = 2}),
      fc1((o.height / 4) * (o.width / 4) * o.filters2, o.hidden, {.flattened = {o.height / 4, o.width / 4, o.filters2}}),
      fc2(o.hidden, o.classes) {
  register_module("conv1", conv1);
  register_module("conv2", conv2);
  register_module("fc1", fc1);
  register_module("fc2", fc2);
}

Variable LeNet5::forward(const Variable& x) {
  const Variable y1 = max_pool2d(relu(conv1(x)));
  const Variable y2 = max_pool2d(relu(conv2(y1)));
  return fc2(relu(fc1(flatten(y2))));
}

}  // namespace fovea
