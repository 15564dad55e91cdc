// Boxes and masks of objects in images, as files hold them: what every detection format is read into and written from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "fovea/vision/box.hpp"
#include "fovea/vision/rle_mask.hpp"

namespace fovea {

/// A box as files hold it: the upper left corner and the size in pixels of the image, in doubles, never rounded, so that a file that is
/// read and written holds the same numbers and metrics agree to the last bit. It covers [x, x + width] x [y, y + height].
struct XywhBox {
  double x = 0, y = 0, width = 0, height = 0;

  double area() const { return width * height; }
  bool operator==(const XywhBox&) const = default;
};

/// Rounded to what networks work with.
inline Box to_box(const XywhBox& box) {
  return {static_cast<float>(box.x), static_cast<float>(box.y), static_cast<float>(box.x + box.width),
          static_cast<float>(box.y + box.height)};
}

/// Each x0 y0 x1 y1 ... in pixels; an object may have several parts.
using Polygons = std::vector<std::vector<double>>;
/// Nothing, outlines or run lengths.
using Segmentation = std::variant<std::monostate, Polygons, RleMask>;

/// The pixels of a segmentation, the union of its polygons; a polygon of four numbers is a box x y width height, as COCO's tools have it.
/// Throws OptionError for nothing, and as mask_from_polygon.
RleMask mask_of(const Segmentation& segmentation, std::int64_t height, std::int64_t width);

struct DetectionImage {
  std::int64_t id = 0;  ///< the file's, or 1, 2, ... where it has none
  std::string file_name;
  std::int64_t width = 0, height = 0;  ///< 0 when the file does not say

  bool operator==(const DetectionImage&) const = default;
};

struct DetectionCategory {
  std::int64_t id = 0;  ///< the file's: never renumbered
  std::string name;
  std::string supercategory;

  bool operator==(const DetectionCategory&) const = default;
};

/// One object that a person has marked.
struct DetectionAnnotation {
  std::int64_t id = 0;
  std::int32_t image = 0;     ///< index into the data set's images
  std::int32_t category = 0;  ///< index into its categories
  XywhBox box;
  double area = 0;  ///< of the object, as the file says; the box's where it does not
  bool is_crowd = false;
  bool is_difficult = false;
  bool is_truncated = false;
  Segmentation segmentation;

  bool operator==(const DetectionAnnotation&) const = default;
};

/// What the numbers of a file mean at the edges of a box.
enum class PixelConvention {
  continuous,  ///< widths are x2 - x1 (COCO, YOLO)
  inclusive,   ///< the file names the first and the last pixel (VOC's XML); boxes here are already one pixel wider than their difference
  unstated,    ///< the format does not say (text files); boxes here are as in the file
};

struct DetectionDataset {
  std::vector<DetectionImage> images;
  std::vector<DetectionCategory> categories;
  std::vector<DetectionAnnotation> annotations;  ///< in the file's order
  PixelConvention convention = PixelConvention::continuous;
  std::string split = "all";                       ///< that was read
  std::vector<std::string> notes;                  ///< for the log: what was missing and what was assumed
  std::vector<std::filesystem::path> image_files;  ///< of each image, where the format says it (YOLO); else empty: find_image
};

/// One object that a detector has found.
struct DetectionResult {
  std::int32_t image = 0;     ///< index into the images of the ground truth
  std::int32_t category = 0;  ///< index into its categories
  XywhBox box;
  double score = 0;
  Segmentation mask;

  bool operator==(const DetectionResult&) const = default;
};

struct DetectionResults {
  std::vector<DetectionResult> results;  ///< in the file's order
  bool has_boxes = true;                 ///< otherwise boxes are those around the masks
  PixelConvention convention = PixelConvention::continuous;
  std::vector<std::string> notes;
};

/// From a property of the items of a list to the first place where it stands: index_by(images, &DetectionImage::id).
template <class Item, class Key>
std::unordered_map<Key, std::int32_t> index_by(const std::vector<Item>& items, Key Item::*property) {
  std::unordered_map<Key, std::int32_t> indices;
  indices.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) indices.emplace(items[i].*property, static_cast<std::int32_t>(i));
  return indices;
}

/// The indices of the annotations of each image, in the file's order.
std::vector<std::vector<std::int32_t>> annotations_by_image(const DetectionDataset& dataset);

}  // namespace fovea
