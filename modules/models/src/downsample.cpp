#include "downsample.hpp"

#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"

namespace fovea {

void make_downsample(std::optional<Sequential>& downsample, std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride) {
  if (stride == 1 && in_channels == out_channels) return;
  downsample.emplace();
  downsample->emplace<Conv2d>(in_channels, out_channels, Conv2dOptions{.kernel = 1, .stride = stride, .bias = false});
  downsample->emplace<BatchNorm2d>(out_channels);
}

}  // namespace fovea
