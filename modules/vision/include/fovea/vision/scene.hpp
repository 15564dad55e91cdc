// Scenes: objects cut out of pictures of their own and laid on a photograph, so that boxes, masks and labels are known exactly.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <span>

#include "fovea/base/random.hpp"
#include "fovea/vision/annotated_image.hpp"

namespace fovea {

/// A picture of one thing: 8 bits, grey, bright on black.
struct SceneObject {
  cv::Mat picture;
  std::int64_t label = 0;
};

struct SceneOptions {
  cv::Size size = {320, 240};
  double min_side = 0.15, max_side = 0.55;  ///< of an object's picture, as a part of the scene's shorter side; log-uniform between these
  double max_degrees = 25;                  ///< objects are turned by up to this in both directions
  double smallest_visible = 0.5;            ///< of every object this part at least is inside the scene and not covered
};

/// Throws OptionError naming the option that is out of range.
void check_scene_options(const SceneOptions& options);

/// What belongs to the object in a picture of it: everything within its outer outlines, dark parts included. 8 bits, 0 or 255.
cv::Mat object_mask(const cv::Mat& picture);

/// A random crop of `background`, and the objects on it, each turned, mirrored, scaled, coloured and laid at a place of its own over those
/// before it. An object for which no place is found, as others must stay visible, is left out. Every object has its box and the mask of
/// what is seen of it; `labels` is 0 where the photograph is seen and an object's label + 1 where that is. All is drawn from the stream.
/// Throws ShapeError when a picture is not as described, or the background not 8-bit BGR.
AnnotatedImage make_scene(const cv::Mat& background, std::span<const SceneObject> objects, RandomStream& stream,
                          const SceneOptions& options = {});

}  // namespace fovea
