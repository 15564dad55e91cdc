#include "fovea/models/nin.hpp"

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/pool2d.hpp"
#include "option_checks.hpp"

namespace fovea {

Nin::Nin(const NinOptions& o) : SequentialBackbone("nin", o.classes) {
  require_classes("nin", o.classes);
  std::int64_t channels = o.channels;
  const auto convolution = [&](std::int64_t outputs, std::int64_t kernel) {
    add<Conv2d>(channels, outputs, Conv2dOptions{.kernel = kernel, .padding = kernel / 2});
    add<Relu>();
    channels = outputs;
  };
  const Pool2dGeometry pool{.window = 3, .stride = 2, .ceil_mode = true};  // 32 -> 16 -> 8
  convolution(192, 5);
  convolution(160, 1);
  convolution(96, 1);
  end_stage(1, channels);
  add<MaxPool2d>(pool);
  add<Dropout>(o.dropout);
  convolution(192, 5);
  convolution(192, 1);
  convolution(192, 1);
  end_stage(2, channels);
  add<AvgPool2d>(pool, false);
  add<Dropout>(o.dropout);
  convolution(192, 3);
  convolution(192, 1);
  convolution(o.classes, 1);
  end_stage(4, channels);
}

Variable Nin::classify(const Variable& features) { return global_average_pool2d(features); }

}  // namespace fovea
