#include "fovea/nn/position.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/cast.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/init.hpp"

namespace fovea {

namespace {

void write_position(double position, std::int64_t features, float* to) {
  for (std::int64_t i = 0; i < features; i += 2) {
    const double angle = position / std::pow(10000.0, static_cast<double>(i) / static_cast<double>(features));
    to[i] = static_cast<float>(std::sin(angle));
    to[i + 1] = static_cast<float>(std::cos(angle));
  }
}

}  // namespace

Tensor sinusoidal_positions(std::int64_t length, std::int64_t features) {
  if (length < 0 || features < 2 || features % 2 != 0)
    throw OptionError(fmt::format("[sinusoidal_positions] 2 divides the features, found {} positions of {} features", length, features));
  Tensor positions = Tensor::empty({length, features});
  for (std::int64_t p = 0; p < length; ++p)
    write_position(static_cast<double>(p), features, positions.mutable_data<float>() + p * features);
  return positions;
}

Tensor sinusoidal_positions2d(std::int64_t height, std::int64_t width, std::int64_t features) {
  if (height < 0 || width < 0 || features < 4 || features % 4 != 0)
    throw OptionError(
        fmt::format("[sinusoidal_positions2d] 4 divides the features, found {}x{} positions of {} features", height, width, features));
  Tensor positions = Tensor::empty({height * width, features});
  float* to = positions.mutable_data<float>();
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x, to += features) {
      write_position(static_cast<double>(y), features / 2, to);
      write_position(static_cast<double>(x), features / 2, to + features / 2);
    }
  return positions;
}

LearnedPositions::LearnedPositions(std::int64_t length, std::int64_t features) {
  if (length < 1 || features < 1)
    throw OptionError(fmt::format("[learned_positions] at least one position and feature, found {} and {}", length, features));
  register_parameter("pos_embedding", Tensor::empty({1, length, features}), pos_embedding);
  RandomStream stream = construction_stream();
  LearnedPositions::reset_parameters(stream);
}

Variable LearnedPositions::forward(const Variable& x) {
  const Shape& own = pos_embedding.shape();
  if (!x.defined() || x.shape().rank() != 3 || x.shape()[1] != own[1] || x.shape()[2] != own[2])
    throw ShapeError(fmt::format("[learned_positions] expected an input [N,{},{}], found {}", own[1], own[2],
                                 x.defined() ? x.shape().to_string() : "none"));
  return x + (x.dtype() == pos_embedding.dtype() ? pos_embedding : cast(pos_embedding, x.dtype()));
}

void LearnedPositions::reset_parameters(RandomStream& stream) {
  Tensor values = pos_embedding.value();
  fill_normal(values, 0, 0.02, stream);
}

}  // namespace fovea
