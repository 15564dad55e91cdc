#include "fovea/nn/attention.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/slice.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/init.hpp"

namespace fovea {

namespace {

Variable as_rows(const Variable& x) { return reshape(x, {x.shape()[0] * x.shape()[1], x.shape()[2]}); }

}  // namespace

MultiheadAttention::MultiheadAttention(std::int64_t features, const MultiheadAttentionOptions& options)
    : out_proj(features, features, {.bias = options.bias}), features_(features), options_(options) {
  if (options.heads < 1 || features % options.heads != 0)
    throw OptionError(
        fmt::format("[multihead_attention] the heads divide the features, found {} heads and {} features", options.heads, features));
  register_parameter("in_proj_weight", Tensor::empty({3 * features, features}), in_proj_weight);
  if (options.bias) register_parameter("in_proj_bias", Tensor::zeros({3 * features}), in_proj_bias);
  register_module("out_proj", out_proj);
  RandomStream stream = construction_stream();
  MultiheadAttention::reset_parameters(stream);
}

Variable MultiheadAttention::forward(const Variable& x, const AttentionMask& mask) {
  check(x);
  const Variable qkv = linear(as_rows(x), in_proj_weight, in_proj_bias, &cache_);
  return project_out(self_attention(reshape(qkv, {x.shape()[0], x.shape()[1], 3 * features_}), options_for(mask)));
}

Variable MultiheadAttention::forward(const Variable& x, const Variable& context, const AttentionMask& mask) {
  check(x);
  check(context);
  const auto project = [&](const Variable& from, std::int64_t part) {
    const std::int64_t begin = part * features_, end = begin + features_;
    const Variable bias = in_proj_bias.defined() ? slice(in_proj_bias, 0, begin, end) : Variable{};
    const Variable y = linear(as_rows(from), slice(in_proj_weight, 0, begin, end), bias);
    return reshape(y, {from.shape()[0], from.shape()[1], features_});
  };
  return project_out(attention(project(x, 0), project(context, 1), project(context, 2), options_for(mask)));
}

void MultiheadAttention::check(const Variable& x) const {
  if (!x.defined() || x.shape().rank() != 3 || x.shape()[2] != features_)
    throw ShapeError(fmt::format("[multihead_attention] expected an input [N, length, {}], found {}", features_,
                                 x.defined() ? x.shape().to_string() : "none"));
}

AttentionOptions MultiheadAttention::options_for(const AttentionMask& mask) const {
  return {.heads = options_.heads, .causal = mask.causal, .mask = mask.mask, .mask_per_sample = mask.per_sample};
}

Variable MultiheadAttention::project_out(const Variable& attended) {
  return reshape(out_proj(as_rows(attended)), {attended.shape()[0], attended.shape()[1], features_});
}

void MultiheadAttention::reset_parameters(RandomStream& stream) {
  Tensor weight = in_proj_weight.value();
  fill_xavier_uniform(weight, stream);
  if (in_proj_bias.defined()) Tensor(in_proj_bias.value()).fill_(0);
}

}  // namespace fovea
