#include "fovea/models/backbone_unet.hpp"

#include <algorithm>
#include <utility>

#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/resize2d.hpp"
#include "option_checks.hpp"
#include "segmentation_parts.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kWholeImage = 1;  // the finest stride

Variable enlarged(const Variable& x, Extent2 size) { return resize2d(x, size, {.interpolation = Interpolation::nearest}); }

}  // namespace

BackboneUNet::BackboneUNet(std::unique_ptr<Backbone> backbone, const BackboneUNetOptions& o)
    : SegmentationNetwork(o.edges), backbone_(std::move(backbone)) {
  require_classes("backbone_unet", o.classes);
  require_positive("backbone_unet", "the width", o.width);
  require_positive("backbone_unet", "the largest width", o.most_width);
  const std::vector<FeatureMapShape> maps = require_maps("backbone_unet", *backbone_, kWholeImage);
  coarsest_ = maps.back().stride;
  register_module("backbone", *backbone_);
  std::int64_t channels = maps.back().channels;
  const auto add_level = [&](std::int64_t stride, std::int64_t map_channels) {
    const std::int64_t width = std::min(o.width * stride, o.most_width);
    dec_.emplace(channels + map_channels, width, DoubleConvOptions{.norm = o.norm});
    channels = width;
  };
  for (std::size_t i = maps.size() - 1; i-- > 0;) add_level(maps[i].stride, maps[i].channels);
  if (maps.front().stride != kWholeImage) add_level(kWholeImage, 0);
  register_module("dec", dec_);
  out_ = std::make_unique<Conv2d>(channels, o.classes, Conv2dOptions{.kernel = 1});
  register_module("out", *out_);
}

Padding BackboneUNet::padding_of(Extent2 image) const { return padding_to_multiple(image, coarsest_, coarsest_); }

Variable BackboneUNet::logits_of(const Variable& grown) {
  FeatureMaps maps = backbone_->feature_maps(grown, kWholeImage);
  Variable y = std::move(maps.back().tensor);
  maps.pop_back();
  for (const auto& dec : dec_) {
    if (maps.empty()) {
      y = (*dec)(enlarged(y, {grown.extent(1), grown.extent(2)}));
      continue;
    }
    const Variable& finer = maps.back().tensor;
    y = (*dec)(concat({finer, enlarged(y, {finer.extent(1), finer.extent(2)})}));
    maps.pop_back();
  }
  return (*out_)(y);
}

}  // namespace fovea
