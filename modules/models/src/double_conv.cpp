#include "fovea/models/double_conv.hpp"

#include <numeric>

#include "fovea/autograd/ops/relu.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/normalization.hpp"

namespace fovea {

namespace {

using Norm = DoubleConvOptions::Norm;

constexpr std::int64_t kNormGroups = 16;

Conv2dOptions conv_options(const DoubleConvOptions& o) { return {.kernel = 3, .padding = o.padded ? 1 : 0, .bias = o.norm == Norm::none}; }

std::unique_ptr<Layer> make_norm(Norm norm, std::int64_t channels) {
  if (norm == Norm::batch) return std::make_unique<BatchNorm2d>(channels, BatchNormOptions{.relu = true});
  if (norm == Norm::group) return std::make_unique<GroupNorm>(std::gcd(kNormGroups, channels), channels);
  return nullptr;
}

}  // namespace

DoubleConv::DoubleConv(std::int64_t in_channels, std::int64_t out_channels, const DoubleConvOptions& o)
    : norm_(o.norm),
      conv1_(in_channels, out_channels, conv_options(o)),
      conv2_(out_channels, out_channels, conv_options(o)),
      norm1_(make_norm(o.norm, out_channels)),
      norm2_(make_norm(o.norm, out_channels)) {
  register_module("0", conv1_);
  if (norm1_) register_module("1", *norm1_);
  register_module(norm1_ ? "3" : "2", conv2_);
  if (norm2_) register_module("4", *norm2_);
}

Variable DoubleConv::forward(const Variable& x) {
  const auto rectified = [this](const Variable& y, Layer* norm) {
    if (norm_ == Norm::batch) return (*norm)(y);  // with the ReLU
    return relu(norm != nullptr ? (*norm)(y) : y);
  };
  return rectified(conv2_(rectified(conv1_(x), norm1_.get())), norm2_.get());
}

}  // namespace fovea
