#include "fovea/classification/fit_feature_classifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Grey images, bright above (class 0) or below (class 1), with a number of their own in one pixel.
class Halves final : public ClassificationDataset {
 public:
  explicit Halves(std::int64_t size) : size_(size) {}
  std::int64_t size() const override { return size_; }
  ClassificationSample get(std::int64_t index) const override {
    cv::Mat image(6, 4, CV_8UC1, cv::Scalar(20));
    image.rowRange(index % 2 == 0 ? 0 : 3, index % 2 == 0 ? 3 : 6) = 200;
    image.at<std::uint8_t>(0, 0) = static_cast<std::uint8_t>(index % 50);
    return {.image = image, .label = index % 2};
  }
  const std::vector<std::string>& labels() const override { return names_; }
  std::int64_t label(std::int64_t index) const override { return index % 2; }
  std::string id(std::int64_t index) const override { return std::to_string(index); }

 private:
  std::int64_t size_;
  std::vector<std::string> names_ = {"above", "below"};
};

ImageBatchOptions batches(std::int64_t batch, int workers) {
  return {.preprocessing = {.width = 4, .height = 6, .channels = 1, .mean = {0}, .deviation = {1}},
          .batch = batch,
          .seed = 5,
          .workers = workers};
}

FeatureClassifierOptions shape() {
  return {.height = 6,
          .width = 4,
          .channels = 1,
          .classes = 2,
          .features = {.kind = ImageFeaturesOptions::Kind::bag_of_words,
                       .words = {.words = 4, .patch = 3, .stride = 1, .grid = 2, .training_patches = 300}}};
}

TEST(FitFeatureClassifier, LearnsFromTheWholeSplit) {
  const Halves train(90), other(20);
  LinearFeatureClassifier classifier({shape(), 30, 16, 1e-2});
  fit_feature_classifier(classifier, train, batches(7, 0));
  for (std::int64_t i = 0; i < other.size(); ++i) {
    const cv::Mat image = other.get(i).image;
    const std::vector<float> scores =
        classifier.forward(Variable(batches(1, 0).preprocessing.batch(std::span(&image, 1)))).value().to_vector<float>();
    EXPECT_GT(scores[static_cast<std::size_t>(i % 2)], scores[static_cast<std::size_t>(1 - i % 2)]) << i;
  }
}

TEST(FitFeatureClassifier, DependsNeitherOnBatchNorOnWorkers) {
  const Halves train(40);
  std::vector<std::vector<float>> states;
  for (const auto& options : {batches(40, 0), batches(3, 0), batches(5, 2)}) {
    KNearestClassifier knn({shape(), 40, 3});
    fit_feature_classifier(knn, train, options);
    std::vector<float> state;
    for (const StateEntry& entry : knn.state_dict()) {
      const Tensor values = entry.tensor.dtype() == DType::i64 ? Tensor{} : entry.tensor;
      if (values.defined()) state.insert(state.end(), values.span<float>().begin(), values.span<float>().end());
    }
    states.push_back(state);
  }
  EXPECT_EQ(states[0], states[1]);
  EXPECT_EQ(states[0], states[2]);
}

TEST(FitFeatureClassifier, SaysThatThereAreNoImages) {
  ClassMeansClassifier means({shape()});
  EXPECT_THAT([&] { fit_feature_classifier(means, Halves(0), batches(4, 0)); }, ThrowsMessage<OptionError>(HasSubstr("holds no images")));
}

}  // namespace
}  // namespace fovea
