// Dropout layer.
#pragma once

#include "fovea/autograd/ops/dropout.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// Zeroes elements with the given probability in training and scales the rest up; does nothing otherwise.
class Dropout final : public Layer {
 public:
  /// Throws OptionError unless 0 <= probability < 1.
  explicit Dropout(double probability = 0.5);
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override { stream_ = stream; }

 private:
  double probability_;
  RandomStream stream_;
};

}  // namespace fovea
