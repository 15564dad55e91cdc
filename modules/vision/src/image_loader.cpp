#include "fovea/vision/image_loader.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/vision/exif.hpp"
#include "image_limits.hpp"
#include "tiff_directory.hpp"

namespace fovea {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// The pixels as stored: the file's own depth and channels, orientation not applied.
cv::Mat decode_stored(Bytes bytes, const ImageHeader& header, const std::string& name) {
  try {
    const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8U, const_cast<std::uint8_t*>(bytes.data()));
    const cv::Mat stored = cv::imdecode(buffer, cv::IMREAD_UNCHANGED);
    if (!stored.empty()) return stored;
  } catch (const cv::Exception&) {
    // The same refusal as for an empty result: the library's text speaks of its own sources.
  }
  throw FileError(name, fmt::format("cannot be decoded: the {} data are damaged or of an unsupported kind", name_of(header.format)));
}

/// OpenCV turns TIFF pictures itself, whatever its flags say: it gets a copy that asks for no turn.
cv::Mat decode_turned_tiff(Bytes bytes, const ImageHeader& header, const std::string& name) {
  std::vector<std::uint8_t> upright(bytes.begin(), bytes.end());
  TiffDirectory(bytes).set_short(upright, TiffDirectory::kOrientation, 1);
  return decode_stored(upright, header, name);
}

/// 255 v / white, rounded.
cv::Mat to_8_bit(const cv::Mat& image, std::uint32_t white) {
  std::vector<std::uint8_t> table(image.depth() == CV_8U ? 256 : 65'536);
  if (white == 0) white = static_cast<std::uint32_t>(table.size() - 1);
  for (std::uint32_t v = 0; v < table.size(); ++v) table[v] = static_cast<std::uint8_t>(v >= white ? 255 : (v * 255 + white / 2) / white);
  cv::Mat result(image.size(), CV_8UC(image.channels()));
  const int row_values = image.cols * image.channels();
  for (int y = 0; y < image.rows; ++y) {
    std::uint8_t* out = result.ptr<std::uint8_t>(y);
    if (image.depth() == CV_8U)
      for (int i = 0; i < row_values; ++i) out[i] = table[image.ptr<std::uint8_t>(y)[i]];
    else
      for (int i = 0; i < row_values; ++i) out[i] = table[image.ptr<std::uint16_t>(y)[i]];
  }
  return result;
}

/// `premultiplied`: the colours are multiplied by alpha already.
cv::Mat composite_over_white(const cv::Mat& bgra, bool premultiplied) {
  cv::Mat bgr(bgra.size(), CV_8UC3);
  for (int y = 0; y < bgra.rows; ++y) {
    const cv::Vec4b* in = bgra.ptr<cv::Vec4b>(y);
    cv::Vec3b* out = bgr.ptr<cv::Vec3b>(y);
    for (int x = 0; x < bgra.cols; ++x) {
      const int alpha = in[x][3];
      const int factor = premultiplied ? 255 : alpha;
      for (int c = 0; c < 3; ++c) out[x][c] = cv::saturate_cast<std::uint8_t>((in[x][c] * factor + 255 * (255 - alpha) + 127) / 255);
    }
  }
  return bgr;
}

cv::Mat to_bgr(const cv::Mat& image, ImageFormat format, bool premultiplied, const std::string& name) {
  cv::Mat bgr;
  switch (image.channels()) {
    case 1:
      cv::cvtColor(image, bgr, cv::COLOR_GRAY2BGR);
      return bgr;
    case 3:
      return image;
    case 4:
      if (format != ImageFormat::bmp) return composite_over_white(image, premultiplied);
      cv::cvtColor(image, bgr, cv::COLOR_BGRA2BGR);
      return bgr;
    default:
      throw FileError(name, fmt::format("has {} channels, expected 1, 3 or 4", image.channels()));
  }
}

}  // namespace

cv::Mat decode_image(Bytes bytes, const std::string& name, const ImagePolicy& policy) {
  const ImageHeader header = checked_image_header(bytes, name, policy);
  const int orientation = exif_orientation(bytes);
  cv::Mat image =
      header.format == ImageFormat::tiff && orientation != 1 ? decode_turned_tiff(bytes, header, name) : decode_stored(bytes, header, name);
  if (image.cols != header.width || image.rows != header.height)
    throw FileError(
        name, fmt::format("decodes to {}x{} pixels though its header says {}x{}", image.cols, image.rows, header.width, header.height));
  if (image.depth() != CV_8U && image.depth() != CV_16U) throw FileError(name, "has samples of an unsupported kind, expected 8 or 16 bits");
  // The TIFF library multiplies 8-bit colours by alpha itself.
  const bool premultiplied = header.format == ImageFormat::tiff && (image.depth() == CV_8U || !header.straight_alpha);
  if (image.depth() == CV_16U || (header.white != 0 && header.white != 255)) image = to_8_bit(image, header.white);
  return apply_orientation(to_bgr(image, header.format, premultiplied, name), orientation);
}

cv::Mat load_image(const std::filesystem::path& path, const ImagePolicy& policy) {
  return decode_image(read_file(path, policy.max_file_bytes), path.string(), policy);
}

}  // namespace fovea
