// A picture with what is known of it, and what becomes of that when the picture's geometry changes.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fovea/vision/box.hpp"
#include "fovea/vision/rle_mask.hpp"
#include "fovea/vision/transform.hpp"

namespace fovea {

/// A corner of a polygon or a marked place of an object, in pixels.
struct KeyPoint {
  cv::Point2d place;
  bool is_visible = true;
};

struct AnnotatedObject {
  Box box;
  std::int64_t label = 0;
  std::vector<std::vector<cv::Point2d>> polygons = {};  ///< outlines of its parts; none if unknown
  std::optional<RleMask> mask = {};                     ///< of the picture's size
  std::vector<KeyPoint> key_points = {};                ///< in a fixed order: they are never left out
  std::string caption = {};                             ///< drawn instead of the class's name
};

struct AnnotatedImage {
  cv::Mat image;  ///< 8 bits
  std::vector<AnnotatedObject> objects = {};
  cv::Mat labels = {};  ///< a class per pixel, one channel of 8 or 16 bits; empty if unknown
};

struct AnnotationOptions {
  double label_fill = 255;        ///< of pixels that come from outside the image: "ignore"
  double smallest_visible = 0.1;  ///< objects of whose box's area less than this part stays in the picture are left out
  double shortest_side = 1;       ///< and those whose box has a shorter side, in pixels
};

/// The box around the pixels of a mask; all 0 for an empty one.
Box box_around(const RleMask& mask);

/// The box around what becomes of a box under a transform, not clipped. Its border is followed in 4 x 8 steps, because transforms may
/// bend it.
Box transformed(const Transform& transform, const Box& box);

/// An object under a transform, or nothing when too little of it is left in the picture. Boxes of objects with an outline or a mask are
/// those around what of the outline or the mask is in the picture, which is tighter than the box around the turned box. Polygons are not
/// clipped, as one that leaves the picture and comes back must not be joined along its border. Key points outside become invisible.
std::optional<AnnotatedObject> transformed(const Transform& transform, const AnnotatedObject& object,
                                           const AnnotationOptions& options = {});

/// The same for many; those that are left.
std::vector<AnnotatedObject> transformed_objects(const Transform& transform, const std::vector<AnnotatedObject>& objects,
                                                 const AnnotationOptions& options = {});

/// The picture and all that is known of it. Throws ShapeError when one is not of the transform's input size.
AnnotatedImage transformed(const Transform& transform, const AnnotatedImage& sample, const AnnotationOptions& options = {});

}  // namespace fovea
