#include "fovea/vision/jpeg_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>  // jpeglib.h wants it
#include <new>

#include <jpeglib.h>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// Pixels around a part whose chroma interpolation reaches into it, or is not what it is in the middle of a picture.
constexpr int kMargin = 4;

struct ErrorManager {
  jpeg_error_mgr base;  // first: libjpeg hands out a pointer to it
  std::jmp_buf failed;
};

[[noreturn]] void give_up(j_common_ptr info) { std::longjmp(reinterpret_cast<ErrorManager*>(info->err)->failed, 1); }

/// Warnings (negative levels) are of damaged data: those are the loader's.
void give_up_on_warnings(j_common_ptr info, int level) {
  if (level < 0) give_up(info);
}

/// Grey, or luma at full size with chroma at full or half size along each axis.
bool is_known_kind(const jpeg_decompress_struct& info) {
  if (info.num_components == 1) return info.jpeg_color_space == JCS_GRAYSCALE;
  if (info.num_components != 3 || (info.jpeg_color_space != JCS_YCbCr && info.jpeg_color_space != JCS_RGB)) return false;
  const jpeg_component_info* parts = info.comp_info;
  const auto is_unit = [](const jpeg_component_info& part) { return part.h_samp_factor == 1 && part.v_samp_factor == 1; };
  return is_unit(parts[1]) && is_unit(parts[2]) && parts[0].h_samp_factor <= 2 && parts[0].v_samp_factor <= 2;
}

/// libjpeg at work on one picture. A new one for each: it would take tables that a damaged file lacks from the picture before.
class Decompression {
 public:
  Decompression() {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = give_up;
    errors_.base.emit_message = give_up_on_warnings;
    const bool created = attempt([this] {
      jpeg_create_decompress(&info_);
      return true;
    });
    if (!created) throw std::bad_alloc();
  }
  ~Decompression() { jpeg_destroy_decompress(&info_); }
  Decompression(const Decompression&) = delete;
  Decompression& operator=(const Decompression&) = delete;

  cv::Size size() const { return {static_cast<int>(info_.output_width), static_cast<int>(info_.output_height)}; }

  bool read_header(std::span<const std::uint8_t> bytes, int reduction) {
    return attempt([&] {
      jpeg_mem_src(&info_, bytes.data(), bytes.size());
      if (jpeg_read_header(&info_, TRUE) != JPEG_HEADER_OK || !is_known_kind(info_)) return false;
      info_.out_color_space = JCS_EXT_BGR;
      info_.scale_num = 1;
      info_.scale_denom = static_cast<unsigned>(reduction);
      jpeg_calc_output_dimensions(&info_);
      return true;
    });
  }

  /// Goes to the first row of `area`. From here on size().width is that of the rows, in which the area begins at `first_column`.
  bool begin(cv::Rect area, int& first_column) {
    return attempt([&] {
      jpeg_start_decompress(&info_);
      const int left = std::max(area.x - kMargin, 0), right = std::min(area.br().x + kMargin, size().width);
      auto offset = static_cast<JDIMENSION>(left), width = static_cast<JDIMENSION>(right - left);
      if (width < info_.output_width) jpeg_crop_scanline(&info_, &offset, &width);  // outwards to whole blocks
      first_column = area.x - static_cast<int>(offset);
      const auto above = static_cast<JDIMENSION>(area.y);
      return jpeg_skip_scanlines(&info_, above) == above;
    });
  }

  bool read(std::span<JSAMPROW> rows) {
    return attempt([&] {
      for (std::size_t done = 0; done < rows.size();) {
        const JDIMENSION read = jpeg_read_scanlines(&info_, rows.data() + done, static_cast<JDIMENSION>(rows.size() - done));
        if (read == 0) return false;
        done += read;
      }
      return true;
    });
  }

 private:
  /// False when `body` gives false, or when libjpeg gives up: then it leaves `body` by longjmp, which therefore owns nothing.
  template <class Body>
  bool attempt(Body body) {
    if (setjmp(errors_.failed) != 0) return false;
    return body();
  }

  jpeg_decompress_struct info_{};
  ErrorManager errors_{};
};

}  // namespace

cv::Mat JpegDecoder::decode(std::span<const std::uint8_t> bytes, cv::Rect area, int reduction) {
  if (reduction != 1 && reduction != 2 && reduction != 4 && reduction != 8)
    throw OptionError(fmt::format("[jpeg] the reduction is {}, expected 1, 2, 4 or 8", reduction));
  Decompression jpeg;
  if (!jpeg.read_header(bytes, reduction)) return {};
  if (area.empty() || (area & cv::Rect({0, 0}, jpeg.size())) != area) return {};
  int first_column = 0;
  if (!jpeg.begin(area, first_column)) return {};
  const int width = jpeg.size().width;
  const std::size_t row_bytes = 3 * static_cast<std::size_t>(width);
  buffer_.resize(std::max(buffer_.size(), row_bytes * static_cast<std::size_t>(area.height)));
  rows_.resize(static_cast<std::size_t>(area.height));
  for (std::size_t y = 0; y < rows_.size(); ++y) rows_[y] = buffer_.data() + y * row_bytes;
  if (!jpeg.read(rows_)) return {};
  return cv::Mat(area.height, width, CV_8UC3, buffer_.data()).colRange(first_column, first_column + area.width);
}

}  // namespace fovea
