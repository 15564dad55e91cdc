// Scaled dot-product attention with several heads (Vaswani et al. 2017, section 3.2).
#pragma once

#include <cstdint>

#include "fovea/autograd/variable.hpp"

namespace fovea {

struct AttentionOptions {
  std::int64_t heads = 1;
  /// What the scores are multiplied with; 0 stands for 1 / sqrt(features per head).
  double scale = 0;
  /// A query at position i attends to the keys 0 to i only.
  bool causal = false;
  /// [L,S] for all samples, or [N,S] with `mask_per_sample`: what is added to the scores (the type of the input), or in u8 whether a
  /// query may attend to a key (1) or not (0). Undefined for none. Has no gradient.
  Tensor mask = {};
  bool mask_per_sample = false;
};

/// query [N,L,heads*D], key [N,S,heads*D], value [N,S,heads*E] -> [N,L,heads*E]: head h has the h-th run of D (E) features and computes
/// softmax(scale * Q K^T + mask) V. A query that may attend to nothing gets zeros.
/// Computed in f32 or f64; bf16 is converted before and after. Keeps its inputs for the backward pass and computes the [L,S] weights of
/// one head at a time anew, so that memory grows with L, not with its square. Throws ShapeError "[attention] ..." when shapes do not fit.
Variable attention(const Variable& query, const Variable& key, const Variable& value, const AttentionOptions& options = {});

/// The same with query, key and value side by side: qkv [N,L,3*heads*D] -> [N,L,heads*D], without taking them apart.
Variable self_attention(const Variable& qkv, const AttentionOptions& options = {});

}  // namespace fovea
