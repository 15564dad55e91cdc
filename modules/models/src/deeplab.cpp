#include "fovea/models/deeplab.hpp"

#include <utility>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/resize2d.hpp"
#include "option_checks.hpp"
#include "segmentation_parts.hpp"

namespace fovea {

namespace {

const AtrousPyramidOptions& checked(const AtrousPyramidOptions& o) {
  constexpr std::int64_t kLargestRate = 1 << 16;
  require_positive("atrous_pyramid", "the width", o.width);
  require_numbers("atrous_pyramid", "rates", o.rates, 0, kLargestRate);
  return o;
}

}  // namespace

// Branches: the 1x1 convolution, one for each rate, the mean; their results go side by side into the projection.
AtrousPyramid::AtrousPyramid(std::int64_t channels, const AtrousPyramidOptions& o)
    : project_((static_cast<std::int64_t>(checked(o).rates.size()) + 2) * o.width, o.width, {.kernel = 1}), dropout_(o.dropout) {
  convs_.emplace(channels, o.width, ConvNormOptions{.kernel = 1});
  for (const std::int64_t rate : o.rates) convs_.emplace(channels, o.width, ConvNormOptions{.dilation = rate});
  convs_.emplace(channels, o.width, ConvNormOptions{.kernel = 1, .conv_name = "1", .norm_name = "2"});  // torchvision's 0 is the mean
  register_module("convs", convs_);
  register_module("project", project_);
  register_module("dropout", dropout_);
}

Variable AtrousPyramid::forward(const Variable& x) {
  std::vector<Variable> branches;
  for (std::size_t i = 0; i + 1 < convs_.size(); ++i) branches.push_back(convs_[i](x));
  const Variable mean = reshape(global_average_pool2d(x), {x.extent(0), 1, 1, x.extent(3)});
  branches.push_back(resize2d(convs_[convs_.size() - 1](mean), {x.extent(1), x.extent(2)}, {.interpolation = Interpolation::nearest}));
  return dropout_(project_(concat(branches)));
}

DeepLab::DeepLab(std::unique_ptr<Backbone> backbone, const DeepLabOptions& o)
    : SegmentationNetwork(o.edges), backbone_(std::move(backbone)) {
  require_classes("deeplab", o.classes);
  const FeatureMapShape coarsest = require_maps("deeplab", *backbone_, 1).back();
  stride_ = coarsest.stride;
  const std::int64_t width = o.pyramid.width;
  classifier_.append(std::make_unique<AtrousPyramid>(coarsest.channels, o.pyramid));
  classifier_.emplace<Conv2d>(width, width, Conv2dOptions{.kernel = 3, .padding = 1, .bias = false});
  classifier_.emplace<BatchNorm2d>(width, BatchNormOptions{.relu = true});
  classifier_.append(std::make_unique<Conv2d>(width, o.classes, Conv2dOptions{.kernel = 1}), "4");  // torchvision's 3 is the ReLU
  register_module("backbone", *backbone_);
  register_module("classifier", classifier_);
}

Padding DeepLab::padding_of(Extent2 image) const { return padding_to_multiple(image, stride_, stride_); }

Variable DeepLab::logits_of(const Variable& grown) {
  const FeatureMaps maps = backbone_->feature_maps(grown, stride_);
  return of_size(classifier_(maps.back().tensor), {grown.extent(1), grown.extent(2)});
}

}  // namespace fovea
