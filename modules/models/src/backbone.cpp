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

bool Backbone::gives_map(std::size_t stage, std::int64_t finest) const {
  const bool is_last_of_stride = stage + 1 == stages_.size() || stages_[stage + 1].stride != stages_[stage].stride;
  return is_last_of_stride && stages_[stage].stride >= finest;
}

FeatureMaps Backbone::feature_maps(const Variable& x, std::int64_t finest) {
  FeatureMaps maps;
  Variable y = x;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    y = run_stage(stage, y);
    if (gives_map(stage, finest)) maps.push_back({stages_[stage], y});
  }
  return maps;
}

std::vector<FeatureMapShape> Backbone::output_shape(std::int64_t finest) const {
  std::vector<FeatureMapShape> shapes;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage)
    if (gives_map(stage, finest)) shapes.push_back(stages_[stage]);
  return shapes;
}

}  // namespace fovea
