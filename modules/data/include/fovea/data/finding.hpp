// What is wrong with a data set, item by item.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {

enum class FindingKind : std::uint8_t {
  malformed,
  unknown_class,
  unknown_image,
  missing_image,
  unreadable_image,
  duplicate_image,
  size_mismatch,
  inverted_box,
  empty_box,
  box_outside,
  duplicate_annotation,
  split_leak,
  empty_class_folder,
  conflicting_classes,
  tiny_object,
  near_duplicate,
  class_imbalance,
  unused_class,
  class_missing_in_train,
};

enum class Severity : std::uint8_t {
  error,    ///< a training or a number computed from this data would be wrong, or stop
  warning,  ///< deserves a look
};

/// What is known of a kind of finding.
struct FindingKindInfo {
  FindingKind kind;
  const char* name;  ///< "empty-box": the key of JSON files
  Severity severity;
  const char* meaning;
};

/// All kinds, in their order.
const std::vector<FindingKindInfo>& finding_kinds();
const FindingKindInfo& info_of(FindingKind kind);

/// An image of a data set, by index; -1 for none.
struct ImagePlace {
  std::int32_t split = -1, image = -1;

  bool operator==(const ImagePlace&) const = default;
};

struct DataFinding {
  FindingKind kind = FindingKind::malformed;
  std::string file;              ///< the image or the annotation file
  std::string message;           ///< what was expected and what was found
  ImagePlace place = {};         ///< of the image, where there is one
  std::int32_t annotation = -1;  ///< index into the split's annotations
  ImagePlace other = {};         ///< the image that it is compared with
};

/// An item of a file that cannot be taken as it is, though the file around it can.
class ItemError : public FileError {
 public:
  ItemError(FindingKind kind, std::string path, std::string reason) : FileError(std::move(path), std::move(reason)), kind_(kind) {}
  FindingKind kind() const { return kind_; }

 private:
  FindingKind kind_;
};

/// Calls read(). With `findings`, a FileError of it becomes a finding, and the item is left out: true when it was read.
template <class Read>
bool read_item(std::vector<DataFinding>* findings, Read&& read) {
  if (findings == nullptr) {
    read();
    return true;
  }
  try {
    read();
    return true;
  } catch (const ItemError& error) {
    findings->push_back({.kind = error.kind(), .file = error.path(), .message = error.reason()});
  } catch (const FileError& error) {
    findings->push_back({.kind = FindingKind::malformed, .file = error.path(), .message = error.reason()});
  }
  return false;
}

}  // namespace fovea
