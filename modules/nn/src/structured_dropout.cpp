#include "fovea/nn/structured_dropout.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/dropout.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/init.hpp"

namespace fovea {

namespace {

double probability_below_one(const char* layer, double probability) {
  if (!(probability >= 0 && probability < 1))
    throw OptionError(fmt::format("[{}] the probability is in [0, 1), found {}", layer, probability));
  return probability;
}

}  // namespace

SpatialDropout::SpatialDropout(double probability)
    : probability_(probability_below_one("spatial_dropout", probability)), stream_(construction_stream()) {
  register_stream("stream", stream_);
}

Variable SpatialDropout::forward(const Variable& x) { return is_training() ? spatial_dropout(x, probability_, stream_) : x; }

StochasticDepth::StochasticDepth(double probability, StochasticDepthMode mode)
    : probability_(probability_below_one("stochastic_depth", probability)), mode_(mode), stream_(construction_stream()) {
  register_stream("stream", stream_);
}

Variable StochasticDepth::forward(const Variable& x) { return is_training() ? stochastic_depth(x, probability_, mode_, stream_) : x; }

DropConnectLinear::DropConnectLinear(std::int64_t inputs, std::int64_t outputs, double probability)
    : probability_(probability_below_one("drop_connect_linear", probability)), stream_(construction_stream()) {
  if (inputs < 1 || outputs < 1)
    throw OptionError(fmt::format("[drop_connect_linear] inputs and outputs are at least 1, found {} and {}", inputs, outputs));
  register_parameter("weight", Tensor::empty({outputs, inputs}), weight);
  register_parameter("bias", Tensor::empty({outputs}), bias);
  register_stream("stream", stream_);
  RandomStream stream = construction_stream();
  DropConnectLinear::reset_parameters(stream);
}

Variable DropConnectLinear::forward(const Variable& x) {
  if (!is_training()) return linear(x, weight, bias, &cache_);
  return linear(x, dropout(weight, probability_, stream_), bias);
}

void DropConnectLinear::reset_parameters(RandomStream& stream) {
  Tensor values = weight.value();
  fill_kaiming_normal(values, stream);
  Tensor(bias.value()).fill_(0);
  stream_ = stream;
}

}  // namespace fovea
