// What is refused before anything is decoded.
#pragma once

#include "fovea/vision/image_loader.hpp"
#include "image_header.hpp"

namespace fovea {

/// The header of a file that keeps to the limits. Throws FileError naming `name` for an empty file, one beyond the limits, and as
/// read_image_header.
ImageHeader checked_image_header(std::span<const std::uint8_t> bytes, const std::string& name, const ImagePolicy& policy);

}  // namespace fovea
