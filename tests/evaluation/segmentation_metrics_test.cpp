// Pixels counted by hand, against a slow oracle, and in every way that must give the same bits.
#include "fovea/evaluation/segmentation_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/evaluation/boundary_metrics.hpp"
#include "fovea/evaluation/segmentation_evaluation.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Map8 = cv::Mat_<std::uint8_t>;

SegmentationMetrics measure(const cv::Mat& truth, const cv::Mat& prediction, std::int64_t classes) {
  PixelConfusion confusion(classes);
  confusion.add(truth, prediction);
  return segmentation_metrics(confusion);
}

TEST(SegmentationMetrics, ByHand) {
  // Class 0: 2 of 3 right; class 1: 1 of 2; class 2: neither there nor predicted.
  const SegmentationMetrics m = measure((Map8(1, 5) << 0, 0, 0, 1, 1), (Map8(1, 5) << 0, 0, 1, 1, 0), 3);
  EXPECT_DOUBLE_EQ(m.pixel_accuracy, 3 / 5.0);
  EXPECT_DOUBLE_EQ(m.per_class[0].iou.value(), 2 / 4.0);
  EXPECT_DOUBLE_EQ(m.per_class[1].iou.value(), 1 / 3.0);
  EXPECT_FALSE(m.per_class[2].iou || m.per_class[2].accuracy || m.per_class[2].dice) << "neither 0 nor 1";
  EXPECT_DOUBLE_EQ(m.mean_iou, (2 / 4.0 + 1 / 3.0) / 2);
  EXPECT_DOUBLE_EQ(m.mean_accuracy, (2 / 3.0 + 1 / 2.0) / 2);
  EXPECT_DOUBLE_EQ(m.mean_dice, (4 / 6.0 + 2 / 4.0) / 2);
  EXPECT_DOUBLE_EQ(m.frequency_weighted_iou, (3 * 2 / 4.0 + 2 * 1 / 3.0) / 5);
}

TEST(SegmentationMetrics, OfTheWholeDataSetNotOfImages) {
  PixelConfusion confusion(2);
  confusion.add((Map8(1, 1) << 1), (Map8(1, 1) << 1));                    // IoU of class 1 alone: 1
  confusion.add((Map8(1, 4) << 1, 1, 1, 1), (Map8(1, 4) << 1, 0, 0, 0));  // 1/4
  EXPECT_DOUBLE_EQ(segmentation_metrics(confusion).per_class[1].iou.value(), 2 / 5.0) << "not the mean (1 + 1/4) / 2";
}

TEST(SegmentationMetrics, OnlyTheGroundTruthIgnores) {
  const SegmentationMetrics m = measure((Map8(1, 4) << 0, 255, 1, 1), (Map8(1, 4) << 0, 1, 255, 1), 2);
  EXPECT_EQ(m.pixels, 3);
  EXPECT_EQ(m.ignored, 1);
  EXPECT_DOUBLE_EQ(m.per_class[1].iou.value(), 1 / 2.0) << "a pixel without a class is a missing one; one that is ignored is not false";
  EXPECT_DOUBLE_EQ(m.pixel_accuracy, 2 / 3.0);
}

TEST(SegmentationMetrics, AClassThatIsOnlyPredictedCounts) {
  const SegmentationMetrics m = measure((Map8(1, 2) << 0, 0), (Map8(1, 2) << 0, 1), 2);
  EXPECT_EQ(m.per_class[1].iou, 0.0);
  EXPECT_FALSE(m.per_class[1].accuracy) << "no pixel of it could be found";
  EXPECT_DOUBLE_EQ(m.mean_iou, 0.25);
  EXPECT_DOUBLE_EQ(m.mean_accuracy, 0.5);
}

