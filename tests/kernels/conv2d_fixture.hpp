// Runs the convolution kernels on vectors, allocating what they ask for and nothing more.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

#include "comparison.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea::test {

/// A shape in the words of a layer; 0 in a pitch means dense.
struct ConvCase {
  const char* name;
  std::int64_t n, h, w, c, k, r, s;
  std::int64_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;
  std::int64_t groups = 1;
  std::int64_t x_pitch = 0, y_pitch = 0;

  static std::int64_t output(std::int64_t extent, std::int64_t taps, std::int64_t stride, std::int64_t dilation, std::int64_t padding) {
    return (extent + padding - (taps - 1) * dilation - 1) / stride + 1;
  }
  kernels::Conv2dShape shape() const {
    return {.n = n,
            .h = h,
            .w = w,
            .c = c,
            .k = k,
            .r = r,
            .s = s,
            .p = output(h, r, stride_h, dilation_h, top + bottom),
            .q = output(w, s, stride_w, dilation_w, left + right),
            .stride_h = stride_h,
            .stride_w = stride_w,
            .dilation_h = dilation_h,
            .dilation_w = dilation_w,
            .pad_top = top,
            .pad_left = left,
            .groups = groups,
            .x_pitch = x_pitch == 0 ? c : x_pitch,
            .y_pitch = y_pitch == 0 ? k : y_pitch};
  }
};

inline void PrintTo(const ConvCase& conv, std::ostream* out) { *out << conv.name; }

/// Elements that a tensor of `pixels` pixels spans: the last pixel has no gap behind it.
inline std::int64_t span_of(std::int64_t pixels, std::int64_t channels, std::int64_t pitch) {
  return pixels == 0 ? 0 : (pixels - 1) * pitch + channels;
}
inline std::int64_t x_count(const kernels::Conv2dShape& s) { return span_of(s.n * s.h * s.w, s.c, s.x_pitch); }
inline std::int64_t y_count(const kernels::Conv2dShape& s) { return span_of(s.n * s.p * s.q, s.k, s.y_pitch); }
inline std::int64_t filter_count(const kernels::Conv2dShape& s) { return s.k * s.r * s.s * (s.c / s.groups); }

/// One element type's convolutions on `threads` threads. Results start out as `kUntouched`, which gaps between pixels keep.
template <class T>
class ConvRunner {
 public:
  using Weight = kernels::WeightOf<T>;
  static constexpr float kUntouched = 77;

  explicit ConvRunner(const kernels::KernelTable& table, int threads = 1) : conv2d_(table.of<T>().conv2d), context_(threads) {}

  std::vector<T> forward(const kernels::Conv2dShape& shape, const std::vector<T>& x, const std::vector<Weight>& filter,
                         const kernels::Epilogue<T>& epilogue = {}) {
    Scratch packed(conv2d_.packed_filter_bytes(shape));
    std::vector<T> y(static_cast<std::size_t>(y_count(shape)), static_cast<T>(kUntouched));
    conv2d_.pack_filter(context_, shape, filter.data(), packed.data());
    conv2d_.forward(context_, shape, x.data(), packed.data(), epilogue, y.data(), workspace(shape, kernels::Conv2dPass::forward));
    return y;
  }
  std::vector<T> backward_data(const kernels::Conv2dShape& shape, const std::vector<T>& dy, const std::vector<Weight>& filter) {
    std::vector<T> dx(static_cast<std::size_t>(x_count(shape)), static_cast<T>(kUntouched));
    conv2d_.backward_data(context_, shape, dy.data(), filter.data(), dx.data(), workspace(shape, kernels::Conv2dPass::backward_data));
    return dx;
  }
  std::vector<Weight> backward_filter(const kernels::Conv2dShape& shape, const std::vector<T>& x, const std::vector<T>& dy) {
    std::vector<Weight> dfilter(static_cast<std::size_t>(filter_count(shape)), kUntouched);
    conv2d_.backward_filter(context_, shape, x.data(), dy.data(), dfilter.data(), workspace(shape, kernels::Conv2dPass::backward_filter));
    return dfilter;
  }

 private:
  void* workspace(const kernels::Conv2dShape& shape, kernels::Conv2dPass pass) {
    return workspace_.emplace(conv2d_.workspace_bytes(context_, shape, pass)).data();
  }

  const kernels::Conv2dKernels<T>& conv2d_;
  kernels::Context context_;
  std::optional<Scratch> workspace_;
};

}  // namespace fovea::test
