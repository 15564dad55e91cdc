#include "fovea/models/backbone.hpp"

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "option_checks.hpp"

namespace fovea {

Backbone::Backbone(const char* name, std::int64_t classes) : has_classifier_(classes != 0) {
  if (has_classifier_) require_classes(name, classes);
}

Variable Backbone::forward(const Variable& x) {
  Variable y = x;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) y = run_stage(stage, y);
  return has_classifier_ ? classify(y) : global_average_pool2d(y);
}

FeatureMaps Backbone::feature_maps(const Variable& x, std::int64_t finest) {
  FeatureMaps maps;
  Variable y = x;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    y = run_stage(stage, y);
    if (stages_[stage].stride >= finest) maps.push_back({stages_[stage], y});
  }
  return maps;
}

std::vector<FeatureMapShape> Backbone::output_shape(std::int64_t finest) const {
  std::vector<FeatureMapShape> shapes;
  for (const FeatureMapShape& stage : stages_)
    if (stage.stride >= finest) shapes.push_back(stage);
  return shapes;
}

}  // namespace fovea
