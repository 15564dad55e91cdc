// The real thing: the Debian package dataset-fashion-mnist.
#include <gtest/gtest.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "fovea/data/data_source.hpp"

namespace fovea {
namespace {

constexpr const char* kFolder = "/usr/share/datasets/fashion-mnist";

std::vector<std::int64_t> histogram(const ClassificationDataset& dataset) {
  std::vector<std::int64_t> counts(dataset.labels().size());
  for (std::int64_t i = 0; i < dataset.size(); ++i) ++counts[static_cast<std::size_t>(dataset.label(i))];
  return counts;
}

TEST(FashionMnist, HasTheNumbersOfItsPaper) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << kFolder << " is missing: install dataset-fashion-mnist";
  const ClassificationData data = open_classification_data(std::string("idx:") + kFolder);
  EXPECT_EQ(data.train->size(), 55'000);
  EXPECT_EQ(data.val->size(), 5'000);
  EXPECT_EQ(data.test->size(), 10'000);
  EXPECT_EQ(histogram(*data.train), std::vector<std::int64_t>(10, 5'500));
  EXPECT_EQ(histogram(*data.val), std::vector<std::int64_t>(10, 500));
  EXPECT_EQ(histogram(*data.test), std::vector<std::int64_t>(10, 1'000));
  EXPECT_EQ(histogram(*resolve_split(data, "all").dataset), std::vector<std::int64_t>(10, 7'000));

  // The first test labels as widely published: ankle boot, pullover, trouser, trouser, shirt.
  const std::vector<std::int64_t> first = {9, 2, 1, 1, 6};
  for (std::int64_t i = 0; i < 5; ++i) EXPECT_EQ(data.test->label(i), first[static_cast<std::size_t>(i)]);
  const cv::Mat boot = data.test->get(0).image;
  EXPECT_EQ(boot.size(), cv::Size(28, 28));
  EXPECT_EQ(boot.type(), CV_8UC1);
  EXPECT_EQ(boot.at<std::uint8_t>(0, 0), 0) << "the background is black";
  EXPECT_GT(cv::countNonZero(boot), 100);
}

}  // namespace
}  // namespace fovea
