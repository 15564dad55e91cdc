// A trained classifier, ready to run.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "fovea/classification/classification.hpp"
#include "fovea/classification/evaluate_classifier.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

/// Everything that a classifier's file holds: network, labels, preprocessing. Running it is const and thread-safe; the calling thread's
/// kernels::Context gives the threads. Results do not depend on how images are put into batches.
///     auto classifier = ClassificationPipeline::load("fashion.fovea");
///     Classification result = classifier.run(cv::imread("shirt.png"));
class ClassificationPipeline {
 public:
  /// Throws FileError when the file cannot be read, is damaged, or is no classifier.
  static ClassificationPipeline load(const std::filesystem::path& path);

  /// `architecture` is JSON text as of the catalogue; the network is put into evaluation mode. Throws OptionError when the number of labels
  /// is not that of the network's classes.
  ClassificationPipeline(std::unique_ptr<Layer> network, std::string architecture, Preprocessing preprocessing,
                         std::vector<std::string> labels);
  ClassificationPipeline(ClassificationPipeline&&) = default;
  ClassificationPipeline& operator=(ClassificationPipeline&&) = default;
  ~ClassificationPipeline();

  /// 8-bit BGR images of any size, as OpenCV reads them; one-channel grey is taken too. Throws ShapeError for anything else.
  Classification run(const cv::Mat& image) const;
  std::vector<Classification> run(std::span<const cv::Mat> images) const;

  /// What the layer called `layer` gives for each image, f32 [N, D]; maps are averaged over their pixels. "" means what the last layer
  /// gets, and of a classifier on features (k-NN, linear, ...) the features. Throws OptionError naming the layers when there is none of
  /// that name.
  Tensor features(std::span<const cv::Mat> images, const std::string& layer = "") const;

  /// Throws OptionError when the data set's labels are not the model's, and Stopped when `stop` asks for it.
  ClassificationMetrics evaluate(const ClassificationDataset& dataset, std::int64_t batch = 64, int workers = 1,
                                 const StopToken& stop = {}) const;

  /// Writes a model file.
  void save(const std::filesystem::path& path) const;

  const std::vector<std::string>& labels() const { return labels_; }
  const Preprocessing& preprocessing() const { return preprocessing_; }
  const std::string& architecture() const { return architecture_; }
  Layer& network() const { return *network_; }

  /// The type that activations have when it runs, f32 (as it was made or loaded) or bf16, which is faster where the machine has matrix
  /// units for it and rounds to about 3 digits between layers. The file does not keep it. Not while another thread runs the pipeline.
  DType precision() const { return precision_; }
  void set_precision(DType precision) { precision_ = precision; }

  /// JSON text with facts of the training run, kept in the file; may be empty.
  const std::string& training() const { return training_; }
  void set_training(std::string training) { training_ = std::move(training); }

 private:
  std::unique_ptr<Layer> network_;
  std::string architecture_;
  Preprocessing preprocessing_;
  std::vector<std::string> labels_;
  std::string training_;
  DType precision_ = DType::f32;
};

}  // namespace fovea