TEST(SegmentationMetrics, OfNothingAreZero) {
  const SegmentationMetrics m = measure((Map8(1, 2) << 255, 255), (Map8(1, 2) << 0, 1), 2);
  EXPECT_EQ(m.pixels, 0);
  EXPECT_EQ(m.pixel_accuracy, 0);
  EXPECT_EQ(m.mean_iou, 0);
  EXPECT_EQ(m.frequency_weighted_iou, 0);
}

/// Labels in runs of random length, one in twenty without a class.
template <class Label>
cv::Mat random_map(int rows, int columns, int classes, std::uint64_t seed) {
  cv::Mat map(rows, columns, cv::DataType<Label>::type);
  RandomStream stream(seed);
  Label label = 0;
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x) {
      if (stream.below(5) == 0)
        label = stream.below(20) == 0 ? std::numeric_limits<Label>::max()
                                      : static_cast<Label>(stream.below(static_cast<std::uint64_t>(classes)));
      map.at<Label>(y, x) = label;
    }
  return map;
}

template <class Label>
void expect_naive_counts(int rows, int columns, int classes) {
  const cv::Mat truth = random_map<Label>(rows, columns, classes, 1), found = random_map<Label>(rows, columns, classes, 2);
  const int none = std::numeric_limits<Label>::max();
  PixelConfusion confusion(classes);
  confusion.add(truth, found);
  std::vector<std::int64_t> naive(static_cast<std::size_t>((classes + 1) * (classes + 1)));
  std::int64_t ignored = 0;
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x) {
      const int t = truth.at<Label>(y, x), f = found.at<Label>(y, x);
      ignored += t == none ? 1 : 0;
      ++naive[static_cast<std::size_t>((t == none ? classes : t) * (classes + 1) + (f == none ? classes : f))];
    }
  for (int i = 0; i < classes; ++i)
    for (int j = 0; j <= classes; ++j)
      ASSERT_EQ(confusion.count(i, j), naive[static_cast<std::size_t>(i * (classes + 1) + j)])
          << rows << "x" << columns << ": " << i << ", " << j;
  EXPECT_EQ(confusion.ignored(), ignored);
}

TEST(PixelConfusion, CountsAsALoopDoes) {
  for (const int columns : {1, 2, 7, 8, 9, 16, 31, 64, 257})
    for (const int classes : {1, 2, 21}) {
      expect_naive_counts<std::uint8_t>(5, columns, classes);
      expect_naive_counts<std::uint16_t>(5, columns, classes);
    }
  expect_naive_counts<std::uint8_t>(40, 50, 255);
  expect_naive_counts<std::uint16_t>(40, 50, 300);
}

TEST(PixelConfusion, PartsOfPicturesCountToo) {
  const cv::Mat truth = random_map<std::uint8_t>(20, 40, 3, 5), found = random_map<std::uint8_t>(20, 40, 3, 6);
  PixelConfusion whole(3), parts(3), other(3);
  whole.add(truth, found);
  parts.add(truth.colRange(0, 13), found.colRange(0, 13));  // rows that do not follow one another
  other.add(truth.colRange(13, 40), found.colRange(13, 40));
  parts.add(other);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j <= 3; ++j) EXPECT_EQ(parts.count(i, j), whole.count(i, j));
}

TEST(PixelConfusion, SaysWhatItWants) {
  PixelConfusion confusion(2);
  EXPECT_THAT([&] { confusion.add((Map8(1, 3) << 0, 1, 7), (Map8(1, 3) << 0, 0, 0)); },
              ThrowsMessage<OptionError>(HasSubstr("pixel (2, 0) of the ground truth has the label 7, expected 0 to 1 or 255")));
  EXPECT_THAT([&] { confusion.add((Map8(1, 1) << 0), (Map8(1, 1) << 2)); }, ThrowsMessage<OptionError>(HasSubstr("of the prediction")));
  EXPECT_THAT([&] { confusion.add(Map8(2, 3, std::uint8_t{0}), Map8(3, 2, std::uint8_t{0})); },
              ThrowsMessage<ShapeError>(AllOf(HasSubstr("3x2"), HasSubstr("2x3"))));
  EXPECT_THROW(confusion.add(cv::Mat(1, 1, CV_32S), cv::Mat(1, 1, CV_32S)), ShapeError);
  EXPECT_THROW(confusion.add(PixelConfusion(3)), OptionError);
  EXPECT_THROW(PixelConfusion(0), OptionError);
  EXPECT_EQ(confusion.count(0, 0), 0) << "nothing of a map that is refused is counted";
}

