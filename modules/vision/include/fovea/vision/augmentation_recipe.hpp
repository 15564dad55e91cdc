// Augmentations from recipes.
#pragma once

#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/vision/random_changes.hpp"

namespace fovea {

/// The names that recipes know, in the order of random_changes.hpp.
std::vector<std::string> augmentation_names();

/// One after the other, from a list of names and objects:
///     ["flip", {"name": "affine", "degrees": 15, "probability": 0.5}, {"name": "color-jitter", "hue": 0.05}]
/// The other keys of an object are the options of the function of that name in random_changes.hpp and augmentation.hpp, by their names
/// there, with the same defaults; each may have a "probability" of being used at all. What gives pictures a size of its own ("letterbox",
/// "scale-crop", "resized-crop") gives `output`. Throws OptionError naming `where`, the key, what was expected and what was found.
AugmentationPart augmentation_from(const Json& list, cv::Size output, const std::string& where);

}  // namespace fovea
