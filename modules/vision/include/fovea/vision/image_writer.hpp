// Writing pictures.
#pragma once

#include <filesystem>
#include <opencv2/core/mat.hpp>

namespace fovea {

/// Writes an 8- or 16-bit image with 1, 3 or 4 channels, in the format that the extension names (jpg jpeg png bmp tif tiff webp pgm ppm,
/// any case). The file is replaced as a whole (write_file). Creates missing folders. Throws FileError for an unknown extension, an image
/// the format cannot hold, and when the file cannot be written.
void save_image(const std::filesystem::path& path, const cv::Mat& image);

}  // namespace fovea