TEST(BoundaryF1, ByHand) {
  // Cut between columns 4 and 5 in the truth, 6 and 7 in the prediction; the image's border is no boundary.
  Map8 truth(4, 10, std::uint8_t{0}), found = truth.clone();
  truth.colRange(5, 10) = 1;
  found.colRange(7, 10) = 1;
  const double diagonal = std::hypot(10, 4);
  const auto f1 = [&](double pixels) {
    BoundaryF1 boundaries(3, pixels / diagonal);
    boundaries.add(truth, found);
    return boundaries;
  };
  EXPECT_THAT(f1(1.99).per_class(), ElementsAre(0.0, 0.0, std::nullopt));
  EXPECT_THAT(f1(2).per_class(), ElementsAre(1.0, 1.0, std::nullopt));
  EXPECT_EQ(f1(2).mean(), 1);
  truth.rowRange(2, 4) = 255;  // half of the predicted boundary is not judged, half of the true one gone; ignored pixels are another label
  BoundaryF1 half(2, 0);
  half.add(truth, truth);
  EXPECT_THAT(half.per_class(), ElementsAre(1.0, 1.0));
}

TEST(BoundaryF1, MeansOverImagesThatHaveTheClass) {
  Map8 flat(4, 10, std::uint8_t{0}), cut = flat.clone();
  cut.colRange(5, 10) = 1;
  BoundaryF1 boundaries(2, 0), more(2, 0);
  boundaries.add(flat, flat);
  EXPECT_THAT(boundaries.per_class(), ElementsAre(std::nullopt, std::nullopt));
  EXPECT_EQ(boundaries.mean(), 0);
  boundaries.add(cut, cut);
  more.add(cut, flat);
  boundaries.add(more);
  EXPECT_THAT(boundaries.per_class(), ElementsAre(0.5, 0.5));
  EXPECT_THROW(boundaries.add(BoundaryF1(2, 0.5)), OptionError);
  EXPECT_THROW(BoundaryF1(2, -0.1), OptionError);
  EXPECT_THROW(BoundaryF1(0), OptionError);
  EXPECT_THROW(boundaries.add(flat, Map8(4, 9, std::uint8_t{0})), ShapeError);
}

/// Maps in memory.
class Maps final : public SegmentationDataset {
 public:
  Maps(std::vector<std::string> labels, std::vector<std::pair<std::string, cv::Mat>> maps)
      : labels_(std::move(labels)), maps_(std::move(maps)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(maps_.size()); }
  SegmentationSample get(std::int64_t index) const override { return {{}, label_map(index), id(index)}; }
  const std::vector<std::string>& labels() const override { return labels_; }
  const Palette& palette() const override { return palette_; }
  std::string id(std::int64_t index) const override { return maps_[static_cast<std::size_t>(index)].first; }
  std::filesystem::path picture(std::int64_t) const override { return {}; }
  cv::Mat label_map(std::int64_t index) const override { return maps_[static_cast<std::size_t>(index)].second; }

 private:
  std::vector<std::string> labels_;
  std::vector<std::pair<std::string, cv::Mat>> maps_;
  Palette palette_;
};

