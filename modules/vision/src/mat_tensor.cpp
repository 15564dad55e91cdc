#include "fovea/vision/mat_tensor.hpp"

#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

DType dtype_of_depth(int depth) {
  switch (depth) {
    case CV_8U:
      return DType::u8;
    case CV_32S:
      return DType::i32;
    case CV_32F:
      return DType::f32;
    case CV_64F:
      return DType::f64;
    default:
      throw ShapeError("[to_tensor] wants images of CV_8U, CV_32S, CV_32F or CV_64F, found " + cv::typeToString(depth));
  }
}

int depth_of_dtype(DType dtype) {
  switch (dtype) {
    case DType::u8:
      return CV_8U;
    case DType::i32:
      return CV_32S;
    case DType::f32:
      return CV_32F;
    case DType::f64:
      return CV_64F;
    default:
      throw ShapeError(fmt::format("[to_mat] wants u8, i32, f32 or f64, found {}", name_of(dtype)));
  }
}

}  // namespace

Tensor to_tensor(const cv::Mat& image) {
  if (image.dims > 2) throw ShapeError(fmt::format("[to_tensor] wants an image, found an array of {} dimensions", image.dims));
  Tensor tensor = Tensor::empty({image.rows, image.cols, image.channels()}, dtype_of_depth(image.depth()));
  if (tensor.numel() == 0) return tensor;
  cv::Mat view(image.rows, image.cols, image.type(), tensor.raw_data());
  image.copyTo(view);
  return tensor;
}

cv::Mat to_mat(const Tensor& tensor) {
  const auto too_large = [&](int axis) { return tensor.extent(axis) > std::numeric_limits<int>::max(); };
  if (tensor.rank() < 2 || tensor.rank() > 3 || too_large(0) || too_large(1))
    throw ShapeError("[to_mat] wants [height, width] or [height, width, channels], found " + tensor.shape().to_string());
  const std::int64_t channels = tensor.rank() == 3 ? tensor.extent(2) : 1;
  if (channels < 1 || channels > CV_CN_MAX) throw ShapeError(fmt::format("[to_mat] wants 1 to {} channels, found {}", CV_CN_MAX, channels));
  cv::Mat image(static_cast<int>(tensor.extent(0)), static_cast<int>(tensor.extent(1)),
                CV_MAKETYPE(depth_of_dtype(tensor.dtype()), static_cast<int>(channels)));
  if (tensor.numel() > 0) std::memcpy(image.data, tensor.raw_data(), tensor.bytes());
  return image;
}

}  // namespace fovea
