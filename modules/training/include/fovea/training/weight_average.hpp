// Averages of the weights over a training, which often judge better than the last weights.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/nn/module.hpp"
#include "fovea/training/training_state.hpp"

namespace fovea {

struct WeightAverageOptions {
  enum class Kind : std::uint8_t {
    exponential,  ///< a = decay a + (1 - decay) w
    equal,        ///< the mean of all weights seen (Polyak and Juditsky 1992)
  };
  Kind kind = Kind::exponential;
  double decay = 0.999;
  /// exponential: the decay of update t, from 1, is at most t / (9 + t), so that the first weights are soon forgotten.
  bool ramp = true;
};

/// Holds averaged copies of parameters. Buffers (the statistics of batch norms) are not averaged: they are moving averages already.
class WeightAverage {
 public:
  /// Starts from the parameters as they are; the equal average begins with the first update(). Throws OptionError on a decay outside [0,
  /// 1).
  explicit WeightAverage(std::vector<NamedParameter> parameters, const WeightAverageOptions& options = {});

  /// Takes the present weights into the average. Not while a guard holds the averages in the network.
  void update();
  std::int64_t updates() const { return updates_; }
  const std::vector<Tensor>& averages() const { return averages_; }  ///< in the order of the parameters
  /// Throws Error while a guard holds the averages in the network.
  void visit_state(StateArchive archive);

 private:
  friend class AveragedWeightsGuard;
  void swap();

  std::vector<NamedParameter> parameters_;
  WeightAverageOptions options_;
  std::vector<Tensor> averages_;
  std::int64_t updates_ = 0;
  bool swapped_ = false;
};

/// For its lifetime the network has the averaged weights, and the average holds the network's.
class AveragedWeightsGuard {
 public:
  /// Throws Error when another guard holds the same average.
  explicit AveragedWeightsGuard(WeightAverage& average);
  ~AveragedWeightsGuard();
  AveragedWeightsGuard(const AveragedWeightsGuard&) = delete;
  AveragedWeightsGuard& operator=(const AveragedWeightsGuard&) = delete;

 private:
  WeightAverage& average_;
};

}  // namespace fovea
