// Pictures of which only a part is decoded.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/jpeg_decoder.hpp"

namespace fovea {

/// Pixels of a part of a picture, which may be reduced.
struct ImagePart {
  cv::Mat pixels;     ///< 8-bit BGR, upright
  cv::Rect2d area{};  ///< the part, in `pixels`; its edges lie between pixels unless it is a multiple of the reduction
};

/// The content of a picture's file, under the policy of the one image loader.
class EncodedImage {
 public:
  /// `name` stands for the file in errors. Throws FileError as decode_image, as far as the header tells.
  EncodedImage(std::vector<std::uint8_t> bytes, std::string name, const ImagePolicy& policy = {});
  static EncodedImage load(const std::filesystem::path& path, const ImagePolicy& policy = {});

  /// Of the upright picture.
  cv::Size size() const;

  /// The pixels of `area`, of a JPEG at 1/reduction (1, 2, 4 or 8) of its size; may lie in the decoder's memory until its next call.
  /// At reduction 1 they are those of decode_image(), to the bit. What JpegDecoder leaves to the loader is decoded by it as a whole, in
  /// full size. Damage below the area goes unseen. Throws FileError as decode_image, OptionError as JpegDecoder.
  ImagePart part(cv::Rect area, int reduction, JpegDecoder& decoder) const;

 private:
  std::vector<std::uint8_t> bytes_;
  std::string name_;
  ImagePolicy policy_;
  bool is_jpeg_;
  cv::Size stored_size_;
  int orientation_;
};

}  // namespace fovea
