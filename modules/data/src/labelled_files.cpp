#include "labelled_files.hpp"

#include <utility>

#include "fovea/vision/image_loader.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

class LabelledFiles final : public ClassificationDataset {
 public:
  LabelledFiles(fs::path root, std::vector<LabelledFile> files, std::vector<std::string> labels)
      : root_(std::move(root)), files_(std::move(files)), labels_(std::move(labels)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(files_.size()); }
  ClassificationSample get(std::int64_t index) const override {
    return {.image = load_image(file(index)), .label = label(index), .id = id(index)};
  }
  const std::vector<std::string>& labels() const override { return labels_; }
  std::int64_t label(std::int64_t index) const override { return entry(index).label; }
  std::string id(std::int64_t index) const override { return file(index).lexically_relative(root_).generic_string(); }
  fs::path file(std::int64_t index) const override { return entry(index).path; }

 private:
  const LabelledFile& entry(std::int64_t index) const {
    require_index(index, size());
    return files_[static_cast<std::size_t>(index)];
  }

  fs::path root_;
  std::vector<LabelledFile> files_;
  std::vector<std::string> labels_;
};

}  // namespace

ClassificationDatasetPtr labelled_files(fs::path root, std::vector<LabelledFile> files, std::vector<std::string> labels) {
  return std::make_shared<LabelledFiles>(std::move(root), std::move(files), std::move(labels));
}

}  // namespace fovea
