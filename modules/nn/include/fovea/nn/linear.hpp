// Fully connected layer.
#pragma once

#include <array>

#include "fovea/autograd/ops/linear.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

struct LinearOptions {
  bool bias = true;
  /// Height, width and channels of the image batch whose flattening is the input. Files hold the columns channels first, as
  /// other frameworks flatten; without this the columns are stored as they are.
  std::array<std::int64_t, 3> flattened = {0, 0, 0};
};

/// [N,I] -> [N,O]. Parameters: `weight` [O,I], `bias` [O]. First weights: Kaiming normal over the fan-in, biases 0.
class Linear final : public Layer {
 public:
  Linear(std::int64_t inputs, std::int64_t outputs, const LinearOptions& options = {});
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

  Variable weight, bias;

 private:
  PackedFilterCache cache_;
};

/// [N, ...] -> [N, rest].
class Flatten final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

}  // namespace fovea
