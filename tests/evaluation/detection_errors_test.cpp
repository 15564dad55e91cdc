// Kinds of errors, intervals, and comparisons of two detectors.
#include "fovea/evaluation/detection_errors.hpp"

#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/evaluation/bootstrap.hpp"

namespace fovea {
namespace {

DetectionDataset empty_images(int count) {
  DetectionDataset truth;
  for (int i = 1; i <= count; ++i) truth.images.push_back({i, std::to_string(i), 100, 100});
  truth.categories = {{1, "cat", ""}, {2, "dog", ""}};
  return truth;
}

void add_object(DetectionDataset& truth, std::int32_t image, std::int32_t category, XywhBox box) {
  truth.annotations.push_back({.id = static_cast<std::int64_t>(truth.annotations.size()) + 1,
                               .image = image,
                               .category = category,
                               .box = box,
                               .area = box.area()});
}

constexpr std::int32_t kCat = 0, kDog = 1;

TEST(DetectionErrors, OneOfEachKind) {
  DetectionDataset truth = empty_images(1);
  add_object(truth, 0, kCat, {0, 0, 10, 10});   // found, and found again
  add_object(truth, 0, kCat, {30, 0, 10, 10});  // found beside it
  add_object(truth, 0, kDog, {60, 0, 10, 10});  // taken for a cat
  add_object(truth, 0, kDog, {0, 40, 10, 10});  // missed, though a cat lies half beside it
  DetectionResults results;
  results.results = {{0, kCat, {0, 0, 10, 10}, 0.9, {}},  {0, kCat, {0, 0, 10, 9}, 0.8, {}},   {0, kCat, {36, 0, 10, 10}, 0.7, {}},
                     {0, kCat, {60, 0, 10, 10}, 0.6, {}}, {0, kCat, {6, 40, 10, 10}, 0.5, {}}, {0, kCat, {80, 80, 10, 10}, 0.4, {}}};
  const DetectionErrorReport report = detection_errors(truth, results, {}, Threads());
  EXPECT_EQ(report.right, 1);
  for (const DetectionErrorReport::Kind& kind : report.kinds) EXPECT_EQ(kind.count, 1);
  const auto gain = [&](DetectionError error) { return report.kinds[static_cast<std::size_t>(error)].AP_gain; };
  EXPECT_NEAR(report.AP, 51.0 / 101 / 2, 1e-12) << "cats: one of two; dogs: none";
  EXPECT_NEAR(gain(DetectionError::missed), 0, 1e-12) << "the other dog is not found either way";
  EXPECT_NEAR(gain(DetectionError::classification), 51.0 / 101 / 2, 1e-12) << "one of the two dogs is found";
  EXPECT_GT(gain(DetectionError::localisation), 0.1) << "the second cat is found behind one false one";
  EXPECT_EQ(gain(DetectionError::background), 0) << "below every right detection";
}

TEST(DetectionErrors, MendingEverythingThatIsWrongIsPerfect) {
  DetectionDataset truth = empty_images(1);
  add_object(truth, 0, kCat, {0, 0, 10, 10});
  add_object(truth, 0, kCat, {30, 0, 10, 10});
  DetectionResults results;
  results.results = {{0, kCat, {33, 0, 10, 10}, 0.9, {}}, {0, kCat, {35, 0, 10, 10}, 0.8, {}}, {0, kCat, {0, 0, 10, 10}, 0.7, {}}};
  const DetectionErrorReport report = detection_errors(truth, results, {.foreground = 0.75}, Threads());
  EXPECT_EQ(report.kinds[static_cast<std::size_t>(DetectionError::localisation)].count, 2);
  EXPECT_NEAR(report.AP + report.kinds[static_cast<std::size_t>(DetectionError::localisation)].AP_gain, 1, 1e-12)
      << "the first is mended, the second, which means the same object, is dropped";
  EXPECT_THROW(detection_errors(truth, results, {.foreground = 0.1}, Threads()), OptionError);
}

/// Objects in many images, found with a probability.
DetectionResults detector(const DetectionDataset& truth, double chance, std::uint64_t seed) {
  DetectionResults results;
  RandomStream stream(seed);
  for (const DetectionAnnotation& object : truth.annotations) {
    const double score = stream.uniform();
    if (stream.chance(chance)) results.results.push_back({object.image, object.category, object.box, score, {}});
    if (stream.chance(0.3)) results.results.push_back({object.image, object.category, {80, 80, 5, 5}, stream.uniform(), {}});
  }
  return results;
}

DetectionDataset many_images() {
  DetectionDataset truth = empty_images(60);
  for (std::int32_t i = 0; i < 60; ++i)
    for (std::int32_t j = 0; j < 3; ++j) add_object(truth, i, j % 2, {10.0 * j, 0, 8, 8});
  return truth;
}

TEST(Bootstrap, HoldsTheValueAndGrowsNarrowWithImages) {
  const DetectionDataset truth = many_images();
  const DetectionResults results = detector(truth, 0.7, 1);
  const BootstrapInterval found = bootstrap_ap(truth, results, {.draws = 200}, Threads());
  EXPECT_EQ(found.value, summarize(evaluate_coco(truth, results, {}, Threads())).AP);
  EXPECT_LT(found.lower, found.value);
  EXPECT_GT(found.upper, found.value);
  EXPECT_LT(found.upper - found.lower, 0.3);
  EXPECT_GT(found.upper - found.lower, 0.02);
  const BootstrapInterval again = bootstrap_ap(truth, results, {.draws = 200}, Threads(1));
  EXPECT_EQ(found.lower, again.lower) << "equal bits for any number of threads";
  EXPECT_EQ(found.upper, again.upper);
  EXPECT_NE(bootstrap_ap(truth, results, {.draws = 200, .seed = 2}, Threads()).lower, found.lower);
  EXPECT_THROW(bootstrap_ap(truth, results, {.draws = 0}, Threads()), OptionError);
  EXPECT_THROW(bootstrap_ap({}, {}, {}, Threads()), OptionError);
}

TEST(Bootstrap, ComparesOnTheSameDraws) {
  const DetectionDataset truth = many_images();
  const DetectionResults worse = detector(truth, 0.5, 1), better = detector(truth, 0.9, 2);
  const PairedComparison found = compare_paired(truth, worse, better, {.draws = 200}, Threads());
  EXPECT_GT(found.difference.lower, 0);
  EXPECT_EQ(found.difference.value, found.second - found.first);
  EXPECT_EQ(found.second_not_better, 0);
  const PairedComparison same = compare_paired(truth, worse, worse, {.draws = 50}, Threads());
  EXPECT_EQ(same.difference.lower, 0);
  EXPECT_EQ(same.difference.upper, 0);
  EXPECT_EQ(same.second_not_better, 1);
}

}  // namespace
}  // namespace fovea
