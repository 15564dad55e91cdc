#include "fovea/autograd/ops/local_response_norm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/memory_reuse.hpp"

namespace fovea {

namespace {

class LocalResponseNorm final : public Function {
 public:
  explicit LocalResponseNorm(const LocalResponseNormOptions& options) : options_(options) {}
  const char* name() const override { return "local_response_norm"; }
  Attributes attributes() const override {
    return {{"size", options_.size}, {"alpha", options_.alpha}, {"beta", options_.beta}, {"k", options_.k}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    if (in[0].shape.rank() < 1) throw ShapeError("[local_response_norm] input wants at least one axis [..., C], found a scalar");
    return {in[0]};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_floating(y.dtype(), name(), [&]<class T>() {
      const std::int64_t channels = y.extent(-1);
      for_rows<T>(y, [&](std::int64_t start, Row<T>& row) {
        const T* x = in[0].data<T>() + start;
        normalise(x, channels, row);
        for (std::int64_t c = 0; c < channels; ++c) y.mutable_data<T>()[start + c] = x[c] * row.inverse_power[at(c)];
      });
    });
    if (records()) x_ = SavedTensor(in[0]);
    return {y};
  }

  // With d the base of the power: dx_c = dy_c d_c^-beta - 2 alpha beta / size * x_c * sum of dy_j x_j d_j^(-beta - 1) over the channels j
  // that have c among their neighbours: (size - 1) / 2 below and size / 2 above.
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& saved = x_.get(name());
    Tensor dx = gradient_like(dy[0]);
    dispatch_floating(saved.dtype(), name(), [&]<class T>() {
      const std::int64_t channels = saved.extent(-1), size = options_.size;
      const T factor = static_cast<T>(2 * options_.alpha * options_.beta / static_cast<double>(size));
      for_rows<T>(saved, [&](std::int64_t start, Row<T>& row) {
        const T *x = saved.data<T>() + start, *gradient = dy[0].data<T>() + start;
        T* to = dx.mutable_data<T>() + start;
        normalise(x, channels, row);
        std::fill(row.padded.begin(), row.padded.end(), T{0});
        for (std::int64_t c = 0; c < channels; ++c)
          row.padded[at((size - 1) / 2 + c)] = gradient[c] * x[c] * row.inverse_power[at(c)] / row.base[at(c)];
        for (std::int64_t c = 0; c < channels; ++c) {
          T sum = 0;
          for (std::int64_t i = 0; i < size; ++i) sum += row.padded[at(c + i)];
          to[c] = gradient[c] * row.inverse_power[at(c)] - factor * x[c] * sum;
        }
      });
    });
    return {dx};
  }

 private:
  /// Scratch of a task.
  template <class T>
  struct Row {
    std::vector<T> padded, base, inverse_power;
  };

  static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

  /// base = k + alpha / size * sum of squares, inverse_power = base^-beta
  template <class T>
  void normalise(const T* x, std::int64_t channels, Row<T>& row) const {
    const std::int64_t below = options_.size / 2;
    const T scale = static_cast<T>(options_.alpha / static_cast<double>(options_.size)), k = static_cast<T>(options_.k);
    std::fill(row.padded.begin(), row.padded.end(), T{0});
    for (std::int64_t c = 0; c < channels; ++c) row.padded[at(below + c)] = x[c] * x[c];
    for (std::int64_t c = 0; c < channels; ++c) {
      T sum = 0;
      for (std::int64_t i = 0; i < options_.size; ++i) sum += row.padded[at(c + i)];
      row.base[at(c)] = k + scale * sum;
    }
    // Everybody's beta is 3/4, and two roots are ten times as fast as a power.
    if (options_.beta == 0.75)
      for (std::int64_t c = 0; c < channels; ++c) {
        const T root = std::sqrt(row.base[at(c)]);
        row.inverse_power[at(c)] = 1 / (root * std::sqrt(root));
      }
    else
      for (std::int64_t c = 0; c < channels; ++c) row.inverse_power[at(c)] = std::pow(row.base[at(c)], static_cast<T>(-options_.beta));
  }

  template <class T, class Body>
  void for_rows(const Tensor& tensor, Body body) const {
    const std::int64_t channels = tensor.extent(-1);
    if (channels == 0) return;
    const std::int64_t rows_per_block = std::max<std::int64_t>(1, 16384 / channels);
    parallel_for(kernels::Context::current().threads(), tensor.numel() / channels, rows_per_block,
                 [&](std::int64_t begin, std::int64_t end) {
                   Row<T> row{std::vector<T>(at(channels + options_.size)), std::vector<T>(at(channels)), std::vector<T>(at(channels))};
                   for (std::int64_t r = begin; r < end; ++r) body(r * channels, row);
                 });
  }

  LocalResponseNormOptions options_;
  SavedTensor x_;
};

}  // namespace

Variable local_response_norm(const Variable& x, const LocalResponseNormOptions& options) {
  if (options.size < 1) throw OptionError(fmt::format("[local_response_norm] the size is at least 1, found {}", options.size));
  if (!(options.alpha >= 0) || !std::isfinite(options.alpha))
    throw OptionError(fmt::format("[local_response_norm] alpha is at least 0, found {}", options.alpha));
  if (!std::isfinite(options.beta)) throw OptionError(fmt::format("[local_response_norm] beta is a number, found {}", options.beta));
  if (!(options.k > 0) || !std::isfinite(options.k))
    throw OptionError(fmt::format("[local_response_norm] k is greater than 0, found {}", options.k));
  return apply_one(std::make_unique<LocalResponseNorm>(options), x);
}

}  // namespace fovea
