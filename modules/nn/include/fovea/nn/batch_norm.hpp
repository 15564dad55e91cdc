// Batch normalisation layer.
#pragma once

#include "fovea/autograd/ops/batch_norm.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

struct BatchNormOptions {
  double epsilon = 1e-5;  ///< > 0
  /// running = (1 - momentum) * running + momentum * batch; the running variance takes the unbiased batch variance. In [0, 1].
  double momentum = 0.1;
  bool relu = false;  ///< forward() is forward_relu(): for layers in a row, where nobody calls that
};

/// [..., C] -> the same shape (Ioffe and Szegedy 2015). Throws OptionError when an option is out of range. Statistics of the batch in
/// training, running averages otherwise. Parameters `weight` (1) and `bias` (0), buffers `running_mean` (0), `running_var` (1) and
/// `num_batches_tracked`, each [C] but the last.
class BatchNorm2d final : public Layer {
 public:
  explicit BatchNorm2d(std::int64_t channels, const BatchNormOptions& options = {});
  Variable forward(const Variable& x) override;
  /// relu(forward(x)) in one operation: two passes over memory less in each direction.
  Variable forward_relu(const Variable& x) { return forward_activation(x, {}); }
  /// relu(forward(x) + residual) in one operation (the end of a residual block, He et al. 2016, figure 2).
  Variable forward_add_relu(const Variable& x, const Variable& residual) { return forward_activation(x, residual); }
  void reset_parameters(RandomStream& stream) override;
  /// Frozen, running averages serve in training too, and stay: the layer is the same function of its input, whatever else is in the batch.
  void freeze_statistics(bool frozen = true) { has_frozen_statistics_ = frozen; }

  Variable weight, bias;
  Tensor running_mean, running_var, num_batches_tracked;

 private:
  Variable forward_activation(const Variable& x, const Variable& residual);
  bool uses_batch_statistics() const { return is_training() && !has_frozen_statistics_; }
  void update_running_statistics(const BatchNormResult& result, std::int64_t rows);

  BatchNormOptions options_;
  bool has_frozen_statistics_ = false;
};

}  // namespace fovea
