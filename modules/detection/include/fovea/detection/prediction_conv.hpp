// The last layer of a head.
#pragma once

#include <functional>

#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/detection/probability.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// Of objectness and of every class before training: section 4.1 of the paper below.
inline constexpr double kPriorProbability = 0.01;

/// A convolution, 1x1 unless said otherwise, whose first weights are small and whose first biases say what is likely before anything is
/// known. Lin et al., "Focal loss", ICCV 2017, section 4.1: scores that begin near `prior` keep the many places without an object from
/// ruling the first steps.
class PredictionConv final : public Layer {
 public:
  /// `bias(channel)` is the first value of each bias; `kernel` is odd, and the image keeps its size.
  PredictionConv(std::int64_t in_channels, std::int64_t out_channels, std::function<double(std::int64_t channel)> bias,
                 std::int64_t kernel = 1);
  Variable forward(const Variable& x) override;
  /// Weights: normal with deviation 0.01.
  void reset_parameters(RandomStream& stream) override;

  Variable weight, bias;

 private:
  std::function<double(std::int64_t)> first_bias_;
  std::int64_t kernel_;
  PackedFilterCache cache_;
};

}  // namespace fovea
