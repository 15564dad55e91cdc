// Samples by index.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

namespace fovea {

/// A fixed number of samples in a fixed order.
template <class Sample>
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::int64_t size() const = 0;
  /// The sample at `index` in [0, size()). Thread-safe. Throws OptionError when there is none, FileError when it cannot be read.
  virtual Sample get(std::int64_t index) const = 0;
};

struct ClassificationSample {
  cv::Mat image;           ///< 8 bit, grey or BGR
  std::int64_t label = 0;  ///< index of the class
  std::string id;          ///< names the sample in reports: a path, or split and number
};

/// Images with one class each.
class ClassificationDataset : public Dataset<ClassificationSample> {
 public:
  /// Names of the classes. A class need not have samples.
  virtual const std::vector<std::string>& labels() const = 0;
  /// What get(index) would say, without reading an image.
  virtual std::int64_t label(std::int64_t index) const = 0;
  virtual std::string id(std::int64_t index) const = 0;
  /// The file that load_image() gives the sample's picture from, for those who need only a part of it; empty when there is none.
  virtual std::filesystem::path file(std::int64_t index) const;
};

using ClassificationDatasetPtr = std::shared_ptr<const ClassificationDataset>;

/// The samples of `dataset` at `indices`, in that order. Throws OptionError when there is no such sample.
ClassificationDatasetPtr subset(ClassificationDatasetPtr dataset, std::vector<std::int64_t> indices);

/// The samples of all `parts`, one after the other. Throws OptionError when there are none or their labels differ.
ClassificationDatasetPtr concatenation(std::vector<ClassificationDatasetPtr> parts);

/// Throws OptionError unless 0 <= index < size.
void require_index(std::int64_t index, std::int64_t size);

}  // namespace fovea
