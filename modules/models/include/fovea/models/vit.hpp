// The vision transformer.
#pragma once

#include "fovea/nn/position.hpp"
#include "fovea/nn/transformer.hpp"

namespace fovea {

struct VitOptions {
  std::int64_t height = 224, width = 224, channels = 3;  ///< of the input; the sides are multiples of the patch
  std::int64_t classes = 1000;
  std::int64_t patch = 16;      ///< side of a patch
  std::int64_t features = 768;  ///< of a token
  std::int64_t layers = 12, heads = 12;
  std::int64_t hidden = 0;  ///< units of the blocks' perceptrons; 0: four times the features
  double dropout = 0;
};

/// Dosovitskiy et al., "An image is worth 16x16 words: transformers for image recognition at scale", ICLR 2021, section 3.1: patches and a
/// class token with learned positions, pre-norm encoder blocks, a norm, one linear layer on the class token. [N,H,W,C] -> logits
/// [N,classes]. Children class_token, conv_proj, encoder.pos_embedding, encoder.layers.encoder_layer_0.ln_1, ..., encoder.ln, heads.head,
/// as in torchvision. Throws OptionError for options out of range, ShapeError for images of another size.
class Vit final : public Layer {
 public:
  explicit Vit(const VitOptions& options = {});
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

  Variable class_token;

 private:
  /// The children that torchvision keeps in `encoder`.
  class Encoder final : public Layer {
   public:
    Encoder(std::int64_t length, const VitOptions& options);
    Variable forward(const Variable& x) override;
    void reset_parameters(RandomStream& stream) override;

   private:
    LearnedPositions positions_;
    Dropout dropout_;
    Sequential layers_;
    LayerNorm ln_;
  };

  std::int64_t height_, width_;
  PatchEmbedding conv_proj_;
  Encoder encoder_;
  Sequential heads_;
};

}  // namespace fovea
