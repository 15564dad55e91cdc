#include "fovea/data/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

class Subset final : public ClassificationDataset {
 public:
  Subset(ClassificationDatasetPtr dataset, std::vector<std::int64_t> indices) : dataset_(std::move(dataset)), indices_(std::move(indices)) {
    for (const std::int64_t index : indices_) require_index(index, dataset_->size());
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  ClassificationSample get(std::int64_t index) const override { return dataset_->get(source(index)); }
  const std::vector<std::string>& labels() const override { return dataset_->labels(); }
  std::int64_t label(std::int64_t index) const override { return dataset_->label(source(index)); }
  std::string id(std::int64_t index) const override { return dataset_->id(source(index)); }
  std::filesystem::path file(std::int64_t index) const override { return dataset_->file(source(index)); }

 private:
  std::int64_t source(std::int64_t index) const {
    require_index(index, size());
    return indices_[static_cast<std::size_t>(index)];
  }

  ClassificationDatasetPtr dataset_;
  std::vector<std::int64_t> indices_;
};

class Concatenation final : public ClassificationDataset {
 public:
  explicit Concatenation(std::vector<ClassificationDatasetPtr> parts) : parts_(std::move(parts)) {
    if (parts_.empty()) throw OptionError("a concatenation of data sets needs at least one");
    for (const auto& part : parts_) {
      if (part->labels() != parts_[0]->labels()) throw OptionError("data sets with different labels cannot be concatenated");
      ends_.push_back(part->size() + (ends_.empty() ? 0 : ends_.back()));
    }
  }
  std::int64_t size() const override { return ends_.back(); }
  ClassificationSample get(std::int64_t index) const override {
    const auto [part, inner] = source(index);
    return part->get(inner);
  }
  const std::vector<std::string>& labels() const override { return parts_[0]->labels(); }
  std::int64_t label(std::int64_t index) const override {
    const auto [part, inner] = source(index);
    return part->label(inner);
  }
  std::string id(std::int64_t index) const override {
    const auto [part, inner] = source(index);
    return part->id(inner);
  }
  std::filesystem::path file(std::int64_t index) const override {
    const auto [part, inner] = source(index);
    return part->file(inner);
  }

 private:
  std::pair<const ClassificationDataset*, std::int64_t> source(std::int64_t index) const {
    require_index(index, size());
    const auto part = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), index) - ends_.begin());
    return {parts_[part].get(), part == 0 ? index : index - ends_[part - 1]};
  }

  std::vector<ClassificationDatasetPtr> parts_;
  std::vector<std::int64_t> ends_;  // index after the last sample of each part
};

}  // namespace

void require_index(std::int64_t index, std::int64_t size) {
  if (index < 0 || index >= size) throw OptionError(fmt::format("sample {} of a data set of {}", index, size));
}

std::filesystem::path ClassificationDataset::file(std::int64_t) const { return {}; }

ClassificationDatasetPtr subset(ClassificationDatasetPtr dataset, std::vector<std::int64_t> indices) {
  return std::make_shared<Subset>(std::move(dataset), std::move(indices));
}

ClassificationDatasetPtr concatenation(std::vector<ClassificationDatasetPtr> parts) {
  return std::make_shared<Concatenation>(std::move(parts));
}

}  // namespace fovea
