#include "fovea/training/averaged_validation.hpp"

namespace fovea {

namespace {

constexpr const char* kMetricPrefix = "ema_";

class AverageUpdates final : public TrainerHook {
 public:
  explicit AverageUpdates(WeightAverage& average) : average_(average) {}
  void on_update() override { average_.update(); }

 private:
  WeightAverage& average_;
};

}  // namespace

std::shared_ptr<TrainerHook> AveragedValidation::hook() { return std::make_shared<AverageUpdates>(average_); }

void AveragedValidation::visit_state(const StateArchive& archive) {
  task_.visit_state(archive);
  average_.visit_state(archive.part("weight_average"));
}

Metrics AveragedValidation::validate() {
  Metrics metrics = task_.validate();
  const AveragedWeightsGuard guard(average_);
  for (auto& [name, value] : task_.validate()) metrics.emplace_back(kMetricPrefix + name, value);
  return metrics;
}

std::vector<std::string> AveragedValidation::metric_names() const {
  std::vector<std::string> names = task_.metric_names();
  const std::size_t count = names.size();
  for (std::size_t i = 0; i < count; ++i) names.push_back(kMetricPrefix + names[i]);
  return names;
}

}  // namespace fovea
