#include "fovea/models/vgg.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/adaptive_pool2d.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/pool2d.hpp"
#include "fully_connected.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

constexpr std::size_t kGroups = 5;
constexpr std::int64_t kPooled = 7;  // side of the image that the fully connected layers see

const VggOptions& checked(const VggOptions& o) {
  require_numbers("vgg", "widths", o.widths, kGroups);
  require_numbers("vgg", "convolutions", o.convolutions, kGroups, kMostBlocks);
  return o;
}

}  // namespace

VggOptions vgg_options(int depth, bool batch_norm) {
  switch (depth) {
    case 11:
      return {.convolutions = {1, 1, 2, 2, 2}, .batch_norm = batch_norm};
    case 13:
      return {.convolutions = {2, 2, 2, 2, 2}, .batch_norm = batch_norm};
    case 16:
      return {.convolutions = {2, 2, 3, 3, 3}, .batch_norm = batch_norm};
    case 19:
      return {.convolutions = {2, 2, 4, 4, 4}, .batch_norm = batch_norm};
    default:
      throw OptionError(fmt::format("[vgg] the depth is 11, 13, 16 or 19, found {}", depth));
  }
}

Vgg::Vgg(const VggOptions& o) : SequentialBackbone("vgg", o.classes) {
  std::int64_t channels = checked(o).channels, stride = 1;
  for (std::size_t group = 0; group < kGroups; ++group) {
    for (std::int64_t i = 0; i < o.convolutions[group]; ++i) {
      add<Conv2d>(channels, o.widths[group], Conv2dOptions{.kernel = 3, .padding = 1});
      channels = o.widths[group];
      if (o.batch_norm) {
        add<BatchNorm2d>(channels, BatchNormOptions{.relu = true});
        skip();
      } else {
        add<Relu>();
      }
    }
    if (!o.pooled_maps) end_stage(stride, channels);
    add<MaxPool2d>();
    stride *= 2;
    if (o.pooled_maps) end_stage(stride, channels);
  }
  if (!o.pooled_maps) end_stage(stride, channels);
  if (!has_classifier()) return;
  append_fully_connected(classifier_, kPooled, channels, o.hidden, o.dropout, o.classes);
  register_module("classifier", classifier_);
}

Variable Vgg::classify(const Variable& features) { return classifier_(flatten(adaptive_average_pool2d(features, kPooled))); }

}  // namespace fovea
