// How far the f32 convolutions are from f64, Winograd's and the direct ones: 3x3 layers on values drawn from [-1, 1].
//   build/dev/benchmarks/kernels/convolution_error
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "fovea/kernels/kernel_table.hpp"
#include "support/values.hpp"

namespace fovea::kernels {
namespace {

constexpr std::int64_t kImages = 2, kSize = 12;

template <class T>
std::vector<T> run(const Conv2dKernels<T>& conv2d, const Conv2dShape& shape, Conv2dPass pass, const std::vector<T>& x,
                   const std::vector<T>& filter, const std::vector<T>& dy) {
  Context context(0);
  std::vector<std::max_align_t> packed(conv2d.packed_filter_bytes(shape) / sizeof(std::max_align_t) + 1);
  void* workspace = context.workspace(conv2d.workspace_bytes(context, shape, pass));
  std::vector<T> result(pass == Conv2dPass::forward ? dy.size() : pass == Conv2dPass::backward_data ? x.size() : filter.size());
  switch (pass) {
    case Conv2dPass::forward:
      conv2d.pack_filter(context, shape, filter.data(), packed.data());
      conv2d.forward(context, shape, x.data(), packed.data(), {}, result.data(), workspace);
      break;
    case Conv2dPass::backward_data:
      conv2d.backward_data(context, shape, dy.data(), filter.data(), result.data(), workspace);
      break;
    case Conv2dPass::backward_filter:
      conv2d.backward_filter(context, shape, x.data(), dy.data(), result.data(), workspace);
      break;
  }
  return result;
}

void compare(std::int64_t channels, const char* name, Conv2dPass pass) {
  Conv2dShape shape{.n = kImages,
                    .h = kSize,
                    .w = kSize,
                    .c = channels,
                    .k = channels,
                    .r = 3,
                    .s = 3,
                    .p = kSize,
                    .q = kSize,
                    .pad_top = 1,
                    .pad_left = 1,
                    .x_pitch = channels,
                    .y_pitch = channels};
  const auto x = test::random_values<float>(kImages * kSize * kSize * channels, 1),
             dy = test::random_values<float>(kImages * kSize * kSize * channels, 2),
             filter = test::random_values<float>(9 * channels * channels, 3);
  const auto wide = [](const std::vector<float>& values) { return std::vector<double>(values.begin(), values.end()); };
  const std::vector<double> exact = run(reference_table().f64.conv2d, shape, pass, wide(x), wide(filter), wide(dy));
  fmt::print("{:>4} channels  {:16}", channels, name);
  for (const auto choice : {Conv2dChoice::winograd, Conv2dChoice::direct}) {
    shape.choice = choice;
    const std::vector<float> result = run(table().f32.conv2d, shape, pass, x, filter, dy);
    double largest = 0, sum = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const double error = std::abs(result[i] - exact[i]);
      largest = std::max(largest, error);
      sum += error;
    }
    fmt::print("  {}: mean {:.1e}, largest {:.1e}", choice == Conv2dChoice::winograd ? "winograd" : "direct",
               sum / static_cast<double>(exact.size()), largest);
  }
  fmt::print("\n");
}

}  // namespace
}  // namespace fovea::kernels

int main() {
  using fovea::kernels::Conv2dPass;
  fmt::print("{}\n", fovea::kernels::table().name);
  for (const std::int64_t channels : {64, 128, 256, 512}) {
    fovea::kernels::compare(channels, "forward", Conv2dPass::forward);
    fovea::kernels::compare(channels, "backward_data", Conv2dPass::backward_data);
    fovea::kernels::compare(channels, "backward_filter", Conv2dPass::backward_filter);
  }
}
