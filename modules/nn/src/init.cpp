#include "fovea/nn/init.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {

namespace {

template <class Draw>
void fill(Tensor& weight, const char* name, Draw&& draw) {
  dispatch_floating(weight.dtype(), name, [&]<class T>() {
    T* values = weight.mutable_data<T>();
    for (std::int64_t i = 0; i < weight.numel(); ++i) values[i] = static_cast<T>(draw());
  });
  weight.storage().bump_version(name);
}

double kaiming_deviation(const Shape& shape, FanMode mode, double gain) {
  const Fan fan = fan_of(shape);
  return gain / std::sqrt(static_cast<double>(mode == FanMode::in ? fan.in : fan.out));
}

double xavier_deviation(const Shape& shape, double gain) {
  const Fan fan = fan_of(shape);
  return gain * std::sqrt(2.0 / static_cast<double>(fan.in + fan.out));
}

}  // namespace

Fan fan_of(const Shape& weight) {
  if (weight.rank() == 2) return {.in = weight[1], .out = weight[0]};
  if (weight.rank() == 4) return {.in = weight[1] * weight[2] * weight[3], .out = weight[1] * weight[2] * weight[0]};
  throw ShapeError(fmt::format("fans are defined for matrices [O,I] and filters [K,R,S,C], found {}", weight.to_string()));
}

void fill_normal(Tensor& weight, double mean, double deviation, RandomStream& stream) {
  fill(weight, "fill_normal", [&] { return mean + deviation * stream.normal(); });
}

void fill_uniform(Tensor& weight, double low, double high, RandomStream& stream) {
  fill(weight, "fill_uniform", [&] { return stream.uniform(low, high); });
}

void fill_xavier_normal(Tensor& weight, RandomStream& stream, double gain) {
  fill_normal(weight, 0, xavier_deviation(weight.shape(), gain), stream);
}

void fill_xavier_uniform(Tensor& weight, RandomStream& stream, double gain) {
  const double bound = std::sqrt(3.0) * xavier_deviation(weight.shape(), gain);
  fill_uniform(weight, -bound, bound, stream);
}

void fill_kaiming_normal(Tensor& weight, RandomStream& stream, FanMode mode, double gain) {
  fill_normal(weight, 0, kaiming_deviation(weight.shape(), mode, gain), stream);
}

void fill_kaiming_uniform(Tensor& weight, RandomStream& stream, FanMode mode, double gain) {
  const double bound = std::sqrt(3.0) * kaiming_deviation(weight.shape(), mode, gain);
  fill_uniform(weight, -bound, bound, stream);
}

}  // namespace fovea
