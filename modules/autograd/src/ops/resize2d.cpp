#include "fovea/autograd/ops/resize2d.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/resample.hpp"

namespace fovea {

namespace {

/// Keys' kernel with a = -0.75, what OpenCV and torch use: weights of the pixels at distances 1 + t, t, 1 - t, 2 - t.
void cubic_weights(double t, double (&weights)[4]) {
  constexpr double a = -0.75;
  const auto near = [](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  weights[0] = far(1 + t);
  weights[1] = near(t);
  weights[2] = near(1 - t);
  weights[3] = far(2 - t);
}

/// The input's place under place `i` of a result, in pixels.
double source_of(std::int64_t i, std::int64_t input, std::int64_t output, double step, bool align_corners) {
  if (align_corners) return output > 1 ? static_cast<double>(i) * static_cast<double>(input - 1) / static_cast<double>(output - 1) : 0;
  if (step > 0) return (static_cast<double>(i) + 0.5) * step - 0.5;
  return (static_cast<double>(i) + 0.5) * static_cast<double>(input) / static_cast<double>(output) - 0.5;
}

/// The nearest pixel. Without a step in whole numbers: quotients of large ones would round to the pixel before.
std::int64_t nearest_of(std::int64_t i, std::int64_t input, std::int64_t output, double step, bool exact) {
  std::int64_t index = exact ? (2 * i + 1) * input / (2 * output) : i * input / output;
  if (step > 0) index = static_cast<std::int64_t>(std::floor((static_cast<double>(i) + (exact ? 0.5 : 0)) * step));
  return std::min(index, input - 1);
}

AxisTaps taps_of(std::int64_t input, std::int64_t output, double step, const ResizeOptions& options) {
  AxisTaps taps;
  taps.input = input;
  const auto clamped = [&](std::int64_t index) { return std::clamp<std::int64_t>(index, 0, input - 1); };
  for (std::int64_t i = 0; i < output; ++i, taps.end_place()) {
    if (options.interpolation == Interpolation::nearest || options.interpolation == Interpolation::nearest_exact) {
      taps.add(nearest_of(i, input, output, step, options.interpolation == Interpolation::nearest_exact));
      continue;
    }
    double source = source_of(i, input, output, step, options.align_corners);
    if (options.interpolation == Interpolation::bilinear) {
      source = std::clamp(source, 0.0, static_cast<double>(input - 1));
      const double first = std::floor(source), t = source - first;
      taps.add(static_cast<std::int64_t>(first), 1 - t);
      taps.add(clamped(static_cast<std::int64_t>(first) + 1), t);
      continue;
    }
    const double first = std::floor(source);
    double weights[4];
    cubic_weights(source - first, weights);
    for (std::int64_t k = 0; k < 4; ++k) taps.add(clamped(static_cast<std::int64_t>(first) - 1 + k), weights[k]);
  }
  return taps;
}

const char* name_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::nearest:
      return "nearest";
    case Interpolation::nearest_exact:
      return "nearest_exact";
    case Interpolation::bilinear:
      return "bilinear";
    case Interpolation::bicubic:
      break;
  }
  return "bicubic";
}

class Resize2d final : public Function {
 public:
  Resize2d(Extent2 output, const ResizeOptions& options) : output_(output), options_(options) {}
  const char* name() const override { return "resize2d"; }
  Attributes attributes() const override {
    return {{"output", std::vector{output_.height, output_.width}},
            {"interpolation", std::string(name_of(options_.interpolation))},
            {"align_corners", options_.align_corners},
            {"step_h", options_.step_h},
            {"step_w", options_.step_w}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_images_to_resample(name(), in[0]);
    const Shape& x = in[0].shape;
    if (x[1] < 1 || x[2] < 1) throw ShapeError(fmt::format("[resize2d] the images have no pixels: shape {}", x.to_string()));
    check_resampled_extent(name(), output_.height, 1, x);
    check_resampled_extent(name(), output_.width, 1, x);
    const auto is_step = [](double step) { return step == 0 || (step > 0 && std::isfinite(step)); };
    if (!is_step(options_.step_h) || !is_step(options_.step_w))
      throw ShapeError(
          fmt::format("[resize2d] steps are positive, or 0 for input / output, found {} and {}", options_.step_h, options_.step_w));
    const bool nearest = options_.interpolation == Interpolation::nearest || options_.interpolation == Interpolation::nearest_exact;
    if (options_.align_corners && (nearest || options_.step_h > 0 || options_.step_w > 0))
      throw ShapeError("[resize2d] align_corners goes with bilinear and bicubic, and without steps");
    return {{Shape{x[0], output_.height, output_.width, x[3]}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    height_ = in[0].extent(1);
    width_ = in[0].extent(2);
    return {resample(name(), in[0], rows(), columns())};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return {resample(name(), dy[0], rows().transposed(), columns().transposed())};
  }

 private:
  AxisTaps rows() const { return taps_of(height_, output_.height, options_.step_h, options_); }
  AxisTaps columns() const { return taps_of(width_, output_.width, options_.step_w, options_); }

  Extent2 output_;
  ResizeOptions options_;
  std::int64_t height_ = 0, width_ = 0;
};

}  // namespace

Variable resize2d(const Variable& x, Extent2 output, const ResizeOptions& options) {
  return apply_one(std::make_unique<Resize2d>(output, options), x);
}

Variable rescale2d(const Variable& x, double factor_h, double factor_w, const ResizeOptions& options) {
  check_rank("rescale2d", "input", x.value().spec(), 4, "[N,H,W,C]");
  const auto extent = [&](int axis, double factor) {
    const double scaled = std::floor(static_cast<double>(x.extent(axis)) * factor);
    if (!(factor > 0) || !(scaled <= static_cast<double>(kLargestSetting)))
      throw ShapeError(fmt::format("[rescale2d] a factor is positive and the result at most {} pixels wide and high, found {}",
                                   kLargestSetting, factor));
    return static_cast<std::int64_t>(scaled);
  };
  const Extent2 output{extent(1, factor_h), extent(2, factor_w)};
  ResizeOptions stepped = options;
  if (!options.align_corners) {
    stepped.step_h = 1 / factor_h;
    stepped.step_w = 1 / factor_w;
  }
  return resize2d(x, output, stepped);
}

}  // namespace fovea
