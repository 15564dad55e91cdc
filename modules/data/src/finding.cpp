#include "fovea/data/finding.hpp"

namespace fovea {

const std::vector<FindingKindInfo>& finding_kinds() {
  using enum Severity;
  static const std::vector<FindingKindInfo> kinds = {
      {FindingKind::malformed, "malformed", error, "an entry or a file that cannot be read"},
      {FindingKind::unknown_class, "unknown-class", error, "an object of a class that is not in the list"},
      {FindingKind::unknown_image, "unknown-image", error, "an object of an image that is not in the list"},
      {FindingKind::missing_image, "missing-image", error, "an image whose file is not there"},
      {FindingKind::unreadable_image, "unreadable-image", error, "an image whose file cannot be decoded"},
      {FindingKind::duplicate_image, "duplicate-image", error, "an image that is listed more than once"},
      {FindingKind::size_mismatch, "size-mismatch", error, "an image whose file has another size than its annotations say"},
      {FindingKind::inverted_box, "inverted-box", error, "a box whose far corner is before its near corner"},
      {FindingKind::empty_box, "empty-box", error, "a box without width or height"},
      {FindingKind::box_outside, "box-outside", error, "a box that leaves its image by more than half a pixel"},
      {FindingKind::duplicate_annotation, "duplicate-annotation", error, "an object that is marked twice"},
      {FindingKind::split_leak, "split-leak", error, "an image that is nearly the same as one of another split"},
      {FindingKind::empty_class_folder, "empty-class-folder", error, "a class folder that is missing, or without images"},
      {FindingKind::conflicting_classes, "conflicting-classes", warning, "one box with two classes"},
      {FindingKind::tiny_object, "tiny-object", warning, "an object that is only a few pixels wide or high"},
      {FindingKind::near_duplicate, "near-duplicate", warning, "an image that is nearly the same as one of its split"},
      {FindingKind::class_imbalance, "class-imbalance", warning, "classes of very unequal numbers"},
      {FindingKind::unused_class, "unused-class", warning, "a class without a single object"},
      {FindingKind::class_missing_in_train, "class-missing-in-train", warning, "a class that is measured but not trained"},
  };
  return kinds;
}

const FindingKindInfo& info_of(FindingKind kind) { return finding_kinds()[static_cast<std::size_t>(kind)]; }

}  // namespace fovea
