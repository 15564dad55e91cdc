#include "fovea/models/alexnet.hpp"

#include "fovea/autograd/ops/adaptive_pool2d.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/pool2d.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kPooled = 6;  // side of the image that the fully connected layers see
constexpr Pool2dGeometry kOverlapping{.window = 3, .stride = 2};

const AlexNetOptions& checked(const AlexNetOptions& o) {
  require_numbers("alexnet", "widths", o.widths, 5);
  return o;
}

}  // namespace

AlexNet::AlexNet(const AlexNetOptions& o) : SequentialBackbone("alexnet", o.classes) {
  const std::vector<std::int64_t>& widths = checked(o).widths;
  add<Conv2d>(o.channels, widths[0], Conv2dOptions{.kernel = 11, .stride = 4, .padding = 2});
  add<Relu>();
  end_stage(4, widths[0]);
  add<MaxPool2d>(kOverlapping);
  add<Conv2d>(widths[0], widths[1], Conv2dOptions{.kernel = 5, .padding = 2});
  add<Relu>();
  end_stage(8, widths[1]);
  add<MaxPool2d>(kOverlapping);
  for (std::size_t i = 2; i < 5; ++i) {
    add<Conv2d>(widths[i - 1], widths[i], Conv2dOptions{.kernel = 3, .padding = 1});
    add<Relu>();
  }
  end_stage(16, widths[4]);
  add<MaxPool2d>(kOverlapping);
  end_stage(32, widths[4]);
  if (!has_classifier()) return;
  classifier_.emplace<Dropout>(o.dropout);
  classifier_.emplace<Linear>(kPooled * kPooled * widths[4], o.hidden, LinearOptions{.flattened = {kPooled, kPooled, widths[4]}});
  classifier_.emplace<Relu>();
  classifier_.emplace<Dropout>(o.dropout);
  classifier_.emplace<Linear>(o.hidden, o.hidden);
  classifier_.emplace<Relu>();
  classifier_.emplace<Linear>(o.hidden, o.classes);
  register_module("classifier", classifier_);
}

Variable AlexNet::classify(const Variable& features) { return classifier_(flatten(adaptive_average_pool2d(features, kPooled))); }

}  // namespace fovea
