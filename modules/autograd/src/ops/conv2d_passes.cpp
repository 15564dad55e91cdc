#include "ops/conv2d_passes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "fovea/base/error.hpp"
#include "fovea/kernels/trace.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

using kernels::Context;
using kernels::Conv2dPass;
using kernels::Conv2dShape;
using kernels::WeightOf;

namespace {

std::size_t round_up_to_line(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// With FOVEA_VERBOSE, a line about the pass that ran since `trace` began.
template <class T>
void print(const kernels::Trace& trace, const Conv2dShape& shape, Conv2dPass pass, const Tensor& tensor) {
  const char* kernel = kernels_for<T>(tensor).conv2d.kernel_name(shape, pass);
  trace.print(describe(shape, pass, tensor.dtype(), kernel, kernels::table(tensor.device()).name), operations_of(shape));
}

}  // namespace

Attributes conv2d_attributes(const Conv2dGeometry& g) {
  return {{"stride", std::vector{g.stride.height, g.stride.width}},
          {"padding", std::vector{g.padding.top, g.padding.bottom, g.padding.left, g.padding.right}},
          {"dilation", std::vector{g.dilation.height, g.dilation.width}},
          {"groups", g.groups}};
}

void check_conv2d_geometry(const char* op, const Conv2dGeometry& g) {
  const auto outside = [](std::int64_t low, std::initializer_list<std::int64_t> settings) {
    return std::any_of(settings.begin(), settings.end(),
                       [low](std::int64_t setting) { return setting < low || setting > kLargestSetting; });
  };
  if (outside(1, {g.stride.height, g.stride.width, g.dilation.height, g.dilation.width, g.groups}))
    throw ShapeError(fmt::format("[{}] stride, dilation and groups are in [1, {}], found stride {}x{}, dilation {}x{}, groups {}", op,
                                 kLargestSetting, g.stride.height, g.stride.width, g.dilation.height, g.dilation.width, g.groups));
  if (outside(0, {g.padding.top, g.padding.bottom, g.padding.left, g.padding.right}))
    throw ShapeError(fmt::format("[{}] padding is in [0, {}], found top {}, bottom {}, left {}, right {}", op, kLargestSetting,
                                 g.padding.top, g.padding.bottom, g.padding.left, g.padding.right));
}

Tensor PackedFilterCache::get(const Conv2dShape& shape, const Tensor& filter, DType activation) {
  const std::lock_guard lock(mutex_);
  dispatch_activation(activation, "conv2d", [&]<class T>() {
    const auto& conv = kernels_for<T>(filter).conv2d;
    const std::uint32_t layout = conv.filter_layout(shape);
    const std::uint64_t version = filter.storage().version();
    const bool same_filter = source_.defined() && source_.spec() == filter.spec() && source_.raw_data() == filter.raw_data();
    if (same_filter && version_ == version && activation_ == activation && layout_ == layout) return;
    // A new blob, not the old one overwritten: another thread may still be reading that.
    packed_ = Tensor::empty({static_cast<std::int64_t>(conv.packed_filter_bytes(shape))}, DType::u8, filter.device());
    conv.pack_filter(Context::current(), shape, filter.data<WeightOf<T>>(), packed_.raw_data());
    source_ = filter;
    version_ = version;
    activation_ = activation;
    layout_ = layout;
  });
  return packed_;
}

void conv2d_forward(const Conv2dShape& shape, const Tensor& x, const Tensor& filter, const Conv2dEnd& end, PackedFilterCache* cache,
                    Tensor& y) {
  dispatch_activation(x.dtype(), "conv2d", [&]<class T>() {
    Context& context = Context::current();
    const auto& conv = kernels_for<T>(x).conv2d;
    const auto weights = [](const Tensor& tensor) { return tensor.defined() ? tensor.data<WeightOf<T>>() : nullptr; };
    const kernels::Epilogue<T> epilogue{.scale = weights(end.scale),
                                        .bias = weights(end.bias),
                                        .residual = end.residual.defined() ? end.residual.data<T>() : nullptr,
                                        .activation = end.activation,
                                        .slope = static_cast<float>(end.slope)};
    const std::size_t scratch = conv.workspace_bytes(context, shape, Conv2dPass::forward);
    const kernels::Trace trace(kernels::TraceLevel::kernels);
    if (cache != nullptr) {
      const Tensor packed = cache->get(shape, filter, x.dtype());
      conv.forward(context, shape, x.data<T>(), packed.raw_data(), epilogue, y.mutable_data<T>(), context.workspace(scratch));
    } else {
      const std::size_t packed_bytes = round_up_to_line(conv.packed_filter_bytes(shape));
      auto* workspace = static_cast<std::byte*>(context.workspace(packed_bytes + scratch));
      conv.pack_filter(context, shape, filter.data<WeightOf<T>>(), workspace);
      conv.forward(context, shape, x.data<T>(), workspace, epilogue, y.mutable_data<T>(), workspace + packed_bytes);
    }
    if (trace) print<T>(trace, shape, Conv2dPass::forward, x);
  });
}

void conv2d_backward_data(const Conv2dShape& shape, const Tensor& dy, const Tensor& filter, Tensor& dx) {
  dispatch_activation(dy.dtype(), "conv2d", [&]<class T>() {
    Context& context = Context::current();
    const auto& conv = kernels_for<T>(dy).conv2d;
    void* workspace = context.workspace(conv.workspace_bytes(context, shape, Conv2dPass::backward_data));
    const kernels::Trace trace(kernels::TraceLevel::kernels);
    conv.backward_data(context, shape, dy.data<T>(), filter.data<WeightOf<T>>(), dx.mutable_data<T>(), workspace);
    if (trace) print<T>(trace, shape, Conv2dPass::backward_data, dy);
  });
}

void conv2d_backward_filter(const Conv2dShape& shape, const Tensor& x, const Tensor& dy, Tensor& dfilter) {
  dispatch_activation(dy.dtype(), "conv2d", [&]<class T>() {
    Context& context = Context::current();
    const auto& conv = kernels_for<T>(dy).conv2d;
    void* workspace = context.workspace(conv.workspace_bytes(context, shape, Conv2dPass::backward_filter));
    const kernels::Trace trace(kernels::TraceLevel::kernels);
    conv.backward_filter(context, shape, x.data<T>(), dy.data<T>(), dfilter.mutable_data<WeightOf<T>>(), workspace);
    if (trace) print<T>(trace, shape, Conv2dPass::backward_filter, dy);
  });
}

Tensor sum_to_channels(const Tensor& dy, std::int64_t channels) {
  Tensor sums = Tensor::empty({channels}, weight_type_of(dy.dtype()));
  const std::int64_t rows = channels == 0 ? 0 : dy.numel() / channels;
  dispatch_activation(dy.dtype(), "sum_rows", [&]<class T>() {
    Context& context = Context::current();
    const auto& reduce = kernels_for<T>(dy).reduce;
    void* workspace = context.workspace(reduce.sum_rows_workspace_bytes(rows, channels));
    reduce.sum_rows(context, rows, channels, channels, dy.data<T>(), sums.mutable_data<WeightOf<T>>(), workspace);
  });
  return sums;
}

}  // namespace fovea
