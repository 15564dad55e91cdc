// What may happen to gradients and weights around an update, as hooks of a training. They act in the order in which they are added.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fovea/training/gradients.hpp"
#include "fovea/training/trainer.hpp"
#include "fovea/training/weight_average.hpp"

namespace fovea {

/// clip_gradient_norm() before every update, and clip_gradient_values() before that; a limit of 0 leaves its part out.
class GradientClipHook final : public TrainerHook {
 public:
  GradientClipHook(std::vector<NamedParameter> parameters, double norm_limit, double value_limit = 0);
  void on_gradients() override;
  double last_norm() const { return last_norm_; }  ///< before clipping

 private:
  std::vector<NamedParameter> parameters_;
  double norm_limit_, value_limit_, last_norm_ = 0;
};

/// add_penalty_gradients() before every update.
class PenaltyHook final : public TrainerHook {
 public:
  PenaltyHook(std::vector<NamedParameter> parameters, PenaltyOptions options);
  void on_gradients() override { add_penalty_gradients(parameters_, options_); }

 private:
  std::vector<NamedParameter> parameters_;
  PenaltyOptions options_;
};

/// limit_unit_norms() after every update.
class MaxNormHook final : public TrainerHook {
 public:
  MaxNormHook(std::vector<NamedParameter> parameters, double limit, std::string pattern = "*");
  void on_update() override { limit_unit_norms(parameters_, limit_, pattern_); }

 private:
  std::vector<NamedParameter> parameters_;
  double limit_;
  std::string pattern_;
};

/// Averages the weights after every update; validation and the epoch's reports, checkpoints among them, see the averages.
class WeightAverageHook final : public TrainerHook {
 public:
  WeightAverageHook(std::vector<NamedParameter> parameters, const WeightAverageOptions& options)
      : average_(std::move(parameters), options) {}
  void on_update() override { average_.update(); }
  void on_validation_begin() override { guard_.emplace(average_); }
  void on_validation_end() override { guard_.reset(); }
  void visit_state(const StateArchive& archive) override { average_.visit_state(archive.part("weight_average")); }

 private:
  WeightAverage average_;
  std::optional<AveragedWeightsGuard> guard_;
};

}  // namespace fovea
