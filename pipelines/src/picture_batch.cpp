#include "picture_batch.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/kernels/context.hpp"

namespace fovea {

void require_picture(const cv::Mat& image, const char* task) {
  if (image.dims == 2 && !image.empty() && (image.type() == CV_8UC3 || image.type() == CV_8UC1)) return;
  throw ShapeError(fmt::format("[{}] wants 8-bit BGR or grey images (CV_8UC3, CV_8UC1), found {} of {} axes, {}x{} pixels", task,
                               cv::typeToString(image.type()), image.dims, image.cols, image.rows));
}

Tensor picture_batch(std::span<const cv::Mat> images, const Preprocessing& preprocessing, const char* task) {
  for (const cv::Mat& image : images) require_picture(image, task);
  const Preprocessing& p = preprocessing;
  const std::int64_t numbers = std::int64_t{p.height} * p.width * p.channels, count = std::ssize(images);
  Tensor batch = Tensor::empty({count, p.height, p.width, p.channels});
  float* const values = batch.mutable_data<float>();
  parallel_for(kernels::Context::current().threads(), count, 1, [&](std::int64_t i, std::int64_t) {
    const cv::Mat& image = images[static_cast<std::size_t>(i)];
    p.fill(p.geometry(image.size())->apply(image), values + i * numbers);
  });
  return batch;
}

}  // namespace fovea
