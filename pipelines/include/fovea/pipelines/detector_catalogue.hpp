// Detectors by name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/detection/detector.hpp"

namespace fovea {

struct DetectorEntry {
  std::string name;         ///< "yolov3-tiny"
  std::string summary;      ///< one line
  std::int64_t image_size;  ///< side that it is usually run at
};

/// Every detector, in the order in which help texts list them.
std::vector<DetectorEntry> detector_catalogue();
/// The entry of a detector. Throws OptionError on unknown names, naming the nearest known one.
DetectorEntry require_detector(const std::string& name);

/// The full description of a detector, defaults filled in; `options` are those that differ from the defaults:
///   backbone  darknet-tiny, darknet19, darknet53, mobilenet-v1, mobilenet-v2, resnet18, -34, -50, -101, vgg16-bn, vgg16-atrous; width:
///             multiplier of its channels (not of darknet19, darknet53 and vgg16-bn)
///   finest    stride of the finest map that is looked at
///   neck      channels of the neck's maps; a pyramid of 0 is none
///   neck_kind pyramid (FeaturePyramid), passthrough (Passthrough), extra (ExtraMaps), ssd300 (SSD300's ExtraMaps)
///   extra_levels  coarser maps behind the backbone's (pyramid, extra)
///   head      grid, region, anchor, center, retina, ssd; head_channels, head_layers: of its convolutions (layers: region, center, retina)
///   depthwise the neck's and the head's 3x3 convolutions are a filter per channel and a 1x1 convolution
///   anchors   for each map, from fine to coarse, a list of [width, height] (retina: none, for those of its paper)
/// Throws OptionError on unknown names and keys, naming the nearest known one.
Json detector_architecture(const std::string& name, std::int64_t classes, const Json& options);

/// Builds the detector of a description that detector_architecture() made. `where` names the description in errors.
std::unique_ptr<OneStageDetector> build_detector(const Json& architecture, const std::string& where);

}  // namespace fovea
