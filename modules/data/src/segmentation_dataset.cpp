#include "fovea/data/segmentation_dataset.hpp"

#include <utility>

#include "fovea/base/error.hpp"
#include "label_values.hpp"

namespace fovea {

namespace {

class Subset final : public SegmentationDataset {
 public:
  Subset(SegmentationDatasetPtr dataset, std::vector<std::int64_t> indices) : dataset_(std::move(dataset)), indices_(std::move(indices)) {
    for (const std::int64_t index : indices_) require_index(index, dataset_->size());
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  SegmentationSample get(std::int64_t index) const override { return dataset_->get(at(index)); }
  const std::vector<std::string>& labels() const override { return dataset_->labels(); }
  const Palette& palette() const override { return dataset_->palette(); }
  std::string id(std::int64_t index) const override { return dataset_->id(at(index)); }
  cv::Mat label_map(std::int64_t index) const override { return dataset_->label_map(at(index)); }
  std::filesystem::path picture(std::int64_t index) const override { return dataset_->picture(at(index)); }

 private:
  std::int64_t at(std::int64_t index) const {
    require_index(index, size());
    return indices_[static_cast<std::size_t>(index)];
  }

  SegmentationDatasetPtr dataset_;
  std::vector<std::int64_t> indices_;
};

class Concatenation final : public SegmentationDataset {
 public:
  explicit Concatenation(std::vector<SegmentationDatasetPtr> parts) : parts_(std::move(parts)) {
    if (parts_.empty()) throw OptionError("[concatenation] wants at least one data set");
    for (const SegmentationDatasetPtr& part : parts_) {
      if (part->labels() != parts_.front()->labels()) throw OptionError("[concatenation] wants data sets of the same labels");
      for (std::int64_t i = 0; i < part->size(); ++i) places_.emplace_back(part.get(), i);
    }
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(places_.size()); }
  SegmentationSample get(std::int64_t index) const override { return at(index).first->get(at(index).second); }
  const std::vector<std::string>& labels() const override { return parts_.front()->labels(); }
  const Palette& palette() const override { return parts_.front()->palette(); }
  std::string id(std::int64_t index) const override { return at(index).first->id(at(index).second); }
  cv::Mat label_map(std::int64_t index) const override { return at(index).first->label_map(at(index).second); }
  std::filesystem::path picture(std::int64_t index) const override { return at(index).first->picture(at(index).second); }

 private:
  using Place = std::pair<const SegmentationDataset*, std::int64_t>;
  const Place& at(std::int64_t index) const {
    require_index(index, size());
    return places_[static_cast<std::size_t>(index)];
  }

  std::vector<SegmentationDatasetPtr> parts_;
  std::vector<Place> places_;
};

}  // namespace

int SegmentationDataset::map_type() const { return labels().size() > kMostClassesOf8Bits ? CV_16UC1 : CV_8UC1; }

int SegmentationDataset::ignored() const { return ignored_label(map_type()); }

SegmentationDatasetPtr subset(SegmentationDatasetPtr dataset, std::vector<std::int64_t> indices) {
  return std::make_shared<Subset>(std::move(dataset), std::move(indices));
}

SegmentationDatasetPtr concatenation(std::vector<SegmentationDatasetPtr> parts) {
  if (parts.size() == 1) return parts.front();
  return std::make_shared<Concatenation>(std::move(parts));
}

std::vector<std::int64_t> rarest_classes(const SegmentationDataset& dataset, const Threads& threads) {
  const auto samples = static_cast<std::size_t>(dataset.size()), classes = dataset.labels().size();
  std::vector<std::vector<std::int32_t>> present(samples);
  parallel_blocks(threads, dataset.size(), [&](std::int64_t i) { present[static_cast<std::size_t>(i)] = values_in(dataset.label_map(i)); });
  std::vector<std::int64_t> holders(classes);
  for (std::vector<std::int32_t>& values : present) {
    std::erase(values, dataset.ignored());
    for (const std::int32_t value : values) ++holders[static_cast<std::size_t>(value)];
  }
  std::vector<std::int64_t> rarest(samples, static_cast<std::int64_t>(classes));
  for (std::size_t i = 0; i < samples; ++i)
    for (const std::int32_t value : present[i])
      if (rarest[i] == static_cast<std::int64_t>(classes) ||
          holders[static_cast<std::size_t>(value)] < holders[static_cast<std::size_t>(rarest[i])])
        rarest[i] = value;
  return rarest;
}

}  // namespace fovea
