#include "fovea/vision/image_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"

namespace fovea {

namespace {

constexpr std::array<std::string_view, 9> kWritable{".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"};

std::string checked_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (std::find(kWritable.begin(), kWritable.end(), extension) == kWritable.end())
    throw FileError(path.string(),
                    fmt::format("has the extension \"{}\", expected that of an image (jpg, png, bmp, tiff, webp, pgm, ppm)", extension));
  return extension;
}

}  // namespace

std::vector<std::uint8_t> encode_image(const std::string& extension, const cv::Mat& image, const std::string& name) {
  // Encoded in memory: OpenCV would say nothing of a disk that fills up while it writes.
  std::vector<std::uint8_t> bytes;
  try {
    if (image.empty() || !cv::imencode(extension, image, bytes)) bytes.clear();
  } catch (const cv::Exception&) {
    bytes.clear();
  }
  if (bytes.empty())
    throw FileError(name,
                    fmt::format("cannot hold an image of {}x{} pixels, type {}", image.cols, image.rows, cv::typeToString(image.type())));
  return bytes;
}

void save_image(const std::filesystem::path& path, const cv::Mat& image) {
  write_file(path, encode_image(checked_extension(path), image, path.string()));
}

}  // namespace fovea
