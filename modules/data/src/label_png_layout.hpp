// Which label PNG belongs to which picture, and what the folders say of splits.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

struct LabelPngPair {
  std::filesystem::path image;  ///< empty where only labels are known
  std::filesystem::path label;
  std::string id;  ///< what both names have in common
};

struct LabelPngLayout {
  struct Split {
    std::string name;
    std::vector<LabelPngPair> pairs;
  };
  std::vector<Split> splits;  ///< train, val, test as far as they are there; or "all" alone
  std::vector<std::string> notes;
};

/// Pairs every picture below `images` with the PNG below `labels` that has its name, folders included. Known besides: Cityscapes' names
/// (..._leftImg8bit, ..._gtFine_labelTrainIds or ..._gtFine_labelIds) and Pascal VOC's lists (ImageSets/Segmentation beside a folder
/// SegmentationClass). Splits: those lists, or folders train, val, test on both sides. Pictures without labels are left out and counted in
/// a note, and so are labels without pictures. `images` may be empty: label maps alone. Throws FileError when nothing fits together, or a
/// list names a sample that has no label file.
LabelPngLayout find_label_pngs(const std::filesystem::path& images, const std::filesystem::path& labels);

}  // namespace fovea
