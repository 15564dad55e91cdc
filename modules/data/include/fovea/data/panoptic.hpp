// COCO's panoptic format: a JSON file, and beside it a folder of PNGs whose colours are numbers of segments.
//
// JSON   {"images": [{id, file_name, width, height}], "categories": [{id, name, isthing}], "annotations": [{image_id, file_name,
//        "segments_info": [{id, category_id, area, bbox, iscrowd}]}]}
// PNG    8-bit RGB of the picture's size; id = R + 256 G + 65536 B; 0 belongs to no segment (void)
//
// Source: Kirillov et al., "Panoptic segmentation", CVPR 2019; cocodataset.org, "Format of panoptic annotations".
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/segmentation_dataset.hpp"

namespace fovea {

struct PanopticSegment {
  std::int64_t id = 0;        ///< in the PNG; 1 to 2^24 - 1, once per image
  std::int32_t category = 0;  ///< index into the data set's categories
  bool is_crowd = false;

  bool operator==(const PanopticSegment&) const = default;
};

struct PanopticCategory : DetectionCategory {
  bool is_thing = true;  ///< countable; otherwise stuff: sky, grass
  std::optional<std::array<std::uint8_t, 3>> color;

  bool operator==(const PanopticCategory&) const = default;
};

struct PanopticImage {
  DetectionImage image;
  std::filesystem::path png;
  std::vector<PanopticSegment> segments;  ///< in the file's order
};

struct PanopticDataset {
  std::vector<PanopticImage> images;  ///< those that have an annotation
  std::vector<PanopticCategory> categories;
  std::vector<std::string> notes;
};

/// Reads the JSON file; PNGs are opened later. They are in `pngs`, else in the folder of the file's name without extension, else beside it.
/// For results, which may have annotations alone, images and categories are those of `truth`. Throws FileError naming the place.
PanopticDataset read_panoptic(const std::filesystem::path& file, const std::filesystem::path& pngs = {},
                              const PanopticDataset* truth = nullptr);

/// The number of the segment of every pixel, CV_32SC1. Throws FileError naming the PNG when it cannot be read, is not of the image's size,
/// holds a number that segments_info lacks, or not one pixel of a segment.
cv::Mat read_segment_ids(const PanopticImage& image);

/// Writes FILE.json and the PNGs into the folder FILE beside it; areas and boxes are those of the pixels that `ids(image)` gives for each
/// image. Throws FileError, ShapeError as write_id_png, and OptionError when two images have the same stem.
void write_panoptic(const std::filesystem::path& file, const PanopticDataset& dataset, const std::function<cv::Mat(std::size_t)>& ids);

/// Where write_panoptic puts the PNG of an image.
std::filesystem::path panoptic_png(const std::filesystem::path& file, const DetectionImage& image);

/// The segments as objects with run lengths. Reads every PNG.
DetectionDataset to_detections(const PanopticDataset& dataset);

/// The categories of the segments as label maps; void is ignored. `source` and `image_root` are for find_image.
SegmentationDatasetPtr panoptic_labels(PanopticDataset dataset, std::string source, std::filesystem::path image_root = {});

}  // namespace fovea
