// JPEG files of every kind, written with libjpeg.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include <jpeglib.h>

#include "image_bytes.hpp"

namespace fovea::test {

struct JpegKind {
  std::string name;
  int across = 2, down = 2;  ///< pixels that share a chroma sample
  bool grey = false, progressive = false, rgb = false;
  unsigned restart_interval = 0;  ///< blocks
  int quality = 90;
};

/// The kinds that cameras and web sites produce.
inline std::vector<JpegKind> jpeg_kinds() {
  return {{.name = "4:2:0"},
          {.name = "4:2:2", .down = 1},
          {.name = "4:4:4", .across = 1, .down = 1},
          {.name = "4:4:0", .across = 1},
          {.name = "grey", .across = 1, .down = 1, .grey = true},
          {.name = "RGB", .across = 1, .down = 1, .rgb = true},
          {.name = "progressive 4:2:0", .progressive = true},
          {.name = "progressive grey", .across = 1, .down = 1, .grey = true, .progressive = true},
          {.name = "4:2:0 with restarts", .restart_interval = 3}};
}

inline Bytes jpeg(const cv::Mat& bgr, const JpegKind& kind) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long length = 0;
  jpeg_mem_dest(&info, &data, &length);
  info.image_width = static_cast<JDIMENSION>(bgr.cols);
  info.image_height = static_cast<JDIMENSION>(bgr.rows);
  info.input_components = 3;
  info.in_color_space = JCS_EXT_BGR;
  jpeg_set_defaults(&info);
  if (kind.grey) jpeg_set_colorspace(&info, JCS_GRAYSCALE);
  if (kind.rgb) jpeg_set_colorspace(&info, JCS_RGB);
  jpeg_set_quality(&info, kind.quality, TRUE);
  info.comp_info[0].h_samp_factor = kind.across;
  info.comp_info[0].v_samp_factor = kind.down;
  info.restart_interval = kind.restart_interval;
  if (kind.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  for (int y = 0; y < bgr.rows; ++y) {
    JSAMPROW row = const_cast<JSAMPROW>(bgr.ptr(y));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  Bytes bytes(data, data + length);
  std::free(data);
  return bytes;
}

/// Smooth colours with edges and grain: every pixel and chroma sample differs from its neighbours.
inline cv::Mat grainy_picture(cv::Size size) {
  cv::Mat picture(size, CV_8UC3);
  unsigned state = 12345;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      for (int c = 0; c < 3; ++c) {
        state = state * 1664525U + 1013904223U;
        const int level = 128 + (c + 1) * ((x * (c + 2) + y * (3 - c)) % 41) - 60 + ((x / 13 + y / 11) % 2 ? 40 : 0);
        picture.at<cv::Vec3b>(y, x)[c] = cv::saturate_cast<std::uint8_t>(level + static_cast<int>(state >> 28) - 8);
      }
  return picture;
}

}  // namespace fovea::test
