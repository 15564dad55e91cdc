#include "fovea/classification/feature_classifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kSide = 8;

/// Noise, with a bright block in the corner that is the class: 0 to 3.
struct Corners {
  explicit Corners(std::int64_t count, std::uint64_t seed)
      : images(Tensor::empty({count, kSide, kSide, 1})), labels(Tensor::empty({count}, DType::i64)) {
    RandomStream stream(seed);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto label = static_cast<std::int64_t>(stream.below(4));
      labels.mutable_data<std::int64_t>()[i] = label;
      for (std::int64_t y = 0; y < kSide; ++y)
        for (std::int64_t x = 0; x < kSide; ++x) {
          const bool inside = y / 4 == label / 2 && x / 4 == label % 2;
          images.mutable_data<float>()[(i * kSide + y) * kSide + x] = static_cast<float>((inside ? 0.4 : 0) + 0.6 * stream.uniform());
        }
    }
  }
  Tensor images, labels;
};

FeatureClassifierOptions corners_options() { return {.height = kSide, .width = kSide, .channels = 1, .classes = 4}; }

std::vector<std::unique_ptr<FeatureClassifier>> classifiers(std::int64_t samples) {
  std::vector<std::unique_ptr<FeatureClassifier>> all;
  all.push_back(std::make_unique<KNearestClassifier>(KNearestOptions{corners_options(), samples, 5, NeighborMetric::l1}));
  all.push_back(std::make_unique<ClassMeansClassifier>(ClassMeansOptions{corners_options()}));
  all.push_back(std::make_unique<LinearFeatureClassifier>(LinearClassifierOptions{corners_options(), 60, 32, 1e-2}));
  return all;
}

double accuracy(FeatureClassifier& classifier, const Corners& data) {
  const Tensor scores = classifier.forward(Variable(data.images)).value();
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < scores.extent(0); ++i) {
    const float* const row = scores.data<float>() + i * 4;
    right += std::max_element(row, row + 4) - row == data.labels.data<std::int64_t>()[i];
  }
  return static_cast<double>(right) / static_cast<double>(scores.extent(0));
}

TEST(FeatureClassifier, AllLearnWhatCanBeSeen) {
  const Corners train(200, 1), test(200, 2);
  for (const auto& classifier : classifiers(200)) {
    classifier->learn(classifier->features().extract(train.images), train.labels, 3);
    EXPECT_GE(accuracy(*classifier, test), 0.95);
  }
}

TEST(FeatureClassifier, StateIsAllThereIs) {
  const Corners train(60, 1), test(20, 2);
  auto learnt = classifiers(60), fresh = classifiers(60);
  for (std::size_t i = 0; i < learnt.size(); ++i) {
    learnt[i]->learn(learnt[i]->features().extract(train.images), train.labels, 3);
    const StateDict from = learnt[i]->state_dict();
    StateDict to = fresh[i]->state_dict();
    ASSERT_EQ(from.size(), to.size());
    for (std::size_t k = 0; k < from.size(); ++k) to[k].tensor.copy_(from[k].tensor);
    EXPECT_EQ(fresh[i]->forward(Variable(test.images)).value().to_vector<float>(),
              learnt[i]->forward(Variable(test.images)).value().to_vector<float>());
  }
}

/// One value per image, so that neighbours can be counted by hand.
Tensor points(const std::vector<float>& values) { return Tensor::from(values, {static_cast<std::int64_t>(values.size()), 1, 1, 1}); }

std::vector<float> probabilities(FeatureClassifier& classifier, float value) {
  return softmax(classifier.forward(Variable(points({value})))).value().to_vector<float>();
}

TEST(KNearestClassifier, VotesAreProbabilities) {
  KNearestClassifier knn({{.height = 1, .width = 1, .channels = 1, .classes = 3}, 5, 3});
  knn.learn(points({0, 1, 2, 10, 11}).reshape({5, 1}), Tensor::from<std::int64_t>({0, 0, 1, 2, 2}, {5}), 1);
  // 0.5: neighbours 0 and 1 of class 0, then 2 of class 1: (votes + 1/3) / 4
  const std::vector<float> p = probabilities(knn, 0.4f);
  EXPECT_NEAR(p[0], (2 + 1.0 / 3) / 4, 1e-3);
  EXPECT_NEAR(p[1], (1 + 1.0 / 3) / 4, 1e-3);
  EXPECT_NEAR(p[2], (1.0 / 3) / 4, 1e-3);
}

TEST(KNearestClassifier, TheNearestDecidesATie) {
  KNearestClassifier knn({{.height = 1, .width = 1, .channels = 1, .classes = 2}, 2, 2});
  knn.learn(points({0, 1}).reshape({2, 1}), Tensor::from<std::int64_t>({0, 1}, {2}), 1);
  EXPECT_GT(probabilities(knn, 0.4f)[0], 0.5f);
  EXPECT_GT(probabilities(knn, 0.6f)[1], 0.5f);
}

TEST(KNearestClassifier, SaysWhatItWants) {
  EXPECT_THAT(
      [] {
        KNearestClassifier({corners_options(), 3, 4});
      },
      ThrowsMessage<OptionError>(HasSubstr("k is from 1 to the 3 training images, found 4")));
}

/// Means 1 and 5, squared deviations 1, 1, 4, 4: s^2 = 2.5.
TEST(ClassMeansClassifier, ScoresAreLogLikelihoods) {
  ClassMeansClassifier means({{.height = 1, .width = 1, .channels = 1, .classes = 2}});
  means.learn(points({0, 2, 3, 7}).reshape({4, 1}), Tensor::from<std::int64_t>({0, 0, 1, 1}, {4}), 1);
  EXPECT_THAT(means.means().to_vector<float>(), ElementsAre(1, 5));
  const std::vector<float> scores = means.forward(Variable(points({2}))).value().to_vector<float>();
  EXPECT_NEAR(scores[0], -1 / 5.0, 1e-6);
  EXPECT_NEAR(scores[1], -9 / 5.0, 1e-6);
}

TEST(FeatureClassifier, RefusesOtherPrecisions) {
  ClassMeansClassifier means({{.height = 1, .width = 1, .channels = 1, .classes = 2}});
  EXPECT_THAT([&] { means.forward(Variable(points({2}).to(DType::f64))); }, ThrowsMessage<ShapeError>(HasSubstr("found images of f64")));
}

}  // namespace
}  // namespace fovea
