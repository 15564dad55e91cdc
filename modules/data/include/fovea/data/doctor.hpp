// What is wrong with a data set: every fault at once, where a reader would stop at the first.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/finding.hpp"

namespace fovea {

struct DoctorOptions {
  std::vector<std::string> names;    ///< of the classes, for formats that hold numbers, and those that an annotation may have
  std::filesystem::path image_root;  ///< where images are, when not where the format says
  std::uint64_t seed = 1;            ///< of the splits of folders that have none
  double tiny = 4;                   ///< objects with a side shorter than this, in pixels, are tiny
  int near_bits = 4;                 ///< images whose perceptual hashes differ in at most so many of 64 bits are nearly the same
  double imbalance = 10;             ///< the largest quotient of the numbers of objects of two classes that passes
};

/// What became of one image file.
struct InspectedImage {
  std::string name;                   ///< as the data set has it
  std::filesystem::path file;         ///< empty when it was not found, or is not on its own
  std::string problem;                ///< why it cannot be used; empty when it can
  cv::Size size;                      ///< upright, as decoded
  std::optional<std::uint64_t> hash;  ///< perceptual_hash
  std::int64_t label = -1;            ///< of classified images, index into Inspection::labels
};

struct InspectedSplit {
  std::string name;                                ///< "train", or the name of its file
  std::string source;                              ///< "coco:FILE", ... that it was read from
  DetectionDataset boxes;                          ///< without what could not be read; no images and no objects for folders of classes
  std::vector<InspectedImage> images;              ///< of detection data, in the order of boxes.images
  std::function<cv::Mat(std::size_t index)> load;  ///< throws FileError
};

/// A data set with everything that was found.
struct Inspection {
  std::vector<InspectedSplit> splits;
  std::vector<std::string> labels;    ///< of folders of classes; empty for detection data
  bool looked_at_images = true;       ///< false when the format does not say where they are
  std::vector<DataFinding> findings;  ///< by kind, then by split, image and annotation
  std::vector<std::string> notes;     ///< for the log

  bool has_boxes() const { return labels.empty(); }
  std::int64_t count(Severity severity) const;
};

/// Reads all splits of "coco:FILE.json", "voc:DIR", "yolo:DIR", "boxtxt-xyxy:DIR", "boxtxt-xywh:DIR", "folder:DIR" or "idx:DIR", decodes
/// every image, and runs every check. Several sources, of one kind, are the splits of one data set: {"coco:train.json", "coco:val.json"}.
/// Equal findings for any number of threads. Throws OptionError, and FileError for what cannot be read at all (no JSON, no such folder).
Inspection inspect_data(const std::vector<std::string>& sources, const DoctorOptions& options, const Threads& threads);

/// Writes a copy of the data, in the same format and with its images, into the new or empty `folder`, in which
///     what could not be read, and images that are missing or damaged, with their objects        are left out
///     boxes that leave their image (and their outlines)                                          are clipped
///     boxes that are empty, inverted or wholly outside, and objects that are marked twice         are left out
///     images that are listed twice                                                                are one, with the objects of both
///     sizes of images                                                                            are those of the files
/// What a person has to judge stays as it is: classes, tiny objects, images that are nearly the same. Returns one line for each change.
/// Throws OptionError for IDX files, FileError when something cannot be written.
std::vector<std::string> write_repaired(const Inspection& inspection, const std::filesystem::path& folder);

}  // namespace fovea
