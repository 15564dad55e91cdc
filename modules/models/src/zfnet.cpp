#include "fovea/models/zfnet.hpp"

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
constexpr Pool2dGeometry kHalving{.window = 3, .stride = 2, .ceil_mode = true};

const ZfNetOptions& checked(const ZfNetOptions& o) {
  require_numbers("zfnet", "widths", o.widths, 5);
  return o;
}

}  // namespace

ZfNet::ZfNet(const ZfNetOptions& o) : SequentialBackbone("zfnet", o.classes) {
  const std::vector<std::int64_t>& widths = checked(o).widths;
  add<Conv2d>(o.channels, widths[0], Conv2dOptions{.kernel = 7, .stride = 2, .padding = 1});
  add<Relu>();
  end_stage(2, widths[0]);
  add<MaxPool2d>(kHalving);
  add<AlexNetResponseNorm>();
  end_stage(4, widths[0]);
  add<Conv2d>(widths[0], widths[1], Conv2dOptions{.kernel = 5, .stride = 2});
  add<Relu>();
  end_stage(8, widths[1]);
  add<MaxPool2d>(kHalving);
  add<AlexNetResponseNorm>();
  for (std::size_t i = 2; i < 5; ++i) {
    add<Conv2d>(widths[i - 1], widths[i], Conv2dOptions{.kernel = 3, .padding = 1});
    add<Relu>();
  }
  end_stage(16, widths[4]);
  add<MaxPool2d>(Pool2dGeometry{.window = 3, .stride = 2});
  end_stage(32, widths[4]);
  if (!has_classifier()) return;
  append_fully_connected(classifier_, kPooled, widths[4], o.hidden, o.dropout, o.classes);
  register_module("classifier", classifier_);
}

Variable ZfNet::classify(const Variable& features) { return classifier_(flatten(adaptive_average_pool2d(features, kPooled))); }

}  // namespace fovea
