// PNG files whose pixels are numbers, not colours: classes or regions. The image loader, as every viewer, would turn them into colours.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "fovea/vision/image_loader.hpp"

namespace fovea {

/// Colours of labels 0, 1, ...: red, green, blue. At most 256.
using Palette = std::vector<std::array<std::uint8_t, 3>>;

/// The first `count` (at most 256) colours of Pascal VOC's map, in which the bits of a label, from the lowest on, are dealt to red, green
/// and blue, from the highest on: 0 is black, 255 a pale grey. Source: Everingham et al., VOC 2012 development kit, VOClabelcolormap.m.
Palette voc_palette(int count = 256);

/// The label of pixels that are neither learnt nor counted, in maps of this type: 255 of CV_8UC1, 65535 of CV_16UC1.
int ignored_label(int map_type);

struct LabelPng {
  cv::Mat labels;   ///< CV_8UC1 or CV_16UC1, as in the file
  Palette palette;  ///< of the file; empty for a grey one
};

/// Reads a PNG of one channel: palette indices or grey of 1, 2, 4, 8 or 16 bits, never scaled. Throws FileError naming the file and the
/// reason: no PNG, cut short, damaged, beyond the limits, or with several channels, which are colours and no labels. Thread-safe.
LabelPng read_label_png(const std::filesystem::path& path, const ImagePolicy& policy = {});
/// The same for the content of a file; `name` stands for it in errors.
LabelPng decode_label_png(std::span<const std::uint8_t> bytes, const std::string& name, const ImagePolicy& policy = {});

/// Writes labels: 8 bits with a palette (continued in black to 256 colours where a label is beyond it), without one 8 or 16 bits of grey.
/// The file is replaced as a whole. Throws ShapeError unless labels are CV_8UC1 or CV_16UC1, a palette has at most 256 colours and its
/// labels 8 bits; FileError when the file cannot be written.
void write_label_png(const std::filesystem::path& path, const cv::Mat& labels, const Palette& palette = {});

/// Reads a PNG whose colours are numbers of regions, R + 256 G + 65536 B, as COCO's panoptic format has them: CV_32SC1. Throws FileError as
/// read_label_png, and for a PNG that is not 8-bit RGB.
cv::Mat read_id_png(const std::filesystem::path& path, const ImagePolicy& policy = {});

/// Writes numbers of regions in the same way. Throws ShapeError unless `ids` are CV_32SC1 in [0, 2^24).
void write_id_png(const std::filesystem::path& path, const cv::Mat& ids);

}  // namespace fovea
