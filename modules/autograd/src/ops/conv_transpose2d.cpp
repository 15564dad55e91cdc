#include "fovea/autograd/ops/conv_transpose2d.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/conv2d_passes.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

namespace {

using kernels::Context;
using kernels::Conv2dShape;

/// Of an axis of the result; may be less than 1.
std::int64_t output_extent(std::int64_t input, std::int64_t window, std::int64_t stride, std::int64_t padding, std::int64_t dilation,
                           std::int64_t output_padding) {
  return (input - 1) * stride - padding + dilation * (window - 1) + output_padding + 1;
}

/// The convolution that this one is the transpose of: it reads our output and writes our input.
Conv2dShape underlying(const Shape& x, const Shape& filter, const ConvTranspose2dGeometry& g) {
  const std::int64_t channels = filter[3] * g.groups;
  return {
      .n = x[0],
      .h = output_extent(x[1], filter[1], g.stride.height, g.padding.top + g.padding.bottom, g.dilation.height, g.output_padding.height),
      .w = output_extent(x[2], filter[2], g.stride.width, g.padding.left + g.padding.right, g.dilation.width, g.output_padding.width),
      .c = channels,
      .k = filter[0],
      .r = filter[1],
      .s = filter[2],
      .p = x[1],
      .q = x[2],
      .stride_h = g.stride.height,
      .stride_w = g.stride.width,
      .dilation_h = g.dilation.height,
      .dilation_w = g.dilation.width,
      .pad_top = g.padding.top,
      .pad_left = g.padding.left,
      .groups = g.groups,
      .x_pitch = channels,
      .y_pitch = filter[0],
      .choice = kernels::conv2d_choice(false)};
}

/// The data pass has no epilogue, so that the bias takes a pass of its own.
void add_bias(const Tensor& bias, Tensor& y) {
  dispatch_activation(y.dtype(), "conv_transpose2d", [&]<class T>() {
    constexpr std::int64_t kPixelsPerBlock = 256;
    const std::int64_t channels = bias.numel();
    const auto* values = bias.data<kernels::WeightOf<T>>();
    T* pixels = y.mutable_data<T>();
    parallel_for(Context::current().threads(), channels == 0 ? 0 : y.numel() / channels, kPixelsPerBlock,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t pixel = begin; pixel < end; ++pixel)
                     for (std::int64_t c = 0; c < channels; ++c) {
                       T& result = pixels[pixel * channels + c];
                       result = static_cast<T>(result + values[c]);
                     }
                 });
  });
}

class ConvTranspose2dFunction final : public Function {
 public:
  explicit ConvTranspose2dFunction(const ConvTranspose2dGeometry& geometry) : geometry_(geometry) {}
  const char* name() const override { return "conv_transpose2d"; }
  Attributes attributes() const override {
    const auto& g = geometry_;
    Attributes all = conv2d_attributes({g.stride, g.padding, g.dilation, g.groups});
    all.insert(all.begin() + 2, {"output_padding", std::vector{g.output_padding.height, g.output_padding.width}});
    return all;
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    const auto& g = geometry_;
    check_activation(name(), in[0]);
    check_rank(name(), "input", in[0], 4, "[N,H,W,C]");
    check_rank(name(), "filter", in[1], 4, "[C,R,S,K/groups]");
    check_weight_dtype(name(), "filter", in[1], in[0]);
    check_conv2d_geometry(name(), {.stride = g.stride, .padding = g.padding, .dilation = g.dilation, .groups = g.groups});
    if (g.output_padding.height < 0 || g.output_padding.height >= g.stride.height || g.output_padding.width < 0 ||
        g.output_padding.width >= g.stride.width)
      throw ShapeError(fmt::format("[conv_transpose2d] output padding is at least 0 and less than the stride {}x{}, found {}x{}",
                                   g.stride.height, g.stride.width, g.output_padding.height, g.output_padding.width));
    const Shape &x = in[0].shape, &filter = in[1].shape;
    if (x[3] != filter[0])
      throw ShapeError(fmt::format("[conv_transpose2d] input {} has {} channels but the filter {} wants {}", x.to_string(), x[3],
                                   filter.to_string(), filter[0]));
    if (x[3] % g.groups != 0) throw ShapeError(fmt::format("[conv_transpose2d] {} channels cannot be shared by {} groups", x[3], g.groups));
    if (filter[1] < 1 || filter[2] < 1) throw ShapeError(fmt::format("[conv_transpose2d] filter {} has no cells", filter.to_string()));
    for (const std::int64_t extent : {x[1], x[2], filter[1], filter[2]})
      if (extent > kLargestSetting)
        throw ShapeError(fmt::format("[conv_transpose2d] input {} or filter {} is higher or wider than {}", x.to_string(),
                                     filter.to_string(), kLargestSetting));
    if (in.size() > 2) {
      check_weight_dtype(name(), "bias", in[2], in[0]);
      check_shape(name(), "bias", in[2], Shape{filter[3] * g.groups});
    }
    const Conv2dShape shape = underlying(x, filter, g);
    if (x[1] < 1 || x[2] < 1 || shape.h < 1 || shape.w < 1)
      throw ShapeError(
          fmt::format("[conv_transpose2d] padding top {}, bottom {}, left {}, right {} leaves nothing of input {} under filter {}",
                      g.padding.top, g.padding.bottom, g.padding.left, g.padding.right, x.to_string(), filter.to_string()));
    return {{Shape{shape.n, shape.h, shape.w, shape.c}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (needs_gradient(0)) filter_ = SavedTensor(in[1]);
    if (needs_gradient(1)) x_ = SavedTensor(in[0]);
    x_shape_ = in[0].shape();
    filter_shape_ = in[1].shape();
    has_bias_ = in.size() > 2;
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    conv2d_backward_data(underlying(x_shape_, filter_shape_, geometry_), in[0], in[1], y);
    if (has_bias_) add_bias(in[2], y);
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Conv2dShape shape = underlying(x_shape_, filter_shape_, geometry_);
    Tensor dx, dfilter, dbias;
    const Tensor filter = needs_gradient(0) ? filter_.get(name()) : Tensor{};
    if (needs_gradient(1)) {
      const Tensor x = take(x_);
      dfilter = Tensor::empty(filter_shape_, weight_type_of(dy[0].dtype()));
      conv2d_backward_filter(shape, dy[0], x, dfilter);
    }
    if (needs_gradient(0)) {  // after the filter's gradient: x is given up by now, and dx may take its memory
      dx = Tensor::empty(x_shape_, dy[0].dtype());
      conv2d_forward(shape, dy[0], filter, {}, nullptr, dx);
    }
    if (needs_gradient(2)) dbias = sum_to_channels(dy[0], shape.c);
    return has_bias_ ? std::vector{dx, dfilter, dbias} : std::vector{dx, dfilter};
  }

 private:
  ConvTranspose2dGeometry geometry_;
  SavedTensor x_, filter_;
  Shape x_shape_, filter_shape_;
  bool has_bias_ = false;
};

}  // namespace

Variable conv_transpose2d(const Variable& x, const Variable& filter, const Variable& bias, const ConvTranspose2dGeometry& geometry) {
  auto function = std::make_unique<ConvTranspose2dFunction>(geometry);
  return bias.defined() ? apply_one(std::move(function), x, filter, bias) : apply_one(std::move(function), x, filter);
}

}  // namespace fovea
