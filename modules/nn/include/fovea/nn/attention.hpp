// Attention layers (Vaswani et al. 2017, section 3.2.2).
#pragma once

#include <cstdint>

#include "fovea/autograd/ops/attention.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

struct MultiheadAttentionOptions {
  std::int64_t heads = 1;
  bool bias = true;
};

/// What a call may attend to; see AttentionOptions.
struct AttentionMask {
  bool causal = false;
  Tensor mask = {};
  bool per_sample = false;
};

/// [N,L,E] -> [N,L,E]: queries, keys and values are projected, attended head by head, and projected back. Parameters as torch names them:
/// `in_proj_weight` [3E,E] (queries, keys, values one below the other), `in_proj_bias` [3E], `out_proj.weight` [E,E], `out_proj.bias` [E].
/// First weights: Xavier uniform for in_proj, biases 0. Throws OptionError when the heads do not divide E.
class MultiheadAttention final : public Layer {
 public:
  MultiheadAttention(std::int64_t features, const MultiheadAttentionOptions& options = {});
  /// Self-attention.
  Variable forward(const Variable& x) override { return forward(x, AttentionMask{}); }
  Variable forward(const Variable& x, const AttentionMask& mask);
  /// Cross-attention: queries from x [N,L,E], keys and values from `context` [N,S,E].
  Variable forward(const Variable& x, const Variable& context, const AttentionMask& mask = {});
  void reset_parameters(RandomStream& stream) override;

  Variable in_proj_weight, in_proj_bias;
  Linear out_proj;

 private:
  void check(const Variable& x) const;
  AttentionOptions options_for(const AttentionMask& mask) const;
  Variable project_out(const Variable& attended);

  std::int64_t features_;
  MultiheadAttentionOptions options_;
  PackedFilterCache cache_;
};

}  // namespace fovea
