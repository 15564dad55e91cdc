#include "fovea/nn/transformer.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/init.hpp"

namespace fovea {

PatchEmbedding::PatchEmbedding(std::int64_t channels, std::int64_t features, std::int64_t patch) : patch_(patch) {
  if (channels < 1 || features < 1 || patch < 1)
    throw OptionError(
        fmt::format("[patch_embedding] channels, features and patch are at least 1, found {}, {} and {}", channels, features, patch));
  register_parameter("weight", Tensor::empty({features, patch, patch, channels}), weight, {.kind = FileLayout::Kind::conv_filter});
  register_parameter("bias", Tensor::empty({features}), bias);
  RandomStream stream = construction_stream();
  PatchEmbedding::reset_parameters(stream);
}

Variable PatchEmbedding::forward(const Variable& x) {
  if (!x.defined() || x.shape().rank() != 4 || x.shape()[1] % patch_ != 0 || x.shape()[2] % patch_ != 0)
    throw ShapeError(fmt::format("[patch_embedding] expected an image batch [N,H,W,C] that {0}x{0} patches fill, found {1}", patch_,
                                 x.defined() ? x.shape().to_string() : "none"));
  const Variable y = conv2d(x, weight, bias, {.stride = patch_}, &cache_);
  return reshape(y, {y.shape()[0], y.shape()[1] * y.shape()[2], y.shape()[3]});
}

void PatchEmbedding::reset_parameters(RandomStream& stream) {
  Tensor values = weight.value();
  fill_normal(values, 0, 1 / std::sqrt(static_cast<double>(values.numel() / values.extent(0))), stream);
  Tensor(bias.value()).fill_(0);
}

TransformerBlock::TransformerBlock(std::int64_t features, const TransformerBlockOptions& options)
    : ln_1(features, {.epsilon = options.epsilon}),
      self_attention(features, {.heads = options.heads}),
      dropout(options.dropout),
      ln_2(features, {.epsilon = options.epsilon}) {
  const std::int64_t hidden = options.hidden == 0 ? 4 * features : options.hidden;
  mlp.emplace<Linear>(features, hidden);
  mlp.emplace<Gelu>();
  mlp.emplace<Dropout>(options.dropout);
  mlp.emplace<Linear>(hidden, features);
  mlp.emplace<Dropout>(options.dropout);
  register_module("ln_1", ln_1);
  register_module("self_attention", self_attention);
  register_module("dropout", dropout);
  register_module("ln_2", ln_2);
  register_module("mlp", mlp);
}

Variable TransformerBlock::forward(const Variable& x, const AttentionMask& mask) {
  const Variable y = x + dropout(self_attention.forward(ln_1(x), mask));
  const Shape& shape = y.shape();
  const Variable rows = reshape(ln_2(y), {shape[0] * shape[1], shape[2]});  // linear layers want two axes
  return y + reshape(mlp(rows), {shape[0], shape[1], shape[2]});
}

}  // namespace fovea
