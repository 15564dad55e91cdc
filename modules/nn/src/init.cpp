#include "fovea/nn/init.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

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

/// The share of the standard normal distribution below x.
double normal_share(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// `count` orthonormal vectors: normal ones, each freed of its parts along the earlier ones. Twice, for what rounding leaves the first
/// time.
std::vector<std::vector<double>> orthonormal_vectors(std::int64_t count, std::int64_t size, RandomStream& stream) {
  std::vector<std::vector<double>> vectors;
  for (std::int64_t k = 0; k < count; ++k) {
    std::vector<double> v(static_cast<std::size_t>(size));
    for (double& value : v) value = stream.normal();
    for (int pass = 0; pass < 2; ++pass)
      for (const std::vector<double>& earlier : vectors) {
        const double part = dot(earlier, v);
        for (std::size_t i = 0; i < v.size(); ++i) v[i] -= part * earlier[i];
      }
    const double length = std::sqrt(dot(v, v));
    for (double& value : v) value /= length;
    vectors.push_back(std::move(v));
  }
  return vectors;
}

/// Weights of the cells of a window that interpolates linearly.
std::vector<double> interpolation_window(std::int64_t cells) {
  const auto factor = static_cast<double>((cells + 1) / 2);
  const double centre = cells % 2 == 1 ? factor - 1 : factor - 0.5;
  std::vector<double> window;
  for (std::int64_t i = 0; i < cells; ++i) window.push_back(1 - std::abs(static_cast<double>(i) - centre) / factor);
  return window;
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

void fill_constant(Tensor& weight, double value) {
  fill(weight, "fill_constant", [value] { return value; });
}

void fill_truncated_normal(Tensor& weight, double mean, double deviation, double low, double high, RandomStream& stream) {
  const double share = normal_share((high - mean) / deviation) - normal_share((low - mean) / deviation);
  if (!(deviation > 0) || !(share >= 0.01))
    throw OptionError(
        fmt::format("a normal distribution of mean {} and deviation {} is hardly ever in [{}, {}]", mean, deviation, low, high));
  fill(weight, "fill_truncated_normal", [&] {
    for (;;) {
      const double value = mean + deviation * stream.normal();
      if (value >= low && value <= high) return value;
    }
  });
}

void fill_orthogonal(Tensor& weight, RandomStream& stream, double gain) {
  if (weight.rank() < 2) throw ShapeError("orthogonal weights have two axes or more, found " + weight.shape().to_string());
  const std::int64_t rows = weight.extent(0), columns = rows == 0 ? 0 : weight.numel() / rows;
  const bool wide = rows <= columns;
  const auto vectors = orthonormal_vectors(std::min(rows, columns), std::max(rows, columns), stream);
  std::int64_t next = 0;
  fill(weight, "fill_orthogonal", [&] {
    const auto row = static_cast<std::size_t>(next / columns), column = static_cast<std::size_t>(next % columns);
    ++next;
    return gain * (wide ? vectors[row][column] : vectors[column][row]);
  });
}

void fill_bilinear(Tensor& filter) {
  if (filter.rank() != 4 || (filter.extent(3) != 1 && filter.extent(3) != filter.extent(0)))
    throw ShapeError("bilinear filters are [C,R,S,C] or [C,R,S,1], found " + filter.shape().to_string());
  const std::int64_t height = filter.extent(1), width = filter.extent(2), outputs = filter.extent(3);
  const std::vector<double> down = interpolation_window(height), across = interpolation_window(width);
  std::int64_t next = 0;
  fill(filter, "fill_bilinear", [&] {
    const std::int64_t k = next % outputs, cell = next / outputs, c = cell / (height * width);
    ++next;
    if (outputs > 1 && k != c) return 0.0;
    return down[static_cast<std::size_t>(cell / width % height)] * across[static_cast<std::size_t>(cell % width)];
  });
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
