// Several opinions on one image: of several networks, or of one network on several views.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/pipelines/classification_pipeline.hpp"

namespace fovea {

/// Views of an image that are classified beside it (test-time augmentation).
struct ImageViews {
  bool flip = false;   ///< every view also mirrored left and right
  bool crops = false;  ///< also the four corners and the middle, 7/8 of each side (Krizhevsky et al. 2012, section 4.1: 224 of 256)

  /// From names: "flip", "crops". Throws OptionError naming the nearest known one.
  static ImageViews parse(const std::vector<std::string>& names);
  std::size_t count() const { return (crops ? 6U : 1U) * (flip ? 2U : 1U); }
  /// The image itself comes first.
  std::vector<cv::Mat> of(const cv::Mat& image) const;
};

/// The mean of the probabilities of all members for all views. Running it is const and thread-safe.
///     ClassifierEnsemble ensemble(ClassifierEnsemble::load({"a.fovea", "b.fovea"}), {.flip = true});
class ClassifierEnsemble {
 public:
  static std::vector<ClassificationPipeline> load(const std::vector<std::string>& files);

  /// Throws OptionError when there are no members, or their labels differ.
  explicit ClassifierEnsemble(std::vector<ClassificationPipeline> members, const ImageViews& views = {});

  std::vector<Classification> run(std::span<const cv::Mat> images) const;
  /// Throws OptionError when the data set's labels are not the members'.
  ClassificationMetrics evaluate(const ClassificationDataset& dataset, std::int64_t batch = 64, int workers = 1) const;

  const std::vector<std::string>& labels() const;
  /// Facts of the first member's training: ClassificationPipeline::training().
  const std::string& training() const;
  void set_precision(DType precision);

 private:
  std::vector<ClassificationPipeline> members_;
  ImageViews views_;
};

}  // namespace fovea
