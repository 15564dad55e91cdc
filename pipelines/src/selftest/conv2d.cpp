#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

using kernels::Conv2dPass;
using kernels::Conv2dShape;

/// A layer: images [n, h, w, c], k filters of r x s, and what is not as usual.
struct Layer {
  std::int64_t n, h, w, c, k, r, s;
  std::int64_t stride = 1, dilation = 1;
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;
  std::int64_t groups = 1;
  std::int64_t gap = 0;  ///< elements between the channels of a pixel and the next pixel
  kernels::Conv2dChoice choice = kernels::Conv2dChoice::by_image;

  Conv2dShape shape() const {
    return {.n = n,
            .h = h,
            .w = w,
            .c = c,
            .k = k,
            .r = r,
            .s = s,
            .p = (h + top + bottom - (r - 1) * dilation - 1) / stride + 1,
            .q = (w + left + right - (s - 1) * dilation - 1) / stride + 1,
            .stride_h = stride,
            .stride_w = stride,
            .dilation_h = dilation,
            .dilation_w = dilation,
            .pad_top = top,
            .pad_left = left,
            .groups = groups,
            .x_pitch = c + gap,
            .y_pitch = k + gap,
            .choice = choice};
  }
};

constexpr auto kDirect = kernels::Conv2dChoice::direct;
constexpr auto kWinograd = kernels::Conv2dChoice::winograd;
constexpr auto kByBatch = kernels::Conv2dChoice::by_batch;

constexpr Layer kLayers[] = {
    {.n = 3, .h = 1, .w = 1, .c = 37, .k = 41, .r = 1, .s = 1},
    {.n = 2, .h = 9, .w = 8, .c = 1, .k = 1, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
    {.n = 2, .h = 17, .w = 15, .c = 3, .k = 20, .r = 7, .s = 7, .stride = 2, .top = 3, .bottom = 3, .left = 3, .right = 3},
    {.n = 3, .h = 11, .w = 7, .c = 13, .k = 19, .r = 3, .s = 5, .top = 1, .bottom = 1, .left = 2, .right = 2, .gap = 3},
    {.n = 2, .h = 6, .w = 5, .c = 10, .k = 14, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1, .groups = 2},
    {.n = 2, .h = 9, .w = 7, .c = 35, .k = 35, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1, .groups = 35},
    {.n = 1, .h = 9, .w = 10, .c = 64, .k = 64, .r = 5, .s = 5, .stride = 2, .top = 2, .bottom = 2, .left = 2, .right = 2, .groups = 64},
    {.n = 1, .h = 13, .w = 11, .c = 8, .k = 31, .r = 3, .s = 3, .stride = 3, .top = 1, .bottom = 0, .left = 0, .right = 2},
    {.n = 2, .h = 12, .w = 9, .c = 17, .k = 33, .r = 3, .s = 3, .dilation = 2, .top = 2, .bottom = 2, .left = 2, .right = 2},
    {.n = 0, .h = 5, .w = 5, .c = 4, .k = 6, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
    {.n = 2, .h = 14, .w = 14, .c = 64, .k = 64, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1, .choice = kDirect},
    {.n = 2, .h = 14, .w = 13, .c = 33, .k = 47, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1, .choice = kWinograd},
    {.n = 5, .h = 7, .w = 7, .c = 48, .k = 32, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1, .choice = kByBatch},
    {.n = 1, .h = 3, .w = 50, .c = 600, .k = 40, .r = 1, .s = 1},
};

/// Winograd's transforms cost digits: see its error bound in the tests of the kernels.
constexpr Accuracy kAccuracy{.tolerance = 32 * 0x1p-24, .scale = Scale::terms};

std::int64_t x_count(const Conv2dShape& s) { return s.n * s.h * s.w * s.x_pitch; }
std::int64_t y_count(const Conv2dShape& s) { return s.n * s.p * s.q * s.y_pitch; }
std::int64_t filter_count(const Conv2dShape& s) { return s.k * s.r * s.s * (s.c / s.groups); }

}  // namespace

template <class T>
void check_conv2d(Suite<T>& suite) {
  const auto forward = [](auto& run, const auto& kernels, const Layer& layer) {
    const Conv2dShape s = layer.shape();
    const auto x = run.values(x_count(s));
    const auto filter = run.weights(filter_count(s)), bias = run.weights(s.k);
    auto y = run.empty(y_count(s));
    std::vector<std::byte> packed(kernels.conv2d.packed_filter_bytes(s) + 64);
    std::byte* const aligned = packed.data() + (64 - reinterpret_cast<std::uintptr_t>(packed.data()) % 64) % 64;
    kernels.conv2d.pack_filter(run.context(), s, filter.data(), aligned);
    void* const workspace = run.scratch(kernels.conv2d.workspace_bytes(run.context(), s, Conv2dPass::forward));
    kernels.conv2d.forward(run.context(), s, x.data(), aligned, {.bias = bias.data(), .activation = kernels::Activation::relu}, y.data(),
                           workspace);
    run.result(y);
  };
  const auto backward_data = [](auto& run, const auto& kernels, const Layer& layer) {
    const Conv2dShape s = layer.shape();
    const auto dy = run.values(y_count(s));
    const auto filter = run.weights(filter_count(s));
    auto dx = run.empty(x_count(s));
    void* const workspace = run.scratch(kernels.conv2d.workspace_bytes(run.context(), s, Conv2dPass::backward_data));
    kernels.conv2d.backward_data(run.context(), s, dy.data(), filter.data(), dx.data(), workspace);
    run.result(dx);
  };
  const auto backward_filter = [](auto& run, const auto& kernels, const Layer& layer) {
    const Conv2dShape s = layer.shape();
    const auto x = run.values(x_count(s)), dy = run.values(y_count(s));
    auto dfilter = run.empty_weights(filter_count(s));
    void* const workspace = run.scratch(kernels.conv2d.workspace_bytes(run.context(), s, Conv2dPass::backward_filter));
    kernels.conv2d.backward_filter(run.context(), s, x.data(), dy.data(), dfilter.data(), workspace);
    run.result(dfilter);
  };
  suite.check(
      "conv2d.forward", kAccuracy, kLayers, [](const auto& kernels) { return kernels.conv2d.forward; }, forward);
  suite.check(
      "conv2d.backward_data", kAccuracy, kLayers, [](const auto& kernels) { return kernels.conv2d.backward_data; }, backward_data);
  suite.check(
      "conv2d.backward_filter", kAccuracy, kLayers, [](const auto& kernels) { return kernels.conv2d.backward_filter; }, backward_filter);
}
template void check_conv2d(Suite<float>&);
template void check_conv2d(Suite<bf16>&);

}  // namespace fovea::selftest_detail
