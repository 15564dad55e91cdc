// Changes of an image's geometry that also map points, both ways, so that annotations follow and predictions come back.
//
// Coordinates are continuous: the first pixel covers [0, 1) x [0, 1) and its centre is (0.5, 0.5); the image covers [0, width] x [0,
// height].
#pragma once

#include <memory>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/matx.hpp>
#include <opencv2/core/types.hpp>
#include <utility>
#include <vector>

namespace fovea {

struct ResizedPart;

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
  /// The same for one value a pixel that must not be mixed, such as classes: what lies under the centre of every new pixel, of any type.
  /// Where nothing does, `fill`. Colours are left alone. Throws ShapeError as apply(image).
  cv::Mat apply_labels(const cv::Mat& labels, double fill) const;
  /// From input to output coordinates, and back: invert(apply(p)) is p up to rounding, also outside the image.
  virtual cv::Point2d apply(cv::Point2d point) const = 0;
  virtual cv::Point2d invert(cv::Point2d point) const = 0;

  /// Appends what it is made of, in order: itself, or the parts of a chain, which live as long as it does.
  virtual void append_parts(std::vector<const Transform*>& parts) const { parts.push_back(this); }
  /// Takes this change, which follows on `part`, into it when both together give the same pixels as a part, resized and then mirrored.
  virtual bool join(ResizedPart& part) const;

 protected:
  /// Throws OptionError when a side is less than 1; `name` names the transform.
  Transform(const char* name, cv::Size input, cv::Size output);

 private:
  virtual cv::Mat apply_checked(const cv::Mat& image) const = 0;
  virtual cv::Mat apply_labels_checked(const cv::Mat& labels, double fill) const;
  void require_size(const cv::Mat& image) const;

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

enum class FlipAxis { horizontal, vertical };
/// Mirrors left and right, or top and bottom.
std::unique_ptr<Transform> make_flip(cv::Size input, FlipAxis axis = FlipAxis::horizontal);

/// p -> matrix [x y 1]^T, then x / w, y / w: rotation, scale, shear, translation (last row 0 0 1) and perspective, into an image of size
/// `output`. Pixels are interpolated linearly; those that come from outside the image are `pad_value`.
/// Throws OptionError when the matrix has no inverse, or when w <= 0 somewhere in the image (it would be seen from behind).
std::unique_ptr<Transform> make_projective(cv::Size input, cv::Size output, const cv::Matx33d& matrix, double pad_value = 0);

/// Radial distortion of a lens around the image's centre c: what is seen at p lay at c + (p - c) (1 + strength r^2), with r = |p - c| /
/// (half the diagonal). Positive: a barrel, negative: a cushion. Throws OptionError unless -0.3 < strength <= 2, where it stays invertible.
/// Source: Brown, "Decentering distortion of lenses", 1966 (its first radial term).
std::unique_ptr<Transform> make_lens_distortion(cv::Size input, double strength, double pad_value = 0);

/// What is seen at p lay at p + d(p), where d is interpolated (bicubic B-spline) from one displacement in pixels per node of a grid that is
/// spread over the image, given row by row. Throws OptionError unless there are at least 2 x 2 nodes, as many displacements, and these
/// differ so little from node to node that nothing folds over: by less than 0.45 of the nodes' distance along either axis.
/// Source: Ronneberger et al., "U-Net", MICCAI 2015, section 3.1.
std::unique_ptr<Transform> make_elastic(cv::Size input, cv::Size nodes, std::vector<cv::Point2d> displacements, double pad_value = 0);

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
