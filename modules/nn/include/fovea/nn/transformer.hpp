// Blocks of vision transformers (Dosovitskiy et al. 2021).
#pragma once

#include <cstdint>

#include "fovea/nn/activation.hpp"
#include "fovea/nn/attention.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/normalization.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// [N,H,W,C] -> [N, (H/p)(W/p), E]: every p x p patch becomes a vector, row by row. A convolution with kernel and stride p; parameters
/// `weight` [E,p,p,C] (OIHW in files) and `bias` [E], which torchvision's networks call `conv_proj`. Throws ShapeError when p does not
/// divide the image.
class PatchEmbedding final : public Layer {
 public:
  PatchEmbedding(std::int64_t channels, std::int64_t features, std::int64_t patch);
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

  Variable weight, bias;

 private:
  std::int64_t patch_;
  PackedFilterCache cache_;
};

struct TransformerBlockOptions {
  std::int64_t heads = 1;
  std::int64_t hidden = 0;  ///< features between the two linear layers; 0 stands for 4 times the features
  double dropout = 0;
  double epsilon = 1e-6;  ///< of the layer normalisations
};

/// Pre-norm encoder block, [N,L,E] -> [N,L,E]: y = x + attention(ln_1(x)), then y + mlp(ln_2(y)) with a GELU between two linear layers.
/// Children as torchvision names them: `ln_1`, `self_attention`, `ln_2`, `mlp.0`, `mlp.3`.
class TransformerBlock final : public Layer {
 public:
  TransformerBlock(std::int64_t features, const TransformerBlockOptions& options = {});
  Variable forward(const Variable& x) override { return forward(x, AttentionMask{}); }
  Variable forward(const Variable& x, const AttentionMask& mask);

  LayerNorm ln_1;
  MultiheadAttention self_attention;
  Dropout dropout;
  LayerNorm ln_2;
  Sequential mlp;
};

}  // namespace fovea
