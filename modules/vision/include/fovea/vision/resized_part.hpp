// The way from a file to a network's input that most pictures take: a part of the picture, resized, perhaps mirrored. It needs only that
// part decoded, and no picture in between.
#pragma once

#include <opencv2/core/types.hpp>
#include <vector>

#include "fovea/vision/encoded_image.hpp"
#include "fovea/vision/preprocessing.hpp"
#include "fovea/vision/transform.hpp"

namespace fovea {

/// `area` of a picture, stretched to `size` as make_resize does, then mirrored left and right if `mirrored`.
struct ResizedPart {
  cv::Rect area;
  cv::Size size;
  bool mirrored = false;

  bool is_resized() const { return size != area.size(); }
};

/// A transform as a resized part of the picture and what comes after it.
struct SplitTransform {
  ResizedPart first;
  std::vector<const Transform*> rest;  ///< live as long as the transform
};

/// Takes as much as possible into `first`: crops within the picture, one change of size, horizontal flips behind it.
/// Applying `first` and `rest` gives the pixels of `transform`, to the bit.
SplitTransform split(const Transform& transform);

/// The reduction that a picture may be decoded with before `part` is taken from it: the largest of 1, 2, 4, 8 that leaves at least as many
/// pixels as `part.size` along both axes, so that nothing is enlarged that was reduced before.
int reduction_for(const ResizedPart& part);

/// The pixels of `part`, whose area was decoded as `source`: 8-bit BGR of part.size.
cv::Mat resized_pixels(const ImagePart& source, const ResizedPart& part);

/// The same as the numbers of `preprocessing`, [height, width, 3], without pixels in between. Throws ShapeError unless part.size is the
/// network's and it takes three channels.
void fill_resized(const ImagePart& source, const ResizedPart& part, const Preprocessing& preprocessing, float* destination);

}  // namespace fovea
