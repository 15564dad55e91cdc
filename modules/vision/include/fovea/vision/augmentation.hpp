// Random changes of geometry for training. An augmentation draws a plain Transform, which then applies to the image and its annotations
// alike.
#pragma once

#include <memory>
#include <opencv2/core/types.hpp>
#include <utility>
#include <vector>

#include "fovea/base/random.hpp"
#include "fovea/vision/box.hpp"
#include "fovea/vision/transform.hpp"

namespace fovea {

/// Immutable and thread-safe; what is drawn depends only on the input's size and the stream.
class Augmentation {
 public:
  virtual ~Augmentation() = default;
  virtual std::unique_ptr<Transform> draw(cv::Size input, RandomStream& stream) const = 0;
  /// The same for an image with objects, whose boxes some augmentations look at.
  virtual std::unique_ptr<Transform> draw_with(cv::Size input, const std::vector<Box>& boxes, RandomStream& stream) const;
  /// Whether it brings pictures to a size of its own: then it wants the whole picture, not one that was resized before.
  virtual bool sets_size() const { return false; }
};

/// Mirrors along one axis with the given probability.
class RandomFlip final : public Augmentation {
 public:
  /// Throws OptionError when `probability` is not in [0, 1].
  explicit RandomFlip(double probability = 0.5, FlipAxis axis = FlipAxis::horizontal);
  std::unique_ptr<Transform> draw(cv::Size input, RandomStream& stream) const override;

 private:
  double probability_;
  FlipAxis axis_;
};

/// Pads every side by `pixels` of `pad_value` and cuts the input's size out at a random place.
/// Source: He et al., "Deep residual learning", CVPR 2016, section 4.2 (CIFAR-10).
class RandomCropWithPadding final : public Augmentation {
 public:
  /// Throws OptionError when `pixels` is negative.
  explicit RandomCropWithPadding(int pixels, double pad_value = 0);
  std::unique_ptr<Transform> draw(cv::Size input, RandomStream& stream) const override;

 private:
  int pixels_;
  double pad_value_;
};

/// A random part of the image, stretched to `output`. Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 6.
class RandomResizedCrop final : public Augmentation {
 public:
  struct Options {
    cv::Size output;                                  ///< pixels
    double min_scale = 0.08, max_scale = 1;           ///< part of the image's area, uniform
    double min_ratio = 3.0 / 4, max_ratio = 4.0 / 3;  ///< width / height, uniform in its logarithm
  };
  /// Throws OptionError unless 0 < min <= max for both ranges, max_scale <= 1, and the output is at least 1x1.
  explicit RandomResizedCrop(const Options& options);
  /// After ten draws that do not fit in the image: the largest centred part whose ratio is in the range.
  std::unique_ptr<Transform> draw(cv::Size input, RandomStream& stream) const override;
  bool sets_size() const override { return true; }

 private:
  cv::Rect draw_area(cv::Size input, RandomStream& stream) const;

  Options options_;
};

/// One after the other; with none, the image as it is.
class AugmentationSequence final : public Augmentation {
 public:
  explicit AugmentationSequence(std::vector<std::shared_ptr<const Augmentation>> parts) : parts_(std::move(parts)) {}
  std::unique_ptr<Transform> draw(cv::Size input, RandomStream& stream) const override;
  std::unique_ptr<Transform> draw_with(cv::Size input, const std::vector<Box>& boxes, RandomStream& stream) const override;
  /// When one of the parts does.
  bool sets_size() const override;

 private:
  std::vector<std::shared_ptr<const Augmentation>> parts_;
};

}  // namespace fovea
