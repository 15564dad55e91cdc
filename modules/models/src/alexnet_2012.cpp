#include "fovea/models/alexnet_2012.hpp"

#include "fovea/autograd/ops/adaptive_pool2d.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/pool2d.hpp"
#include "fully_connected.hpp"
#include "option_checks.hpp"
#include "response_norm.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kPooled = 6;  // side of the image that the fully connected layers see
constexpr Pool2dGeometry kOverlapping{.window = 3, .stride = 2};

const AlexNet2012Options& checked(const AlexNet2012Options& o) {
  require_numbers("alexnet_2012", "widths", o.widths, 5);
  return o;
}

}  // namespace

AlexNet2012::AlexNet2012(const AlexNet2012Options& o) : SequentialBackbone("alexnet_2012", o.classes) {
  using Streams = AlexNet2012Options::Streams;
  const std::vector<std::int64_t>& widths = checked(o).widths;
  const std::int64_t own = o.streams == Streams::one ? 1 : 2, third = o.streams == Streams::apart ? 2 : 1;
  add<Conv2d>(o.channels, widths[0], Conv2dOptions{.kernel = 11, .stride = 4});
  add<Relu>();
  add<AlexNetResponseNorm>();
  end_stage(4, widths[0]);
  add<MaxPool2d>(kOverlapping);
  add<Conv2d>(widths[0], widths[1], Conv2dOptions{.kernel = 5, .padding = 2, .groups = own});
  add<Relu>();
  add<AlexNetResponseNorm>();
  end_stage(8, widths[1]);
  add<MaxPool2d>(kOverlapping);
  for (std::size_t i = 2; i < 5; ++i) {
    add<Conv2d>(widths[i - 1], widths[i], Conv2dOptions{.kernel = 3, .padding = 1, .groups = i == 2 ? third : own});
    add<Relu>();
  }
  end_stage(16, widths[4]);
  add<MaxPool2d>(kOverlapping);
  end_stage(32, widths[4]);
  if (!has_classifier()) return;
  append_fully_connected(classifier_, kPooled, widths[4], o.hidden, o.dropout, o.classes);
  register_module("classifier", classifier_);
}

Variable AlexNet2012::classify(const Variable& features) { return classifier_(flatten(adaptive_average_pool2d(features, kPooled))); }

}  // namespace fovea
