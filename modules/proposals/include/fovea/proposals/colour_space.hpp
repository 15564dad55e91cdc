// Colour spaces that selective search looks at images in.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>

namespace fovea {

/// Uijlings et al. 2013, section 3.2: they differ in what changes of light they do not see.
enum class ColourSpace : std::uint8_t {
  hsv,             ///< hue (a full circle is 256), saturation, value
  lab,             ///< CIELAB
  rgi,             ///< r and g of normalised RGB, and intensity
  hue,             ///< of HSV, alone
  normalized_rgb,  ///< R, G, B divided by their sum
  intensity,
};

/// "hsv", "lab", "rgi", "hue", "normalized-rgb", "intensity"
const char* name_of(ColourSpace space);

/// An 8-bit BGR or grey image in another space: 8-bit, three channels (hue, intensity: one). Black has r = g = b = 1/3.
cv::Mat to_colour_space(const cv::Mat& image, ColourSpace space);

}  // namespace fovea
