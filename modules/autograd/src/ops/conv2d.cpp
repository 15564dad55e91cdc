#include "fovea/autograd/ops/conv2d.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/conv2d_shape.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/conv2d_passes.hpp"

namespace fovea {

namespace {

using kernels::Conv2dShape;

class Conv2dFunction final : public Function {
 public:
  Conv2dFunction(const Conv2dGeometry& geometry, PackedFilterCache* cache) : geometry_(geometry), cache_(cache) {}
  const char* name() const override { return "conv2d"; }
  Attributes attributes() const override { return conv2d_attributes(geometry_); }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override { return {conv2d_result(in, geometry_)}; }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (needs_gradient(0)) filter_ = SavedTensor(in[1]);
    if (needs_gradient(1)) x_ = SavedTensor(in[0]);
    x_shape_ = in[0].shape();
    filter_shape_ = in[1].shape();
    has_bias_ = in.size() > 2;
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    conv2d_forward(conv2d_shape(x_shape_, filter_shape_, geometry_, records()), in[0], in[1], {.bias = has_bias_ ? in[2] : Tensor{}},
                   records() ? nullptr : cache_, y);
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Conv2dShape shape = conv2d_shape(x_shape_, filter_shape_, geometry_, true);
    Tensor dx, dfilter, dbias;
    const Tensor filter = needs_gradient(0) ? filter_.get(name()) : Tensor{};
    if (needs_gradient(1)) {
      const Tensor x = take(x_);
      dfilter = Tensor::empty(filter_shape_, weight_type_of(dy[0].dtype()));
      conv2d_backward_filter(shape, x, dy[0], dfilter);
    }
    if (needs_gradient(0)) {  // after the filter's gradient: x is given up by now, and dx may take its memory
      dx = Tensor::empty(x_shape_, dy[0].dtype());
      conv2d_backward_data(shape, dy[0], filter, dx);
    }
    if (needs_gradient(2)) dbias = sum_to_channels(dy[0], shape.k);
    return has_bias_ ? std::vector{dx, dfilter, dbias} : std::vector{dx, dfilter};
  }

 private:
  Conv2dGeometry geometry_;
  PackedFilterCache* cache_;
  SavedTensor x_, filter_;
  Shape x_shape_, filter_shape_;
  bool has_bias_ = false;
};

}  // namespace

TensorSpec conv2d_result(std::span<const TensorSpec> in, const Conv2dGeometry& geometry) {
  constexpr const char* kName = "conv2d";
  check_activation(kName, in[0]);
  check_rank(kName, "input", in[0], 4, "[N,H,W,C]");
  check_rank(kName, "filter", in[1], 4, "[K,R,S,C/groups]");
  check_weight_dtype(kName, "filter", in[1], in[0]);
  check_conv2d_geometry(kName, geometry);
  const Shape &x = in[0].shape, &filter = in[1].shape;
  const std::int64_t groups = geometry.groups;
  if (x[3] != filter[3] * groups)
    throw ShapeError(fmt::format("[conv2d] input {} has {} channels but the filter {} in {} group{} wants {}", x.to_string(), x[3],
                                 filter.to_string(), groups, groups == 1 ? "" : "s", filter[3] * groups));
  if (filter[0] % groups != 0) throw ShapeError(fmt::format("[conv2d] {} filters cannot be shared by {} groups", filter[0], groups));
  if (filter[1] < 1 || filter[2] < 1) throw ShapeError(fmt::format("[conv2d] filter {} has no cells", filter.to_string()));
  if (in.size() > 2) {
    check_weight_dtype(kName, "bias", in[2], in[0]);
    check_shape(kName, "bias", in[2], Shape{filter[0]});
  }
  const Conv2dShape shape = conv2d_shape(x, filter, geometry, false);
  if (shape.p < 1 || shape.q < 1)
    throw ShapeError(
        fmt::format("[conv2d] filter {} with dilation {}x{} does not fit into input {} with padding top {}, bottom {}, left {}, right {}",
                    filter.to_string(), geometry.dilation.height, geometry.dilation.width, x.to_string(), geometry.padding.top,
                    geometry.padding.bottom, geometry.padding.left, geometry.padding.right));
  return {Shape{shape.n, shape.p, shape.q, shape.k}, in[0].dtype};
}

Conv2dShape conv2d_shape(const Shape& x, const Shape& filter, const Conv2dGeometry& g, bool training) {
  return {.n = x[0],
          .h = x[1],
          .w = x[2],
          .c = x[3],
          .k = filter[0],
          .r = filter[1],
          .s = filter[2],
          .p = window_positions(x[1], filter[1], g.stride.height, g.padding.top + g.padding.bottom, g.dilation.height),
          .q = window_positions(x[2], filter[2], g.stride.width, g.padding.left + g.padding.right, g.dilation.width),
          .stride_h = g.stride.height,
          .stride_w = g.stride.width,
          .dilation_h = g.dilation.height,
          .dilation_w = g.dilation.width,
          .pad_top = g.padding.top,
          .pad_left = g.padding.left,
          .groups = g.groups,
          .x_pitch = x[3],
          .y_pitch = filter[0],
          .choice = kernels::conv2d_choice(training)};
}

Variable conv2d(const Variable& x, const Variable& filter, const Variable& bias, const Conv2dGeometry& geometry, PackedFilterCache* cache) {
  auto function = std::make_unique<Conv2dFunction>(geometry, cache);
  return bias.defined() ? apply_one(std::move(function), x, filter, bias) : apply_one(std::move(function), x, filter);
}

}  // namespace fovea
