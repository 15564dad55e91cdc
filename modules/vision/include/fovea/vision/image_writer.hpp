// Writing pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

namespace fovea {

/// The bytes of an image file: an 8- or 16-bit image with 1, 3 or 4 channels in the format of this extension (jpg jpeg png bmp tif tiff
/// webp pgm ppm, in lower case, with its dot). Throws FileError naming `name` for an image that the format cannot hold.
std::vector<std::uint8_t> encode_image(const std::string& extension, const cv::Mat& image, const std::string& name);

/// Writes an 8- or 16-bit image with 1, 3 or 4 channels, in the format that the extension names (jpg jpeg png bmp tif tiff webp pgm ppm,
/// any case). The file is replaced as a whole (write_file). Creates missing folders. Throws FileError for an unknown extension, an image
/// the format cannot hold, and when the file cannot be written.
void save_image(const std::filesystem::path& path, const cv::Mat& image);

}  // namespace fovea