TEST(SegmentationEvaluation, FindsClassesAndImagesByName) {
  const Maps truth({"ground", "tree"}, {{"val/a", (Map8(1, 3) << 0, 1, 1)}, {"val/b", (Map8(1, 3) << 0, 0, 255)}});
  const Maps found({"car", "tree", "ground"},
                   {{"b", (Map8(1, 3) << 2, 2, 2)}, {"val/a", (Map8(1, 3) << 2, 1, 0)}, {"c", (Map8(1, 1) << 0)}});
  const SegmentationEvaluation evaluation = evaluate_segmentations(truth, found, {}, Threads(2));
  EXPECT_EQ(evaluation.confusion.count(0, 0), 3);
  EXPECT_EQ(evaluation.confusion.count(1, 1), 1);
  EXPECT_EQ(evaluation.confusion.count(1, 2), 1) << "a car is no class here";
  EXPECT_THAT(evaluation.notes,
              ElementsAre(HasSubstr("1 classes of the results (\"car\" first)"), HasSubstr("1 label maps of the results")));
  const Json json = to_json(evaluation, {"val", "found", "0"});
  EXPECT_EQ(json["pixel_accuracy"].get<double>(), 0.8);
  EXPECT_EQ(json["confusion"], Json({{3, 0, 0}, {0, 1, 1}}));
  EXPECT_EQ(json["per_class"]["tree"]["iou"].get<double>(), 0.5);
  EXPECT_EQ(json["split"], "val");
  EXPECT_THAT(to_table(evaluation), AllOf(HasSubstr("one confusion matrix"), HasSubstr("mean IoU"), HasSubstr("tree")));
}

TEST(SegmentationEvaluation, SaysWhatDoesNotFit) {
  const Maps truth({"ground", "tree"}, {{"a", (Map8(1, 3) << 0, 1, 1)}});
  const auto evaluate = [&](const Maps& found) { evaluate_segmentations(truth, found, {}, Threads(1)); };
  EXPECT_THAT(
      [&] {
        evaluate(Maps({"tree"}, {{"b", Map8(1, 3, std::uint8_t{0})}}));
      },
      ThrowsMessage<OptionError>(HasSubstr("the results have no label map \"a\"")));
  EXPECT_THAT(
      [&] {
        evaluate(Maps({"tree"}, {{"x/a", Map8(1, 3, std::uint8_t{0})}, {"y/a", Map8(1, 3, std::uint8_t{0})}}));
      },
      ThrowsMessage<OptionError>(HasSubstr("several")));
  EXPECT_THAT(
      [&] {
        evaluate(Maps({"0", "1"}, {{"a", Map8(1, 3, std::uint8_t{0})}}));
      },
      ThrowsMessage<OptionError>(HasSubstr("no class of the results")));
  EXPECT_THAT(
      [&] {
        evaluate(Maps({"tree"}, {{"a", Map8(2, 3, std::uint8_t{0})}}));
      },
      ThrowsMessage<ShapeError>(AllOf(HasSubstr("\"a\""), HasSubstr("3x1"), HasSubstr("3x2"))));
}

TEST(SegmentationEvaluation, HasTheSameBitsForAnyNumberOfThreads) {
  std::vector<std::pair<std::string, cv::Mat>> truth, found;
  for (int i = 0; i < 23; ++i) {
    truth.emplace_back(std::to_string(i), random_map<std::uint8_t>(30 + i, 41, 4, static_cast<std::uint64_t>(i)));
    found.emplace_back(std::to_string(i), random_map<std::uint8_t>(30 + i, 41, 4, static_cast<std::uint64_t>(100 + i)));
  }
  const Maps a({"0", "1", "2", "3"}, truth), b({"0", "1", "2", "3"}, found);
  const auto json = [&](int threads) {
    return to_text(to_json(evaluate_segmentations(a, b, {.boundary_tolerance = 0.02}, Threads(threads)), {"all", "b", "0"}));
  };
  EXPECT_EQ(json(1), json(2));
  EXPECT_EQ(json(1), json(3));
}

}  // namespace
}  // namespace fovea
