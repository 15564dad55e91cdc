#include "fovea/models/fcn.hpp"

#include <utility>
#include <vector>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/conv_transpose2d.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/nn/init.hpp"
#include "option_checks.hpp"
#include "segmentation_parts.hpp"

namespace fovea {

LearnedUpsample::LearnedUpsample(std::int64_t channels, std::int64_t factor) : factor_(factor) {
  require_positive("learned_upsample", "the number of channels", channels);
  require_positive("learned_upsample", "the factor", factor);
  const std::int64_t side = 2 * factor - factor % 2;
  register_parameter("weight", Tensor::empty({channels, side, side, channels}), weight_, {.kind = FileLayout::Kind::conv_transpose_filter});
  RandomStream unused = construction_stream();
  LearnedUpsample::reset_parameters(unused);
}

Variable LearnedUpsample::forward(const Variable& x) {
  return conv_transpose2d(x, weight_, {}, {.stride = factor_, .padding = factor_ / 2});
}

void LearnedUpsample::reset_parameters(RandomStream&) {
  Tensor values = weight_.value();
  fill_bilinear(values);
}

Fcn::Fcn(std::unique_ptr<Backbone> backbone, const FcnOptions& o)
    : SegmentationNetwork(o.edges), backbone_(std::move(backbone)), finest_(o.finest) {
  constexpr std::int64_t kField = 7;  // of the layer that was VGG's first fully connected one
  require_classes("fcn", o.classes);
  require_positive("fcn", "the finest stride", o.finest);
  const std::vector<FeatureMapShape> maps = require_maps("fcn", *backbone_, o.finest);
  coarsest_ = maps.back().stride;
  register_module("backbone", *backbone_);
  if (o.hidden != 0) {
    require_positive("fcn", "the number of hidden channels", o.hidden);
    register_module("fc6", fc6_.emplace(maps.back().channels, o.hidden, Conv2dOptions{.kernel = kField, .padding = kField / 2}));
    register_module("drop6", drop6_.emplace(o.dropout));
    register_module("fc7", fc7_.emplace(o.hidden, o.hidden, Conv2dOptions{.kernel = 1}));
    register_module("drop7", drop7_.emplace(o.dropout));
  }
  for (std::size_t i = maps.size(); i-- > 0;) {
    const bool is_coarsest = i + 1 == maps.size();
    score_.emplace(is_coarsest && fc7_ ? o.hidden : maps[i].channels, o.classes, Conv2dOptions{.kernel = 1});
    up_.emplace(o.classes, maps[i].stride / (i == 0 ? 1 : maps[i - 1].stride));
  }
  register_module("score", score_);
  register_module("up", up_);
}

Padding Fcn::padding_of(Extent2 image) const { return padding_to_multiple(image, coarsest_, coarsest_); }

Variable Fcn::hidden_layers(const Variable& coarsest) {
  if (!fc6_) return coarsest;
  return (*drop7_)(relu((*fc7_)((*drop6_)(relu((*fc6_)(coarsest))))));
}

Variable Fcn::logits_of(const Variable& grown) {
  FeatureMaps maps = backbone_->feature_maps(grown, finest_);
  Variable y = score_[0](hidden_layers(maps.back().tensor));
  for (std::size_t i = 1; i < score_.size(); ++i) {
    maps.pop_back();
    const Variable scores = score_[i](maps.back().tensor);
    y = scores + of_size(up_[i - 1](y), {scores.extent(1), scores.extent(2)});
  }
  return of_size(up_[up_.size() - 1](y), {grown.extent(1), grown.extent(2)});
}

}  // namespace fovea
