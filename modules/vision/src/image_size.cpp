#include "fovea/vision/image_size.hpp"

#include "fovea/base/file.hpp"
#include "fovea/vision/exif.hpp"
#include "fovea/vision/image_loader.hpp"
#include "image_header.hpp"

namespace fovea {

cv::Size image_size(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path, ImagePolicy{}.max_file_bytes);
  const ImageHeader header = read_image_header(bytes, path.string());
  constexpr int kFirstTurned = 5;  // orientations 5 to 8 exchange width and height
  const cv::Size stored(static_cast<int>(header.width), static_cast<int>(header.height));
  return exif_orientation(bytes) >= kFirstTurned ? cv::Size(stored.height, stored.width) : stored;
}

}  // namespace fovea
