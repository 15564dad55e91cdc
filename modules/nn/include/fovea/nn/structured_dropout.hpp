// Layers that drop more than single elements in training and do nothing otherwise. Constructors throw OptionError unless
// 0 <= probability < 1.
#pragma once

#include "fovea/autograd/ops/linear.hpp"
#include "fovea/autograd/ops/structured_dropout.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// Drops whole channels of an image.
class SpatialDropout final : public Layer {
 public:
  explicit SpatialDropout(double probability = 0.5);
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override { stream_ = stream; }

 private:
  double probability_;
  RandomStream stream_;
};

/// Drops the branch of a residual block.
class StochasticDepth final : public Layer {
 public:
  explicit StochasticDepth(double probability, StochasticDepthMode mode = StochasticDepthMode::row);
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override { stream_ = stream; }

 private:
  double probability_;
  StochasticDepthMode mode_;
  RandomStream stream_;
};

/// A fully connected layer that drops single weights (DropConnect, Wan et al. 2013): one mask for all samples of a call, where the paper
/// draws one for each; biases stay. [N,I] -> [N,O], parameters as Linear has them.
class DropConnectLinear final : public Layer {
 public:
  DropConnectLinear(std::int64_t inputs, std::int64_t outputs, double probability = 0.5);
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

  Variable weight, bias;

 private:
  double probability_;
  RandomStream stream_;
  PackedFilterCache cache_;
};

}  // namespace fovea
