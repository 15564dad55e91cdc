// Normalisation layers that do not look at the batch. Formulas and sources: fovea/autograd/ops/group_norm.hpp and its neighbours.
#pragma once

#include <cstdint>

#include "fovea/autograd/ops/group_norm.hpp"
#include "fovea/autograd/ops/local_response_norm.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

struct NormOptions {
  double epsilon = 1e-5;
  bool affine = true;  ///< with parameters `weight` (1) and `bias` (0)
};

/// [..., D] -> the same: each row's last axes have mean 0 and variance 1. Parameters have the shape `normalized`; those of several axes
/// are in files as they are here, [H,W,C].
class LayerNorm final : public Layer {
 public:
  explicit LayerNorm(const Shape& normalized, const NormOptions& options = {});
  explicit LayerNorm(std::int64_t features, const NormOptions& options = {}) : LayerNorm(Shape{features}, options) {}
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

  Variable weight, bias;

 private:
  Shape normalized_;
  NormOptions options_;
};

/// [N, ..., C] -> the same; parameters [C].
class GroupNorm final : public Layer {
 public:
  /// Throws OptionError when `groups` does not divide `channels`.
  GroupNorm(std::int64_t groups, std::int64_t channels, const NormOptions& options = {});
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

  Variable weight, bias;

 private:
  std::int64_t groups_, channels_;
  NormOptions options_;
};

/// [N,H,W,C] -> the same; without parameters unless asked for, as in torch.
class InstanceNorm2d final : public Layer {
 public:
  explicit InstanceNorm2d(std::int64_t channels, const NormOptions& options = {.affine = false});
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

  Variable weight, bias;

 private:
  std::int64_t channels_;
  NormOptions options_;
};

class LocalResponseNorm final : public Layer {
 public:
  explicit LocalResponseNorm(const LocalResponseNormOptions& options = {}) : options_(options) {}
  Variable forward(const Variable& x) override { return local_response_norm(x, options_); }

 private:
  LocalResponseNormOptions options_;
};

}  // namespace fovea
