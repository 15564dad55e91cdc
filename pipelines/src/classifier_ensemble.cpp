#include "fovea/pipelines/classifier_ensemble.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/pipelines/classification_page.hpp"

namespace fovea {

namespace {

/// Copies: a network's input is read from memory of its own.
std::vector<cv::Mat> crops_of(const cv::Mat& image) {
  const cv::Size size(std::max(1, image.cols * 7 / 8), std::max(1, image.rows * 7 / 8));
  const int right = image.cols - size.width, bottom = image.rows - size.height;
  std::vector<cv::Mat> crops;
  for (const cv::Point corner :
       {cv::Point(0, 0), cv::Point(right, 0), cv::Point(0, bottom), cv::Point(right, bottom), cv::Point(right / 2, bottom / 2)})
    crops.push_back(image({corner, size}).clone());
  return crops;
}

}  // namespace

ImageViews ImageViews::parse(const std::vector<std::string>& names) {
  ImageViews views;
  for (const std::string& name : names) {
    if (name == "flip")
      views.flip = true;
    else if (name == "crops")
      views.crops = true;
    else
      throw OptionError(unknown_name_message("view", name, std::vector<std::string>{"flip", "crops"}));
  }
  return views;
}

std::vector<cv::Mat> ImageViews::of(const cv::Mat& image) const {
  std::vector<cv::Mat> views = {image};
  if (crops)
    for (cv::Mat& crop : crops_of(image)) views.push_back(std::move(crop));
  if (!flip) return views;
  const std::size_t upright = views.size();
  for (std::size_t i = 0; i < upright; ++i) views.push_back(make_flip(views[i].size())->apply(views[i]));
  return views;
}

std::vector<ClassificationPipeline> ClassifierEnsemble::load(const std::vector<std::string>& files) {
  std::vector<ClassificationPipeline> members;
  for (const std::string& file : files) members.push_back(ClassificationPipeline::load(file));
  return members;
}

ClassifierEnsemble::ClassifierEnsemble(std::vector<ClassificationPipeline> members, const ImageViews& views)
    : members_(std::move(members)), views_(views) {
  if (members_.empty()) throw OptionError("an ensemble has at least 1 model, found none");
  for (const ClassificationPipeline& member : members_)
    if (member.labels() != labels())
      throw OptionError(fmt::format("the models of an ensemble have the same classes, found [{}] and [{}]", fmt::join(labels(), ", "),
                                    fmt::join(member.labels(), ", ")));
}

const std::vector<std::string>& ClassifierEnsemble::labels() const { return members_.front().labels(); }
const std::string& ClassifierEnsemble::training() const { return members_.front().training(); }

void ClassifierEnsemble::set_precision(DType precision) {
  for (ClassificationPipeline& member : members_) member.set_precision(precision);
}

std::vector<Classification> ClassifierEnsemble::run(std::span<const cv::Mat> images) const {
  std::vector<std::vector<double>> sums(images.size(), std::vector<double>(labels().size()));
  std::vector<std::vector<cv::Mat>> views;
  for (const cv::Mat& image : images) views.push_back(views_.of(image));
  // View by view, so that no batch is larger than what the caller chose.
  for (std::size_t view = 0; view < views_.count(); ++view) {
    std::vector<cv::Mat> batch;
    for (const auto& of_image : views) batch.push_back(of_image[view]);
    for (const ClassificationPipeline& member : members_) {
      const std::vector<Classification> results = member.run(batch);
      for (std::size_t i = 0; i < results.size(); ++i)
        for (std::size_t c = 0; c < sums[i].size(); ++c) sums[i][c] += static_cast<double>(results[i].probabilities[c]);
    }
  }
  const auto opinions = static_cast<double>(members_.size() * views_.count());
  std::vector<Classification> results;
  for (const std::vector<double>& sum : sums) {
    std::vector<float> mean;
    for (const double value : sum) mean.push_back(static_cast<float>(value / opinions));
    results.push_back(decode_classification(mean, labels()));
  }
  return results;
}

ClassificationMetrics ClassifierEnsemble::evaluate(const ClassificationDataset& dataset, std::int64_t batch, int workers) const {
  return evaluate_predictions(predict_dataset(*this, dataset, batch, workers));
}

}  // namespace fovea
