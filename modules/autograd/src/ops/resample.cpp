#include "ops/resample.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/window.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

AxisTaps AxisTaps::transposed() const {
  AxisTaps result;
  result.input = places();
  std::vector<std::int64_t> next(static_cast<std::size_t>(input) + 1, 0);
  for (const std::int32_t index : indices) ++next[static_cast<std::size_t>(index) + 1];
  for (std::size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
  result.begins = next;
  result.indices.resize(indices.size());
  result.weights.resize(weights.size());
  for (std::int64_t place = 0; place < places(); ++place)
    for (std::int64_t k = begins[static_cast<std::size_t>(place)]; k < begins[static_cast<std::size_t>(place) + 1]; ++k) {
      const auto to = static_cast<std::size_t>(next[static_cast<std::size_t>(indices[static_cast<std::size_t>(k)])]++);
      result.indices[to] = static_cast<std::int32_t>(place);
      result.weights[to] = weights[static_cast<std::size_t>(k)];
    }
  return result;
}

Tensor resample(const char* op, const Tensor& x, const AxisTaps& rows, const AxisTaps& columns) {
  const kernels::Resample2dShape shape{.n = x.extent(0),
                                       .h = x.extent(1),
                                       .w = x.extent(2),
                                       .c = x.extent(3),
                                       .p = rows.places(),
                                       .q = columns.places(),
                                       .x_pitch = x.extent(3),
                                       .y_pitch = x.extent(3)};
  Tensor y = Tensor::empty({shape.n, shape.p, shape.q, shape.c}, x.dtype(), x.device());
  dispatch_activation(x.dtype(), op, [&]<class T>() {
    using Weight = kernels::WeightOf<T>;
    const std::vector<Weight> row_weights(rows.weights.begin(), rows.weights.end()),
        column_weights(columns.weights.begin(), columns.weights.end());
    kernels_for<T>(x).resample2d.apply(kernels::Context::current(), shape, {rows.begins.data(), rows.indices.data(), row_weights.data()},
                                       {columns.begins.data(), columns.indices.data(), column_weights.data()}, x.data<T>(),
                                       y.mutable_data<T>());
  });
  return y;
}

void check_images_to_resample(const char* op, const TensorSpec& x) {
  check_activation(op, x);
  check_rank(op, "input", x, 4, "[N,H,W,C]");
  if (x.shape[1] > kLargestSetting || x.shape[2] > kLargestSetting)
    throw ShapeError(fmt::format("[{}] images have at most {} rows and columns, found {}", op, kLargestSetting, x.shape.to_string()));
}

void check_resampled_extent(const char* op, std::int64_t extent, std::int64_t lowest, const Shape& x) {
  if (extent < lowest || extent > kLargestSetting)
    throw ShapeError(fmt::format("[{}] an extent of the result is in [{}, {}], found {} for input {}", op, lowest, kLargestSetting, extent,
                                 x.to_string()));
}

}  // namespace fovea
