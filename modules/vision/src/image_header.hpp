// What an image file says of itself before it is decoded.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "fovea/vision/image_loader.hpp"

namespace fovea {

enum class ImageFormat { jpeg, png, bmp, tiff, webp, pnm };

/// "JPEG", "PNG", ...
const char* name_of(ImageFormat format);

struct ImageHeader {
  ImageFormat format = ImageFormat::jpeg;
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::uint32_t white = 0;     ///< the sample value of white where the file defines one (PNM); 0: all bits set
  bool straight_alpha = true;  ///< false for a TIFF whose colours are multiplied by alpha
};

/// Reads the header. Throws FileError naming `name` when the bytes are of no known format, cut short (as far as the format tells),
/// or of a kind that is refused.
ImageHeader read_image_header(std::span<const std::uint8_t> bytes, const std::string& name);
/// The same for a picture that the policy takes: of its bytes, its sides and its pixels. Throws FileError naming `name` and the limit.
ImageHeader read_allowed_header(std::span<const std::uint8_t> bytes, const std::string& name, const ImagePolicy& policy);

}  // namespace fovea
