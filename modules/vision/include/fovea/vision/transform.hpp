// Changes of an image's geometry that also map points, both ways, so that annotations follow and predictions come back.
//
// Coordinates are continuous: the first pixel covers [0, 1) x [0, 1) and its centre is (0.5, 0.5); the image covers [0, width] x [0,
// height].
#pragma once

#include <memory>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <utility>
#include <vector>

namespace fovea {

/// One change of geometry, for images of one size. Immutable and thread-safe.
class Transform {
 public:
  virtual ~Transform() = default;
  Transform(const Transform&) = delete;
  Transform& operator=(const Transform&) = delete;

  cv::Size input_size() const { return input_size_; }
  cv::Size output_size() const { return output_size_; }

  /// A new image of output_size(), with the type and channels of `image`. Throws ShapeError when `image` is not of input_size().
  cv::Mat apply(const cv::Mat& image) const;
  /// From input to output coordinates, and back: invert(apply(p)) is p up to rounding, also outside the image.
  virtual cv::Point2d apply(cv::Point2d point) const = 0;
  virtual cv::Point2d invert(cv::Point2d point) const = 0;

 protected:
  /// Throws OptionError when a side is less than 1; `name` names the transform.
  Transform(const char* name, cv::Size input, cv::Size output);

 private:
  virtual cv::Mat apply_checked(const cv::Mat& image) const = 0;

  const char* name_;
  cv::Size input_size_;
  cv::Size output_size_;
};

/// Stretches to `output`. An axis that shrinks is averaged over the area that each new pixel covers, an axis that grows is interpolated
/// linearly, shrinking first: 60000x1 to 28x28 averages along x and repeats along y.
/// Pixels of type 32S are rounded to the nearest integer; the weights have single precision.
std::unique_ptr<Transform> make_resize(cv::Size input, cv::Size output);

/// Scales to the largest size that fits in `output` with the proportions kept (to whole pixels, at least one), and centres that on
/// `pad_value`.
std::unique_ptr<Transform> make_letterbox(cv::Size input, cv::Size output, double pad_value);

/// The largest centred part of the input with the proportions of `output` (to whole pixels, at least one), scaled to `output`.
std::unique_ptr<Transform> make_center_crop(cv::Size input, cv::Size output);

/// The part of the image in `area`; pixels of `area` outside the image get `pad_value` in every channel.
std::unique_ptr<Transform> make_crop(cv::Size input, cv::Rect area, double pad_value = 0);

/// Mirrors left and right.
std::unique_ptr<Transform> make_flip(cv::Size input);

/// One after the other; with none, the image as it is. Throws ShapeError when one does not take what the one before gives.
std::unique_ptr<Transform> make_chain(cv::Size input, std::vector<std::unique_ptr<Transform>> parts);

/// make_chain for a fixed list.
template <class... Parts>
std::unique_ptr<Transform> chain(cv::Size input, Parts... parts) {
  std::vector<std::unique_ptr<Transform>> list;
  (list.push_back(std::move(parts)), ...);
  return make_chain(input, std::move(list));
}

}  // namespace fovea
